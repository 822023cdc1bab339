"""Concentric rings at even distances, each with the same share of the points, scaled to a global deviation of 2."""

from __future__ import annotations

import math
from typing import Annotated

import torch
from msgspec import Meta

from core.datasets import Dataset
from core.numerics.mixture import Mixture
from core.parts.classes import named
from core.plane.curves import CENTRES, along, polar, scaled
from core.registry import register


@register("data")
class Rings(Dataset, frozen=True):
    """Rings around one middle."""

    name = "rings"
    title = "Rings"
    reference = "Grathwohl et al. 2019, FFJORD"
    class_names = named(lambda self: tuple(f"ring {i + 1}" for i in range(self.n_rings)))

    n_rings: Annotated[int, Meta(ge=1, le=8, title="Rings", description="The first is the innermost")] = 3
    width: Annotated[float, Meta(gt=0, le=1, title="Width", description="Blur of the rings")] = 0.08

    def mixture(self) -> Mixture:
        per_ring = CENTRES // self.n_rings
        circle = polar(1.0, along(per_ring) * (2 * math.pi))
        radius = torch.arange(1, self.n_rings + 1, dtype=torch.float64).repeat_interleave(per_ring)
        labels = torch.arange(self.n_rings).repeat_interleave(per_ring)
        return scaled(radius[:, None] * circle.repeat(self.n_rings, 1), self.width, labels)
