"""Each number of x1_hat is held to an interval, as DDPM does for images in [-1, 1].

Reference: Ho et al., "Denoising Diffusion Probabilistic Models" (2020), the authors' sampling code; discussed in
Saharia et al., "Photorealistic Text-to-Image Diffusion Models" (2022), section 2.3 ("static thresholding").
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from torch import Tensor

from core.clipping import Clipping
from core.registry import register


@register("clipping")
class Clip(Clipping, frozen=True):
    """Every number of the preview is held to an interval."""

    name = "clip"
    title = "Clip"
    reference = "Ho et al. 2020; Saharia et al. 2022, section 2.3, static thresholding"
    for_images = {"limit": 1.0}

    limit: Annotated[float, Meta(gt=0, le=100, title="Limit", description="1 for images; points reach about 4")] = 4.0

    def bound(self, x1: Tensor) -> Tensor:
        return x1.clamp(-self.limit, self.limit)
