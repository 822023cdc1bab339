"""Two interleaved half circles, scaled to a global standard deviation of 2 before each axis is moved to its middle.

Around the origin, where the set then lies, it is 1.97.
"""

from __future__ import annotations

import math
from typing import Annotated

import torch
from msgspec import Meta

from core.datasets import Dataset
from core.numerics.mixture import Mixture
from core.plane.curves import STD, along, polar
from core.registry import register

_PER_MOON = 300


@register("data")
class Moons(Dataset, frozen=True):
    """Two half circles that reach into each other."""

    name = "moons"
    title = "Moons"
    reference = "Pedregosa et al. 2011, scikit-learn"
    class_names = ("upper", "lower")

    width: Annotated[float, Meta(gt=0, le=1, title="Width", description="Blur of the curves")] = 0.1

    def mixture(self) -> Mixture:
        angle = along(_PER_MOON) * math.pi
        upper = polar(1.0, angle)
        lower = torch.stack([1.0 - angle.cos(), 0.5 - angle.sin()], dim=1)
        both = torch.cat([upper, lower])
        both = (both - both.mean(0)) / both.std()
        labels = torch.arange(2).repeat_interleave(_PER_MOON)
        return Mixture(both * math.sqrt(STD**2 - self.width**2), self.width, labels=labels)
