"""Charts as frozen curves."""
