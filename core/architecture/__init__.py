"""What networks of images are built of, by whatever name they are registered: blocks, U-Nets, and what they cost."""
