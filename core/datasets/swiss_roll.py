"""The swiss roll seen from its end: a spiral from 1.5 pi to 4.5 pi turns, scaled to a global standard deviation of 2.

The roll is scikit-learn's with its hole, which leaves out the middle of the sheet: the middle third of the angle has
two thirds of the density of the others. The curve carries centres at equal quantiles of that density, blurred by a
stated width. Reference: Tenenbaum, "Mapping a manifold of perceptual observations" (1998).
"""

from __future__ import annotations

import math
from typing import Annotated

import torch
from msgspec import Meta

from core.datasets import Dataset
from core.numerics.mixture import Mixture
from core.plane.curves import CENTRES, STD, along, polar
from core.registry import register


@register("data")
class SwissRoll(Dataset, frozen=True):
    """A spiral, the classic test of one connected curve."""

    name = "swiss-roll"
    title = "Swiss roll"
    reference = "Tenenbaum 1998; sampled as in EliasSf73/Diffusion-and-Flow-Models-implementations"

    width: Annotated[float, Meta(ge=0, le=1, title="Width", description="Blur of the curve; 0 leaves points")] = 0.03

    def mixture(self) -> Mixture:
        quantile = along(CENTRES)
        # cumulative density 3/8, 5/8, 1 at the thirds of the angle
        third = torch.where(quantile < 3 / 8, quantile * 8 / 3, torch.where(
            quantile < 5 / 8, 1 + (quantile - 3 / 8) * 4, 2 + (quantile - 5 / 8) * 8 / 3))  # fmt: skip
        angle = math.pi * (1.5 + third)
        curve = polar(angle, angle)
        curve = (curve - curve.mean()) / curve.std()
        # the blur adds to the variance: the sum keeps the stated global standard deviation
        return Mixture(curve * math.sqrt(STD**2 - self.width**2), self.width)
