"""What lies over the window: dialogs, palette and help."""
