"""Dynamic thresholding: each sample's x1_hat is scaled back where a high percentile of it exceeds the limit.

Reference: Saharia et al., "Photorealistic Text-to-Image Diffusion Models" (2022), section 2.3.
"""

from __future__ import annotations

from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor

from core.clipping import Clipping
from core.numerics.per_particle import over
from core.registry import register


@register("clipping")
class Threshold(Clipping, frozen=True):
    """A preview that is too large is scaled back as a whole: keeps contrast where clipping would saturate."""

    name = "threshold"
    title = "Dynamic threshold"
    reference = "Saharia et al. 2022, Imagen, section 2.3"
    for_images = {"limit": 1.0}

    limit: Annotated[float, Meta(gt=0, le=100, title="Limit", description="1 for images; points reach about 4")] = 4.0
    percentile: Annotated[
        float,
        Meta(
            gt=0,
            le=100,
            title="Percentile",
            description="Of a sample's absolute values",
            extra_json_schema={"unit": "%"},
        ),
    ] = 99.5

    def bound(self, x1: Tensor) -> Tensor:
        size = torch.quantile(x1.flatten(1).abs(), self.percentile / 100.0, dim=1)
        size = over(size.clamp_min(self.limit), x1)
        return x1.clamp(-size, size) * (self.limit / size)
