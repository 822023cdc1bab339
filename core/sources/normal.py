"""Standard normal noise."""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor

from core.numerics.noise import Purpose, normal
from core.registry import register
from core.sources import Source


@register("source")
class Normal(Source, frozen=True):
    """Standard normal noise, as diffusion needs it."""

    name = "normal"
    title = "Normal noise"
    reference = "Sohl-Dickstein et al. 2015"
    provides: ClassVar[tuple[str, ...]] = ("normal-source",)

    def draw(self, shape: tuple[int, ...], n: int, seed: int, purpose: Purpose, first: int = 0) -> Tensor:
        return normal(seed, purpose, torch.arange(first, first + n), math.prod(shape)).reshape(n, *shape)
