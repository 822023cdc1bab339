"""Training: one loop, checkpoints, and one objective per file. Never imports Qt."""
