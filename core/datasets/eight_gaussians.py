"""Eight Gaussians on a ring, the set on which forgotten modes show."""

from __future__ import annotations

import math
from typing import Annotated

import torch
from msgspec import Meta

from core.datasets import Dataset
from core.numerics.mixture import Mixture
from core.plane.curves import polar
from core.registry import register


@register("data")
class EightGaussians(Dataset, frozen=True):
    """Eight small clusters on a ring."""

    name = "eight-gaussians"
    title = "Eight Gaussians"
    reference = "Che et al. 2017, Mode Regularized Generative Adversarial Networks"
    class_names = ("east", "north-east", "north", "north-west", "west", "south-west", "south", "south-east")

    radius: Annotated[float, Meta(gt=0, le=10, title="Radius", description="Of the ring of centres")] = 3.0
    std: Annotated[float, Meta(gt=0, le=2, title="Width", description="Standard deviation of a cluster")] = 0.2

    def mixture(self) -> Mixture:
        angle = torch.arange(8, dtype=torch.float64) * (math.pi / 4)
        centres = polar(self.radius, angle)
        return Mixture(centres, self.std, labels=torch.arange(len(centres)))
