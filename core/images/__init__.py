"""Images: where their files are, how they are read, and in which order a training goes through them."""
