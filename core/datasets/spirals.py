"""Two interleaved spiral arms, each even along its length, scaled to a global standard deviation of 2.

The square root of an even quantile is, but for the first half turn, even in arc length. Reference: Grathwohl et al.,
"FFJORD" (2019), whose data "2spirals" have 1.5 turns.
"""

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
class Spirals(Dataset, frozen=True):
    """Two spiral arms, one wound into the other."""

    name = "spirals"
    title = "Two spirals"
    reference = "Grathwohl et al. 2019, FFJORD"
    class_names = ("first arm", "second arm")

    turns: Annotated[float, Meta(ge=0.5, le=4, title="Turns", description="How often an arm winds round")] = 1.5
    width: Annotated[float, Meta(gt=0, le=1, title="Width", description="Blur of the arms")] = 0.08

    def mixture(self) -> Mixture:
        angle = along(CENTRES // 2).sqrt() * (2 * math.pi * self.turns)
        arm = polar(angle, angle)
        return scaled(torch.cat([arm, -arm]), self.width, torch.arange(2).repeat_interleave(len(arm)))
