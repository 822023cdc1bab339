"""The prediction table: what a network outputs, as a linear combination of x1 and x0, and its inverse.

A kind is one row: y = a(t) x1 + b(t) x0. The training target is the row; decoding inverts the 2 x 2 system of the row
and x_t = alpha x1 + sigma x0, with determinant D = alpha b - sigma a:
x1_hat = (b x_t - sigma y) / D and x0_hat = (alpha y - a x_t) / D.

References: eps: Ho et al. 2020, eq. 12; v: Salimans and Ho 2022, appendix D; velocity: Lipman et al. 2023, eq. 8;
score: Song et al. 2021, eq. 7; edm: Karras et al. 2022, eq. 7 and table 1, written for any alpha: with s the standard
deviation of the data and n = sqrt(alpha^2 s^2 + sigma^2), y = (sigma x1 / s - alpha s x0) / n has unit variance and is
uncorrelated with x_t. With s = 1 it is v up to sign and scale.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor

from core.paths import Coefficients, Path

Prediction = Literal["data", "eps", "velocity", "v", "score", "edm"]
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


def row(kind: Prediction, c: Coefficients, data_std: float = 1.0) -> tuple[Tensor, Tensor]:
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
        case "edm":
            spread = std(c, data_std)
            return c.sigma / (data_std * spread), -c.alpha * data_std / spread


def std(c: Coefficients, data_std: float) -> Tensor:
    """Standard deviation of x_t where the data have one of ``data_std``."""
    return torch.sqrt((c.alpha * data_std) ** 2 + c.sigma**2)


class Reading(NamedTuple):
    """How a network's input and output are read: what it predicts, and the standard deviation of its data."""

    prediction: Prediction
    data_std: float = 1.0

    def inputs(self, path: Path, x: Tensor, t: Tensor) -> Tensor:
        """What the network is shown of x [B, ...] at t [B]: x, or x at unit variance where the path is not bounded."""
        if path.bounded and self.prediction != "edm":
            return x
        return x / std(path.at(t).over(x), self.data_std)

    def target(self, x1: Tensor, x0: Tensor, c: Coefficients) -> Tensor:
        """What the network should output for the pair (x1, x0)."""
        a, b = row(self.prediction, c, self.data_std)
        return a * x1 + b * x0

    def decode(self, y: Tensor, x_t: Tensor, c: Coefficients) -> Estimate:
        """The estimate that a network's output y at x_t stands for."""
        a, b = row(self.prediction, c, self.data_std)
        determinant = c.alpha * b - c.sigma * a
        return Estimate((b * x_t - c.sigma * y) / determinant, (c.alpha * y - a * x_t) / determinant)


def decode(kind: Prediction, y: Tensor, x_t: Tensor, c: Coefficients) -> Estimate:
    """The estimate of an output of a kind that knows no scale of the data."""
    return Reading(kind).decode(y, x_t, c)
