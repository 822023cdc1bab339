"""The S-curve seen from its side: two arcs of three quarters of a circle, scaled to a global standard deviation of 2.

x = sin a, y = sign(a) (cos a - 1) for a in [-3 pi/2, 3 pi/2]: x and z of scikit-learn's make_s_curve, even in length.
"""

from __future__ import annotations

import math
from typing import Annotated

import torch
from msgspec import Meta

from core.datasets import Dataset
from core.numerics.mixture import Mixture
from core.plane.curves import CENTRES, along, scaled
from core.registry import register


@register("data")
class SCurve(Dataset, frozen=True):
    """One curve in the form of an S."""

    name = "s-curve"
    title = "S-curve"
    reference = "Pedregosa et al. 2011, scikit-learn"

    width: Annotated[float, Meta(gt=0, le=1, title="Width", description="Blur of the curve")] = 0.08

    def mixture(self) -> Mixture:
        angle = 3 * math.pi * (along(CENTRES) - 0.5)
        return scaled(torch.stack([angle.sin(), angle.sign() * (angle.cos() - 1.0)], dim=1), self.width)
