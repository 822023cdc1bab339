"""Wasserstein distance of order 2, exact: the root of the least mean squared distance over all pairings of two sets.

Each point of sets of unlike size is taken so many times that there are as many of both: the shares that it may give
to several others are whole ones then.

Reference: Peyré and Cuturi, "Computational Optimal Transport" (2019), section 2.3; solved as an assignment problem.
"""

from __future__ import annotations

import math
from typing import ClassVar

from torch import Tensor

from core.errors import SpecError
from core.metrics import SampleMetric
from core.numerics.assignment import optimal
from core.registry import register

_MOST = 4096
"""Points that are paired in some ten seconds; the time grows with the cube."""


@register("metric")
class W2(SampleMetric, frozen=True):
    """Least root mean square distance over all pairings."""

    name = "w2"
    title = "W2, exact"
    reference = "Peyré and Cuturi 2019, Computational Optimal Transport, section 2.3"
    unit: ClassVar[str] = "length"

    def measure(self, generated: Tensor, real: Tensor) -> float:
        n, m = len(generated), len(real)
        if min(n, m) > _MOST:
            raise SpecError(
                "metrics",
                f"Exact W2 pairs at most {_MOST:,} points. Given {min(n, m):,}; take fewer, or choose sliced-w2.",
            )
        each = math.lcm(n, m)
        if each > _MOST:
            raise SpecError(
                "metrics",
                f"Exact W2 of {n:,} and {m:,} points asks for {each:,} pairs, and finds at most {_MOST:,}. Take as "
                "many of each, or choose sliced-w2.",
            )
        x, y = (points.double().repeat_interleave(each // len(points), 0) for points in (generated, real))
        if not (x.isfinite().all() and y.isfinite().all()):
            return math.nan
        return float((x - y[optimal(x, y)]).square().sum(1).mean().sqrt())
