"""Sliced Wasserstein distance: the root of the mean squared W2 of both sets' shadows on many lines.

On a line the optimal plan joins quantiles: W2^2 = int_0^1 |F^-1(u) - G^-1(u)|^2 du, which for two sets of points is a
finite sum over the levels at which either quantile function steps. The lines are the same in every measurement.
References: Rabin et al., "Wasserstein Barycenter and its Application to Texture Mixing" (2011), eq. 3; Bonneel et al.,
"Sliced and Radon Wasserstein Barycenters of Measures" (2015).
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from core.metrics import SampleMetric
from core.numerics.noise import normal
from core.registry import register

_SEED = 0
_LINES = 64
"""Lines that are projected on together."""


@register("metric")
class SlicedW2(SampleMetric, frozen=True):
    """W2 of shadows on many lines."""

    name = "sliced-w2"
    title = "Sliced W2"
    reference = "Rabin et al. 2011; Bonneel et al. 2015"
    unit: ClassVar[str] = "length"

    n_projections: Annotated[
        int, Meta(ge=1, le=10_000, title="Lines", description="Random directions, the same in every measurement")
    ] = 256

    def measure(self, generated: Tensor, real: Tensor) -> float:
        x, y = generated.double(), real.double()
        lines = normal(_SEED, "projection", torch.arange(self.n_projections), x.shape[1]).to(x.device)
        lines = lines / lines.norm(dim=1, keepdim=True)
        total = sum(float(_squared_w2(x @ few.T, y @ few.T).sum()) for few in torch.split(lines, _LINES))
        return math.sqrt(total / self.n_projections)


def _squared_w2(x: Tensor, y: Tensor) -> Tensor:
    """W2^2 [P] of the columns of x [N, P] and y [M, P], exact."""
    x, y = x.sort(0).values, y.sort(0).values
    n, m = len(x), len(y)
    if n == m:
        return (x - y).square().mean(0)
    # both quantile functions are constant between neighbouring levels k / nm
    ends = torch.unique(torch.cat([torch.arange(1, n + 1) * m, torch.arange(1, m + 1) * n])).to(x.device)
    starts = torch.cat([ends.new_zeros(1), ends[:-1]])
    shares = (ends - starts).double() / (n * m)
    squares = (x[starts // m] - y[starts // n]).square()
    mean: Tensor = (shares[:, None] * squares).sum(0)
    return mean
