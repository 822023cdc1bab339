"""The panel at the right: set-up, training, and the image that was chosen."""
