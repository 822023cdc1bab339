"""How fast a sampler converges, measured on a mixture whose field is exact, in float64 and without a network.

The flow of three wide Gaussians on the linear path is followed from t = 0.05 to t = 0.9 in equal steps of log-SNR, and
compared with RK4 in 1,500 steps. Stochastic samplers have no place here: they converge strongly or weakly, not so.
"""

from __future__ import annotations

import itertools
import math
from functools import cache

import torch
from torch import Tensor

from core.datasets.three_gaussians import ThreeGaussians
from core.fields import Field
from core.mixture import MixtureField
from core.noise import normal
from core.parts import make
from core.paths.linear import Linear
from core.samplers import Sampler
from core.spec import Part

_START, _END, _WIDTH = 0.05, 0.9, 0.5
_PARTICLES, _FINE = 64, 1500


class _NoNoise:
    def increment(self, t: float, s: float) -> Tensor:
        raise ValueError("a sampler that draws noise has no order of this kind")

    def fresh(self, t: float, draw: int) -> Tensor:
        raise ValueError("a sampler that draws noise has no order of this kind")


@cache
def _field() -> Field:
    return MixtureField(ThreeGaussians(std=_WIDTH).mixture(), Linear(), torch.device("cpu"))


def end_points(sampler: Sampler, n_steps: int) -> Tensor:
    """x [64, 2] at the end, from the same starts whatever the sampler."""
    field = _field()
    ends = field.path.at(torch.tensor([_START, _END], dtype=torch.float64)).lam
    lams = torch.linspace(float(ends[0]), float(ends[1]), n_steps + 1, dtype=torch.float64)
    times = torch.sigmoid(lams)  # on the linear path lam = log(t / (1 - t))
    x, state = normal(5, "source", torch.arange(_PARTICLES), 2), None
    for t, s in itertools.pairwise(times):
        step = sampler.step(field, x, t, s, state, _NoNoise())
        x, state = step.x, step.state
    return x


@cache
def _true_end() -> Tensor:
    return end_points(make("sampler", Part("rk4")), _FINE)


def error(sampler: Sampler, nfe: int) -> float:
    """Root mean square distance of the end points from the flow's own, with that many evaluations."""
    n_steps = max(1, nfe // sampler.nfe_per_step)
    return float((end_points(sampler, n_steps) - _true_end()).square().mean().sqrt())


def measured_order(sampler: Sampler) -> float:
    """Slope of log error against log steps, between 100 and 400 evaluations (200 and 800 at fourth order)."""
    few, many = (100, 400) if sampler.nfe_per_step < 4 else (200, 800)
    steps = [nfe // sampler.nfe_per_step for nfe in (few, many)]
    return math.log(error(sampler, few) / error(sampler, many)) / math.log(steps[1] / steps[0])
