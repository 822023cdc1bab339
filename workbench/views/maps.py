"""Colour maps of magnitudes, and the labels of their bars: one rule for every painter.

cividis is for errors, viridis for densities: both rise evenly in lightness and read alike for colour-blind eyes.
References: Nunez, Anderton and Renslow, "Optimizing colormaps with consideration for color vision deficiency" (2018);
Smith and van der Walt, "A Better Default Colormap for Matplotlib" (SciPy 2015). Both tables are in the public domain.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

MapName = Literal["cividis", "viridis"]

#: Colours at 33 equal steps.
_ANCHORS: dict[MapName, str] = {
    "cividis": (
        "00224e 00285b 002e6a 043371 1a386f 273e6e 32436d 3b496c 434e6c 4b546c 52596d "
        "5a5f6e 61656f 686a71 6f7073 757676 7c7b78 848179 8b8778 938d78 9b9376 a39a75 "
        "aba072 b3a670 bbad6c c3b469 ccba64 d4c15f ddc958 e6d051 efd748 f8df3c fee838"
    ),
    "viridis": (
        "440154 470d60 48186a 482374 472d7b 453681 424086 3f4989 3b528b 375a8d 33638d "
        "2f6a8e 2c728e 297a8e 26818e 23898e 21908c 1f988b 1f9f88 21a685 28ae80 31b57b "
        "3ebc74 4cc26c 5dc963 6ece58 82d34c 96d83f abdc32 c0df24 d5e21a eae51a fde725"
    ),
}  # fmt: skip
_ROUND = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)


@lru_cache
def table(name: MapName, size: int = 256) -> NDArray[np.float32]:
    """The map's colours from its low to its high end, [size, 3] in [0, 1]."""
    anchors = np.array([[int(part[i : i + 2], 16) for i in (0, 2, 4)] for part in _ANCHORS[name].split()]) / 255
    place, steps = np.linspace(0, 1, size), np.linspace(0, 1, len(anchors))
    return np.stack([np.interp(place, steps, channel) for channel in anchors.T], axis=1).astype(np.float32)


def round_top(value: float) -> float:
    """The next round number at or above a value: where a scale ends."""
    if not value > 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return float(f"{next(step for step in _ROUND if step * power >= value * (1 - 1e-9)) * power:.3g}")


def bar_labels(top: float) -> tuple[tuple[float, str], ...]:
    """(place along the bar in [0, 1], text); the last one holds for all that is clipped."""
    leading = round(top / 10.0 ** math.floor(math.log10(top)), 1)
    parts = 3 if leading in (1.5, 3.0, 6.0) else 2
    marks = [(i / parts, f"{top * i / parts:.3g}") for i in range(parts)]
    return (*marks, (1.0, f"≥ {top:.3g}"))
