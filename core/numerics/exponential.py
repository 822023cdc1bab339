"""What the exponential integrators in lam share: the exact linear part, and the functions phi.

With h = lam_s - lam_t the probability flow has the solution (Lu et al. 2022, proposition 3.1)
x_s = (alpha_s / alpha_t) x_t - alpha_s int e^(-lam) x0_hat dlam, or with the data estimate (Lu et al. 2022b, eq. 8)
x_s = (sigma_s / sigma_t) x_t + sigma_s int e^lam x1_hat dlam.
"""

from __future__ import annotations

import torch
from torch import Tensor

from core.paths import Coefficients


def noise_step(here: Coefficients, there: Coefficients, x: Tensor, x0: Tensor) -> Tensor:
    """x at s where the noise estimate x0 is constant in lam between t (here) and s (there)."""
    h = there.lam - here.lam
    return there.alpha / here.alpha * x - there.sigma * torch.expm1(h) * x0


def data_step(here: Coefficients, there: Coefficients, x: Tensor, x1: Tensor) -> Tensor:
    """x at s where the data estimate x1 is constant in lam between t (here) and s (there)."""
    h = there.lam - here.lam
    return there.sigma / here.sigma * x - there.alpha * torch.expm1(-h) * x1


def growth(h: Tensor) -> Tensor:
    """(e^h - 1) / h - 1, the weight of a slope in the noise estimate."""
    return torch.expm1(h) / h - 1.0
