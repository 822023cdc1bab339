"""How fast a sampler converges, measured on a mixture whose field is exact, in float64 and without a network.

The flow of eight Gaussians on a ring (radius 2, width 0.3) is followed from t_min to t_max of the VP-SDE or of the
linear path, in equal steps of log-SNR or of t, and its end points are compared with those of a fine RK4.
Multistep methods count one evaluation a step. Samplers without an order of this kind: adaptive ones take as many steps
as they like, jumps have no error that falls with the step, and stochastic ones converge as `strong_order` measures.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Literal

import torch
from torch import Tensor

from core.datasets.eight_gaussians import EightGaussians
from core.fields import Field
from core.grids.log_snr import LogSnr
from core.numerics.mixture import MixtureField
from core.numerics.noise import normal
from core.numerics.solve import solve
from core.parts.making import make
from core.samplers import Sampler
from core.spec import Part

PathName = Literal["vp-sde", "linear"]
Spacing = Literal["log-snr", "t"]
RANGE = (100, 800)
"""Evaluations between which a slope is measured."""
_PARTICLES = 256
_FINE: dict[PathName, tuple[int, Spacing]] = {"vp-sde": (600, "log-snr"), "linear": (400, "t")}
"""Steps after which RK4 is within 1e-9 of the flow's end."""


def has_order(sampler: type[Sampler]) -> bool:
    """Whether the end points of a sampler approach the flow's own as its steps become short."""
    return not (sampler.stochastic or sampler.adaptive or sampler.jumps)


@cache
def ring(path: PathName) -> Field:
    """The exact field of the eight Gaussians."""
    return MixtureField(EightGaussians(radius=2.0, std=0.3).mixture(), make("path", Part(path)), torch.device("cpu"))


@cache
def _times(path: PathName, n_steps: int, spacing: Spacing) -> Tensor:
    """[n_steps + 1] from t_min to t_max."""
    there = ring(path).path
    if spacing == "t":
        return torch.linspace(there.t_min, there.t_max, n_steps + 1, dtype=torch.float64)
    return LogSnr().times(there, n_steps + 1)[:-1]


def end_points(sampler: Sampler, n_steps: int, path: PathName, spacing: Spacing) -> Tensor:
    """x [256, 2] at the end, from the same starts whatever the sampler."""
    field, times = ring(path), _times(path, n_steps, spacing)
    x0 = normal(5, "source", torch.arange(_PARTICLES), 2)
    *_, end = solve(field, sampler, field.path.at(times[0]).sigma * x0, times)
    return end


@cache
def _true_end(path: PathName) -> Tensor:
    n_steps, spacing = _FINE[path]
    return end_points(make("sampler", Part("rk4")), n_steps, path, spacing)


def error(sampler: Sampler, nfe: int, path: PathName = "vp-sde", spacing: Spacing = "log-snr") -> float:
    """Root mean square distance of the end points from the flow's own, with at most that many evaluations, in units
    of x."""
    n_steps = max(1, nfe // sampler.nfe_per_step)
    miss = end_points(sampler, n_steps, path, spacing) - _true_end(path)
    return float(miss.square().sum(1).mean().sqrt())


def measured_order(
    sampler: Sampler, path: PathName = "vp-sde", spacing: Spacing = "log-snr", nfe: tuple[int, int] = RANGE
) -> float:
    """Slope of log error against log steps, between two numbers of evaluations."""
    few, many = (count // sampler.nfe_per_step for count in nfe)
    errors = [error(sampler, count, path, spacing) for count in nfe]
    return math.log(errors[0] / errors[1]) / math.log(many / few)
