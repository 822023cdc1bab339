"""Two circles around one middle, equally likely: scikit-learn's make_circles, scaled to a global deviation of 2."""

from __future__ import annotations

import math
from typing import Annotated

import torch
from msgspec import Meta

from core.datasets import Dataset
from core.numerics.mixture import Mixture
from core.plane.curves import CENTRES, along, polar, scaled
from core.registry import register


@register("data")
class Circles(Dataset, frozen=True):
    """A circle inside another."""

    name = "circles"
    title = "Circles"
    reference = "Pedregosa et al. 2011, scikit-learn"
    class_names = ("outer", "inner")

    factor: Annotated[
        float, Meta(ge=0.1, le=0.9, title="Factor", description="Radius of the inner circle over the outer one")
    ] = 0.5
    width: Annotated[float, Meta(gt=0, le=1, title="Width", description="Blur of the circles")] = 0.1

    def mixture(self) -> Mixture:
        outer = polar(1.0, along(CENTRES // 2) * (2 * math.pi))
        labels = torch.arange(2).repeat_interleave(len(outer))
        return scaled(torch.cat([outer, self.factor * outer]), self.width, labels)
