"""Three Gaussians at (2, 2), (-2, 2) and (0, -2)."""

from __future__ import annotations

from typing import Annotated

import torch
from msgspec import Meta

from core.datasets import Dataset
from core.numerics.mixture import Mixture
from core.registry import register


@register("data")
class ThreeGaussians(Dataset, frozen=True):
    """Three round clusters of equal weight."""

    name = "three-gaussians"
    title = "Three Gaussians"
    reference = "harshm121/Diffusion-v-FlowMatching"
    class_names = ("right", "left", "bottom")

    std: Annotated[float, Meta(gt=0, le=2, title="Width", description="Standard deviation of a cluster")] = 0.3

    def mixture(self) -> Mixture:
        centres = torch.tensor([[2.0, 2.0], [-2.0, 2.0], [0.0, -2.0]], dtype=torch.float64)
        return Mixture(centres, self.std, labels=torch.arange(3))
