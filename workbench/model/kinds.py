"""What a file is, by its ending."""

from __future__ import annotations

TRACES = (".h5", ".hdf5")
SPECS = (".toml",)
WEIGHTS = (".safetensors",)
POINTS = (".csv", ".npy")
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
