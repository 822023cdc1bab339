"""What data sets in the plane are made of: curves, even points, and points of a file."""
