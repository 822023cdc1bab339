"""The prediction table: what a network outputs, as a linear combination of x1 and x0, and its inverse.

A kind is one row: y = a(t) x1 + b(t) x0. The training target is the row; decoding inverts the 2 x 2 system of the row
and x_t = alpha x1 + sigma x0, with determinant D = alpha b - sigma a:
x1_hat = (b x_t - sigma y) / D and x0_hat = (alpha y - a x_t) / D.

References: eps: Ho et al. 2020, eq. 12; v: Salimans and Ho 2022, appendix D; velocity: Lipman et al. 2023, eq. 8;
score: Song et al. 2021, eq. 7.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor

from core.paths import Coefficients

Prediction = Literal["data", "eps", "velocity", "v", "score"]
PREDICTIONS: tuple[Prediction, ...] = get_args(Prediction)


class Estimate(NamedTuple):
    """What a field knows at (x_t, t): the expected data and the expected noise, both with the shape of x_t."""

    x1: Tensor
    x0: Tensor

    def velocity(self, c: Coefficients) -> Tensor:
        """dx/dt along the probability flow."""
        return c.d_alpha * self.x1 + c.d_sigma * self.x0

    def score(self, c: Coefficients) -> Tensor:
        """The gradient of log p_t; needs a standard normal x0 that is independent of x1."""
        return -self.x0 / c.sigma


def row(kind: Prediction, c: Coefficients) -> tuple[Tensor, Tensor]:
    """(a, b) of a kind, each with the shape of alpha."""
    zero, one = torch.zeros_like(c.alpha), torch.ones_like(c.alpha)
    match kind:
        case "data":
            return one, zero
        case "eps":
            return zero, one
        case "velocity":
            return c.d_alpha, c.d_sigma
        case "v":
            return -c.sigma, c.alpha
        case "score":
            return zero, -1.0 / c.sigma


def target(kind: Prediction, x1: Tensor, x0: Tensor, c: Coefficients) -> Tensor:
    """What the network should output for the pair (x1, x0)."""
    a, b = row(kind, c)
    return a * x1 + b * x0


def decode(kind: Prediction, y: Tensor, x_t: Tensor, c: Coefficients) -> Estimate:
    """The estimate that a network's output y at x_t stands for."""
    a, b = row(kind, c)
    determinant = c.alpha * b - c.sigma * a
    return Estimate((b * x_t - c.sigma * y) / determinant, (c.alpha * y - a * x_t) / determinant)
