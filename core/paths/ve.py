"""The variance-exploding path: x_t = x1 + sigma(t) x0 with sigma falling geometrically.

Reference: Song et al., "Score-Based Generative Modeling through Stochastic Differential Equations" (2021), appendix C:
sigma_min = 0.01; sigma_max is as large as the largest distance between two points of the data.
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from core.paths import Coefficients, Path
from core.registry import register

_END = 1e-4


@register("path")
class Ve(Path, frozen=True):
    """Noise is added to data that keep their size."""

    name = "ve"
    title = "VE"
    reference = "Song et al. 2021, Score-Based Generative Modeling through SDEs, appendix C"
    formula: ClassVar[str] = r"\alpha_t = 1,  \sigma_t = \sigma_{\text{max}}^{1 - t} \sigma_{\text{min}}^t"
    provides: ClassVar[tuple[str, ...]] = ("finite-velocity",)
    bounded: ClassVar[bool] = False

    sigma_min: Annotated[float, Meta(gt=0, lt=1, title="Least σ", description="Noise left at t = 1")] = 0.01
    sigma_max: Annotated[float, Meta(ge=1, le=1000, title="Largest σ", description="Noise at t = 0")] = 20.0

    @property
    def t_min(self) -> float:
        return 0.0

    @property
    def t_max(self) -> float:
        return 1.0 - _END

    def at(self, t: Tensor) -> Coefficients:
        fall = math.log(self.sigma_min / self.sigma_max)
        sigma = self.sigma_max * torch.exp(fall * t)
        return Coefficients(torch.ones_like(t), sigma, torch.zeros_like(t), fall * sigma)
