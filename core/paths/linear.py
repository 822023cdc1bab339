"""The straight line: x_t = t x1 + (1 - t) x0.

Reference: Lipman et al., "Flow Matching for Generative Modeling" (2023), eq. 20-22 with sigma_min = 0;
Liu et al., "Flow Straight and Fast" (2022), eq. 1.
"""

from __future__ import annotations

import torch
from torch import Tensor

from core.paths import Coefficients, Path
from core.registry import register

_END = 1e-4


@register("path")
class Linear(Path, frozen=True):
    """Data and noise blend along a straight line."""

    name = "linear"
    title = "Linear"
    reference = "Lipman et al. 2023, Flow Matching for Generative Modeling"

    @property
    def t_min(self) -> float:
        return _END

    @property
    def t_max(self) -> float:
        return 1.0 - _END

    def at(self, t: Tensor) -> Coefficients:
        one = torch.ones_like(t)
        return Coefficients(t, 1.0 - t, one, -one)
