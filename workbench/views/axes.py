"""Where axis numbers stand."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_PIXELS_PER_TICK = 85.0


def ticks(low: float, high: float, pixels: float) -> NDArray[np.float64]:
    """Round numbers inside [low, high], about one per 85 pixels; steps are 1, 2 or 5 times a power of ten."""
    if not high > low or pixels <= 0:
        return np.zeros(0)
    raw = (high - low) * _PIXELS_PER_TICK / pixels
    power = 10.0 ** math.floor(math.log10(raw))
    step = power * min((1.0, 2.0, 5.0, 10.0), key=lambda factor: abs(math.log(factor * power / raw)))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return np.arange(first, last + 1, dtype=np.float64) * step
