"""A variance-preserving path whose betas rise quadratically.

Reference: the "scaled linear" schedule of Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion
Models" (2022), appendix: sqrt(beta) rises linearly.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from core.numerics.discrete import DiscretePath
from core.registry import register


@register("path")
class VpQuadratic(DiscretePath, frozen=True):
    """The square root of the noise power rises linearly: gentler near the data than VP, linear β."""

    name = "vp-quadratic"
    title = "VP, quadratic β"
    reference = "Rombach et al. 2022, Latent Diffusion Models"
    formula: ClassVar[str] = r"\alpha_t^2 = \prod_{i \le k} (1 - \beta_i),  \sqrt{\beta_i}\text{ linear in }i"

    T: Annotated[int, Meta(ge=10, le=10_000, title="Steps T", description="Discrete noise levels")] = 1000
    beta_1: Annotated[float, Meta(gt=0, lt=1, title="First β", description="Noise power of the first step")] = 1e-4
    beta_T: Annotated[float, Meta(gt=0, lt=1, title="Last β", description="Noise power of the last step")] = 0.02

    def betas(self) -> NDArray[np.float64]:
        return np.linspace(self.beta_1**0.5, self.beta_T**0.5, self.T) ** 2
