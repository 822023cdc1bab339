"""Noise and data drawn independently, as in DDPM and in plain flow matching."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from core.couplings import Coupling
from core.registry import register


@register("coupling")
class Independent(Coupling, frozen=True):
    """Any noise may lead to any data."""

    name = "independent"
    title = "Independent"
    reference = "Lipman et al. 2023, section 3"
    provides: ClassVar[tuple[str, ...]] = ("normal-source",)

    def pair(self, x1: Tensor, x0: Tensor) -> tuple[Tensor, Tensor]:
        return x1, x0
