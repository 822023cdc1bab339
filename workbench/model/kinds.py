"""What a file is, by its ending."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

TRACES = (".h5", ".hdf5")
SPECS = (".toml",)
WEIGHTS = (".safetensors",)
POINTS = (".csv", ".npy")
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")

ENDINGS = {"traces": TRACES, "weights": WEIGHTS, "set-ups": SPECS, "points": POINTS, "pictures": PICTURES}
"""By the names that the fields of a spec give them."""


def openable(path: Path) -> bool:
    """Whether the window takes a file of this ending."""
    return any(path.suffix.lower() in endings for endings in ENDINGS.values())


def not_openable(path: Path) -> str:
    """What is told of a file that the window does not take."""
    return f"{path} is none of what the window opens: {words()}."


def words() -> str:
    """All kinds with their endings: ``traces (.h5, .hdf5), …``."""
    return ", ".join(f"{kind} ({', '.join(endings)})" for kind, endings in ENDINGS.items())


def filter_of(kind: str) -> str:
    """A kind as a dialog offers it: ``Weights (*.safetensors)``."""
    return f"{kind.capitalize()} ({_patterns(ENDINGS[kind])})"


def filters() -> str:
    """Everything that can be opened, at once and kind by kind."""
    every = [ending for endings in ENDINGS.values() for ending in endings]
    return ";;".join((f"All that can be opened ({_patterns(every)})", *map(filter_of, ENDINGS)))


def _patterns(endings: Iterable[str]) -> str:
    return " ".join(f"*{ending}" for ending in endings)
