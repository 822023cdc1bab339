"""Files that the product ships: presets, recorded runs, weights, fonts and icons."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path(__file__).resolve().parent


def path(*parts: str) -> Path:
    """The place of a shipped file, such as ``path("presets", "swiss-roll.toml")``."""
    return _ROOT.joinpath(*parts)
