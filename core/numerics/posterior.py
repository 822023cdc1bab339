"""The Gaussian q(x_s | x_t, x1) that DDPM and DDIM share, for any path.

From s to t (towards the noise) x_t = r x_s + sqrt(beta) z with r = alpha_t / alpha_s and
beta = sigma_t^2 - r^2 sigma_s^2. Given x1 as well, x_s has variance beta sigma_s^2 / sigma_t^2.
Reference: Ho et al. 2020, eq. 6 and 7; Song et al. 2021 (DDIM), eq. 12 and 16. Their index t - 1 is our s.
"""

from __future__ import annotations

from torch import Tensor

from core.paths import Coefficients


def beta(here: Coefficients, there: Coefficients) -> Tensor:
    """Variance of the noise that leads from s (there) to t (here)."""
    return here.sigma**2 - (here.alpha / there.alpha * there.sigma) ** 2


def variance(here: Coefficients, there: Coefficients) -> Tensor:
    """Variance of x_s given x_t and x1."""
    return beta(here, there) * (there.sigma / here.sigma) ** 2
