"""The page painter: scenes as pixels or vectors, without GL and without a display."""
