"""Noise and data drawn independently, as in DDPM and in plain flow matching."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from core.couplings import Coupling
from core.registry import register


@register("coupling")
class Independent(Coupling, frozen=True):
    """Any noise may lead to any data."""

    name = "independent"
    title = "Independent"
    reference = "Lipman et al. 2023, section 3"
    provides: ClassVar[tuple[str, ...]] = ("independent-pairs",)
    spoils: ClassVar[tuple[str, ...]] = ()

    def pair(self, x1: Tensor, x0: Tensor) -> Tensor:
        return torch.arange(len(x1), device=x1.device)
