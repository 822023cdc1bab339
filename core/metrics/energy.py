"""Energy distance: sqrt(2 E|X - Y| - E|X - X'| - E|Y - Y'|) over all pairs, 0 only where two sets are the same.

Reference: Székely and Rizzo, "Energy statistics" (2013), eq. 5; the root as in scipy's one-dimensional one.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from core.metrics import SampleMetric
from core.numerics.distances import distances
from core.registry import register

_ROWS = 1024


@register("metric")
class Energy(SampleMetric, frozen=True):
    """How much further points are from the other set than from their own."""

    name = "energy"
    title = "Energy distance"
    reference = "Székely and Rizzo 2013, Energy statistics, eq. 5"
    unit: ClassVar[str] = "√length"

    def measure(self, generated: Tensor, real: Tensor) -> float:
        x, y = generated.double(), real.double()
        square = 2.0 * _mean_distance(x, y) - _mean_distance(x, x) - _mean_distance(y, y)
        # rounding may leave -1e-17; in this order, what is not a number stays none
        return float(max(square, 0.0) ** 0.5)


def _mean_distance(x: Tensor, y: Tensor) -> float:
    return sum(float(distances(rows, y).sum()) for rows in torch.split(x, _ROWS)) / (len(x) * len(y))
