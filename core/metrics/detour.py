"""Detour: mean length of the ways over mean length of their chords, 1 for straight ways at whatever speed."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from core.metrics import PathMetric
from core.registry import register


@register("metric")
class Detour(PathMetric, frozen=True):
    """How much longer the ways are than their chords."""

    name = "detour"
    title = "Length over chord"
    reference = ""
    unit: ClassVar[str] = ""

    def measure(self, x: Tensor, t: Tensor) -> float:
        x = x.double().flatten(2)
        length, chord = x.diff(dim=0).norm(dim=2).sum(0).mean(), (x[-1] - x[0]).norm(dim=1).mean()
        return float(length / chord)
