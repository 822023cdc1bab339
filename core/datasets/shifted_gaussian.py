"""One Gaussian away from the origin: of all targets the simplest, and the one whose flow is known by heart."""

from __future__ import annotations

from typing import Annotated

import torch
from msgspec import Meta

from core.datasets import Dataset
from core.numerics.mixture import Mixture
from core.registry import register


@register("data")
class ShiftedGaussian(Dataset, frozen=True):
    """One round cluster, by default the noise itself moved to the right."""

    name = "shifted-gaussian"
    title = "Shifted Gaussian"
    reference = "EliasSf73/Diffusion-and-Flow-Models-implementations"

    x: Annotated[float, Meta(ge=-10, le=10, title="Centre x", description="Across")] = 3.5
    y: Annotated[float, Meta(ge=-10, le=10, title="Centre y", description="Up")] = 0.0
    std: Annotated[float, Meta(gt=0, le=5, title="Width", description="Standard deviation")] = 1.0

    def mixture(self) -> Mixture:
        return Mixture(torch.tensor([[self.x, self.y]], dtype=torch.float64), self.std)
