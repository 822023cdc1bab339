"""Pacing: how far each frame of a film has come. Every pacing runs from the first frame at 0 to the last at 1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]

_LOG_STRENGTH = 9.0

#: place u in the film in [0, 1] -> t. Inverse paces are their mirror images: fast first, slow towards the data.
PACINGS: dict[str, Callable[[Times], Times]] = {
    "linear": lambda u: u,
    "quadratic": lambda u: u**2,
    "inverse-quadratic": lambda u: 1.0 - (1.0 - u) ** 2,
    "logarithmic": lambda u: np.log1p(_LOG_STRENGTH * u) / np.log1p(_LOG_STRENGTH),
    "eased": lambda u: u**2 * (3.0 - 2.0 * u),
}


def frame_times(pacing: str, fps: int, seconds: float, hold: float = 1.0) -> Times:
    """How far every frame has come: ``seconds`` of motion, then the end held for ``hold`` seconds."""
    n, held = frame_counts(fps, seconds, hold)
    return np.concatenate([PACINGS[pacing](np.linspace(0.0, 1.0, n)), np.ones(held)])


def frame_counts(fps: int, seconds: float, hold: float) -> tuple[int, int]:
    """How many frames move and how many hold the end."""
    return max(2, round(fps * seconds)), round(fps * hold)
