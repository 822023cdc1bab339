"""The straight line: x_t = t x1 + (1 - (1 - sigma_min) t) x0.

A pair ends as x1 + sigma_min x0, a small Gaussian around its data. A run ends at x1_hat as on every path: without that
noise, and narrower than the data where sigma_min is not small beside their width.

Reference: Lipman et al., "Flow Matching for Generative Modeling" (2023), eq. 20-22; Liu et al., "Flow Straight and
Fast" (2022), eq. 1, for sigma_min = 0.
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
class Linear(Path, frozen=True):
    """Data and noise blend along a straight line."""

    name = "linear"
    title = "Linear"
    reference = "Lipman et al. 2023, Flow Matching for Generative Modeling, eq. 22"
    formula: ClassVar[str] = r"\alpha_t = t,  \sigma_t = 1 - (1 - \sigma_{\text{min}}) t"
    provides: ClassVar[tuple[str, ...]] = ("finite-velocity",)

    sigma_min: Annotated[
        float,
        Meta(
            ge=0, le=0.5, title="Noise left", description="σ at t = 1 of what is learned; runs end at the expected data"
        ),
    ] = 0.0

    @property
    def t_min(self) -> float:
        return _END

    @property
    def t_max(self) -> float:
        return 1.0 - _END

    def at(self, t: Tensor) -> Coefficients:
        one = torch.ones_like(t)
        slope = 1.0 - self.sigma_min
        return Coefficients(t, 1.0 - slope * t, one, -slope * one)
