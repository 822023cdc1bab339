"""Length of the ways of particles, E sum_i |x_{i+1} - x_i|: of the polygons through the recorded times."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from core.metrics import PathMetric
from core.registry import register


@register("metric")
class PathLength(PathMetric, frozen=True):
    """Mean length of the ways."""

    name = "path-length"
    title = "Path length"
    reference = ""
    unit: ClassVar[str] = "length"

    def measure(self, x: Tensor, t: Tensor) -> float:
        return float(x.double().flatten(2).diff(dim=0).norm(dim=2).sum(0).mean())
