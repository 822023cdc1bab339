"""Squared maximum mean discrepancy with a Gaussian kernel, unbiased: it may fall below 0 where two sets agree.

    MMD^2 = mean_{i /= j} k(x_i, x_j) + mean_{i /= j} k(y_i, y_j) - 2 mean_{i, j} k(x_i, y_j)

The kernel is the mean of five Gaussians exp(-|x - y|^2 / 2 h^2) with h = 1/4, 1/2, 1, 2 and 4 times the median distance
between the first 1,000 real points (the median heuristic). It hangs on the real set alone, so that methods compare.
Reference: Gretton et al., "A Kernel Two-Sample Test" (2012), eq. 3 and section 8.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from core.errors import SpecError
from core.metrics import SampleMetric
from core.numerics.distances import distances
from core.registry import register
from core.reports import LEAST

_FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)
_MEDIAN_POINTS = 1000
_ROWS = 512


@register("metric")
class Mmd(SampleMetric, frozen=True):
    """Difference of two sets' means in a Gaussian kernel's feature space, squared."""

    name = "mmd"
    title = "MMD², Gaussian kernel"
    reference = "Gretton et al. 2012, A Kernel Two-Sample Test, eq. 3"
    unit: ClassVar[str] = ""

    def measure(self, generated: Tensor, real: Tensor) -> float:
        x, y = generated.double(), real.double()
        if min(len(x), len(y)) < LEAST:
            raise SpecError("metrics", f"{self.title} takes at least {LEAST} points of each set.")
        width = float(torch.pdist(y[:_MEDIAN_POINTS]).median())
        if width == 0.0:
            raise SpecError(
                "metrics", "Most real points are in one place, so that the kernel has no width. Leave it out."
            )
        n, m = len(x), len(y)
        within_x = (_sum(x, x, width) - n) / (n * (n - 1))  # k(x, x) = 1 is left out
        within_y = (_sum(y, y, width) - m) / (m * (m - 1))
        return within_x + within_y - 2.0 * _sum(x, y, width) / (n * m)


def _sum(x: Tensor, y: Tensor, width: float) -> float:
    """Sum of the kernel over all pairs."""
    total = 0.0
    for rows in torch.split(x, _ROWS):
        squares = distances(rows, y).square() / (2.0 * width**2)
        total += sum(float(torch.exp(-squares / factor**2).sum()) for factor in _FACTORS)
    return total / len(_FACTORS)
