"""What a lane is made of on the screen, and what stands above and below lanes."""
