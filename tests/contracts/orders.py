"""The convergence order of a sampler, measured on a mixture whose field is exact."""

from __future__ import annotations

import itertools
import math

import torch

from core.datasets.three_gaussians import ThreeGaussians
from core.fields import Field
from core.mixture import MixtureField
from core.noise import normal
from core.paths import Path
from core.paths.linear import Linear
from core.samplers import Sampler
from tests.contracts.registered import FixedNoise

_NFE = (100, 200, 400)
_REFERENCE_STEPS = 1600


def end_points(sampler: Sampler, field: Field, path: Path, n_steps: int, t_end: float) -> torch.Tensor:
    """x at t_end from the same 64 starts, in float64."""
    x = path.at(torch.tensor(path.t_min, dtype=torch.float64)).sigma * normal(5, "source", torch.arange(64), 2)
    times = torch.linspace(path.t_min, t_end, n_steps + 1, dtype=torch.float64)
    state = None
    for t, s in itertools.pairwise(times):
        step = sampler.step(field, x, t, s, state, FixedNoise(torch.zeros_like(x)))
        x, state = step.x, step.state
    return x


def measured_order(sampler: Sampler) -> float:
    """Slope of log error against log steps between 100 and 400 evaluations."""
    path = Linear()
    field = MixtureField(ThreeGaussians().mixture(), path, torch.device("cpu"))
    reference = end_points(sampler, field, path, _REFERENCE_STEPS, 0.95)
    errors = [
        float((end_points(sampler, field, path, nfe // sampler.nfe_per_step, 0.95) - reference).square().mean().sqrt())
        for nfe in _NFE
    ]
    return math.log(errors[0] / errors[-1]) / math.log(_NFE[-1] / _NFE[0])
