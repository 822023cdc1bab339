"""Between the window and files: what is opened, saved, exported and kept."""
