"""The variance-preserving SDE in continuous time: log alpha = -(beta_min tau + (beta_max - beta_min) tau^2 / 2) / 2.

Reference: Song et al., "Score-Based Generative Modeling through Stochastic Differential Equations" (2021), eq. 33 with
their time tau = 1 - t, and appendix C for stopping at tau = 1e-3.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from core.paths import Coefficients, Path
from core.registry import register

_END = 1e-3


@register("path")
class VpSde(Path, frozen=True):
    """DDPM's noise as a continuous process."""

    name = "vp-sde"
    title = "VP-SDE"
    reference = "Song et al. 2021, Score-Based Generative Modeling through SDEs, eq. 33"
    formula: ClassVar[str] = (
        r"\log \alpha_t = -\half \beta_{\text{min}} \tau - \frac{1}{4} (\beta_{\text{max}}"
        r" - \beta_{\text{min}}) \tau^2"
    )

    beta_min: Annotated[float, Meta(gt=0, le=10, title="Least β", description="Noise power at the data")] = 0.1
    beta_max: Annotated[float, Meta(gt=0, le=100, title="Largest β", description="Noise power at the noise")] = 20.0

    @property
    def t_min(self) -> float:
        return 0.0

    @property
    def t_max(self) -> float:
        return 1.0 - _END

    def at(self, t: Tensor) -> Coefficients:
        tau = 1.0 - t
        rise = self.beta_max - self.beta_min
        log_alpha = -0.5 * tau * (self.beta_min + 0.5 * rise * tau)
        d_log_alpha = 0.5 * (self.beta_min + rise * tau)
        alpha = torch.exp(log_alpha)
        sigma = torch.sqrt(-torch.expm1(2.0 * log_alpha))
        # sigma falls to 0 like a square root at t = 1, where its derivative has no finite value: t_max stands in
        end = (_END * (self.beta_min + 0.5 * rise * _END)) ** 0.5
        return Coefficients(alpha, sigma, d_log_alpha * alpha, -d_log_alpha * alpha**2 / sigma.clamp_min(end))
