"""DDPM's linear schedule as a variance-preserving path.

Reference: Ho et al., "Denoising Diffusion Probabilistic Models" (2020), section 4: beta_1 = 1e-4 to beta_T = 0.02,
T = 1000. For other T the betas are the same numbers, as in the projects that chose T = 500.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from core.numerics.discrete import DiscretePath
from core.registry import register


@register("path")
class VpLinear(DiscretePath, frozen=True):
    """Noise power rises linearly over the steps of DDPM."""

    name = "vp-linear"
    title = "VP, linear β"
    reference = "Ho et al. 2020, Denoising Diffusion Probabilistic Models"
    formula: ClassVar[str] = r"\alpha_t^2 = \prod_{i \le k} (1 - \beta_i),  \beta_i\text{ linear in }i"

    T: Annotated[int, Meta(ge=10, le=10_000, title="Steps T", description="Discrete noise levels")] = 1000
    beta_1: Annotated[float, Meta(gt=0, lt=1, title="First β", description="Noise power of the first step")] = 1e-4
    beta_T: Annotated[float, Meta(gt=0, lt=1, title="Last β", description="Noise power of the last step")] = 0.02

    def betas(self) -> NDArray[np.float64]:
        return np.linspace(self.beta_1, self.beta_T, self.T)
