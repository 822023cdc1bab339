"""EDM's path: x_t = x1 + sigma(t) x0, with sigma^(1/rho) falling linearly.

Equal steps in t are then EDM's own time steps. The network's input and output are scaled by the ``edm`` prediction.
Reference: Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models" (2022), eq. 5, table 1.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from core.paths import Coefficients, Path
from core.registry import register

_END = 1e-4


@register("path")
class Edm(Path, frozen=True):
    """Noise is added to data that keep their size, most steps where little noise is left."""

    name = "edm"
    title = "EDM"
    reference = "Karras et al. 2022, Elucidating the Design Space, eq. 5"
    formula: ClassVar[str] = (
        r"\alpha_t = 1,  \sigma_t^{1/\rho} = (1 - t) \sigma_{\text{max}}^{1/\rho}"
        r" + t \sigma_{\text{min}}^{1/\rho}"
    )
    provides: ClassVar[tuple[str, ...]] = ("finite-velocity",)
    bounded: ClassVar[bool] = False

    sigma_min: Annotated[float, Meta(gt=0, lt=1, title="Least σ", description="Noise left at t = 1")] = 0.002
    sigma_max: Annotated[float, Meta(ge=1, le=1000, title="Largest σ", description="Noise at t = 0")] = 80.0
    rho: Annotated[float, Meta(ge=1, le=20, title="Bend ρ", description="Larger: more steps near the data")] = 7.0

    @property
    def t_min(self) -> float:
        return 0.0

    @property
    def t_max(self) -> float:
        return 1.0 - _END

    def at(self, t: Tensor) -> Coefficients:
        high, low = self.sigma_max ** (1 / self.rho), self.sigma_min ** (1 / self.rho)
        root = high + t * (low - high)
        sigma = root**self.rho
        d_sigma = self.rho * (low - high) * root ** (self.rho - 1)
        return Coefficients(torch.ones_like(t), sigma, torch.zeros_like(t), d_sigma)
