"""What one training run is made of: its state and step, where it starts, and what is measured on the way."""
