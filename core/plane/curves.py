"""Curves in the plane as centres of a mixture: even places along them, and one scale for all."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from core.numerics.mixture import Mixture

CENTRES = 1000
"""The most centres that a set has: as many as an exact field evaluates without being felt."""
STD = 2.0
"""Standard deviation of all numbers of a synthetic set together, blur included."""


def along(n: int) -> Tensor:
    """Quantiles [n] of the uniform distribution on (0, 1): the middles of n equal parts."""
    return (torch.arange(n, dtype=torch.float64) + 0.5) / n


def polar(radius: Tensor | float, angle: Tensor) -> Tensor:
    """Points [n, 2] at a radius and an angle in radians."""
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)


def scaled(points: Tensor, width: float, labels: Tensor | None = None, log_weights: Tensor | None = None) -> Mixture:
    """Points [K, 2] as a mixture of this width around the origin, with a global standard deviation of `STD`.

    The blur adds to the variance, so the points themselves are scaled to what is left.
    """
    weights = torch.ones(len(points), dtype=torch.float64) if log_weights is None else log_weights.exp()
    weights = weights[:, None] / weights.sum()
    points = points - (weights * points).sum(0)
    spread = (weights * points.square()).sum(0).mean().sqrt()
    return Mixture(points / spread * math.sqrt(STD**2 - width**2), width, log_weights, labels)
