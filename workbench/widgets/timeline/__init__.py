"""The bar with play, slider and time."""
