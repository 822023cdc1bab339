"""The pinwheel: Gaussian arms, wound the more the further out they reach, scaled to a global standard deviation of 2.

An arm is a normal cloud around (1, 0), 0.3 wide along the radius and 0.1 across; a point (a, b) of arm k is turned with
the clock by 2 pi k / n + 0.25 exp(a). The centres of an arm stand at a low-discrepancy sequence pushed through the
normal quantile function. Sources: Johnson et al., "Composing graphical models with neural networks" (2016), figure 1;
Roberts, "The unreasonable effectiveness of quasirandom sequences" (2018), the sequence R2.
"""

from __future__ import annotations

import math
from typing import Annotated

import torch
from msgspec import Meta

from core.datasets import Dataset
from core.numerics.mixture import Mixture
from core.parts.classes import named
from core.plane.curves import CENTRES, scaled
from core.plane.quasirandom import r2
from core.registry import register

_RADIAL, _ACROSS, _RATE = 0.3, 0.1, 0.25


@register("data")
class Pinwheel(Dataset, frozen=True):
    """Curved arms around one middle."""

    name = "pinwheel"
    title = "Pinwheel"
    reference = "Johnson et al. 2016, Composing Graphical Models with Neural Networks"
    class_names = named(lambda self: tuple(f"arm {i + 1}" for i in range(self.arms)))

    arms: Annotated[int, Meta(ge=2, le=10, title="Arms", description="Counted with the clock")] = 5
    width: Annotated[float, Meta(gt=0, le=1, title="Width", description="Blur of the centres of an arm")] = 0.14

    def mixture(self) -> Mixture:
        per_arm = CENTRES // self.arms
        normal = torch.special.ndtri(r2(per_arm))
        radius, across = 1.0 + _RADIAL * normal[:, 0], _ACROSS * normal[:, 1]
        turn = torch.arange(self.arms, dtype=torch.float64)[:, None] * (2 * math.pi / self.arms)
        angle = turn + _RATE * radius.exp()
        x = radius * angle.cos() + across * angle.sin()
        y = across * angle.cos() - radius * angle.sin()
        labels = torch.arange(self.arms).repeat_interleave(per_arm)
        return scaled(torch.stack([x, y], dim=2).reshape(-1, 2), self.width, labels)
