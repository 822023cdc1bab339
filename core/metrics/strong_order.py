"""How fast a stochastic sampler approaches the path of its own SDE, every step count following one Brownian path.

Particles are carried through the exact field of three wide Gaussians on the VP-SDE, in equal steps of t, with 50, 100,
200, 400 and 3,200 steps and the same seed. The distance to the finest run falls like a power of the step: the strong
order (Kloeden and Platen, "Numerical Solution of Stochastic Differential Equations", 1992, section 9.6).
"""

from __future__ import annotations

import itertools
import math
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from core.datasets.three_gaussians import ThreeGaussians
from core.fields import Field
from core.numerics.mixture import MixtureField
from core.numerics.noise import Noise
from core.parts.making import make
from core.samplers import Sampler
from core.spec import Part

STEPS = (50, 100, 200, 400)
FINE = 3200
_SEED, _PARTICLES, _WIDTH = 5, 1024, 1.0


class Known(NamedTuple):
    """A strong order that is known, and whence."""

    order: float
    source: str


_ADDITIVE = "Kloeden and Platen 1992, section 10.3: with noise that does not depend on x, Euler's is Milstein's scheme"
#: By sampler and the parameters with which it follows a Brownian path. Churn and Langevin correction draw afresh at
#: each of their steps: more steps are another noise, and no path is approached.
KNOWN: dict[tuple[str, tuple[tuple[str, Any], ...]], Known] = {
    ("ddpm", ()): Known(1.0, _ADDITIVE),
    ("ddim", (("eta", 1.0),)): Known(1.0, _ADDITIVE),
    ("ddim", (("eta", 0.5),)): Known(1.0, _ADDITIVE),
    ("dpmpp-2m-sde", ()): Known(1.0, "Xue et al. 2023, SA-Solver, theorem 5.1: O(noise x h + h^2)"),
    ("euler-maruyama", (("diffusion", "path"),)): Known(1.0, _ADDITIVE),
    ("euler-maruyama", (("diffusion", "sigma"),)): Known(1.0, _ADDITIVE),
}


class Strong(NamedTuple):
    """Root mean square distances, in units of x, to the finest run, one for each of `STEPS`; and their slope."""

    distances: tuple[float, ...]
    slope: float


@cache
def _field() -> Field:
    path = make("path", Part("vp-sde"))
    return MixtureField(ThreeGaussians(std=_WIDTH).mixture(), path, torch.device("cpu"))


@cache
def _walk(fine: int) -> Tensor:
    """W [fine + 1, B, 2] of the particles' Brownian paths at even times: drawn once, for every sampler and grid."""
    path, brownian = _field().path, _noise().brownian()
    times = torch.linspace(path.t_min, path.t_max, fine + 1, dtype=torch.float64).tolist()
    moves = [brownian.increment(t, s) * math.sqrt(s - t) for t, s in itertools.pairwise(times)]
    return torch.cat([torch.zeros(1, _PARTICLES, 2, dtype=torch.float64), torch.stack(moves).cumsum(0)])


def _noise() -> Noise:
    return Noise(_SEED, _PARTICLES, (2,), torch.device("cpu"), torch.float64)


class _OnePath:
    """The increments of one Brownian path a particle, and nothing else."""

    def __init__(self, fine: int) -> None:
        self._walk, self._fine, self._path = _walk(fine), fine, _field().path

    def increment(self, t: float, s: float) -> Tensor:
        return (self._walk[self._place(s)] - self._walk[self._place(t)]) / math.sqrt(s - t)

    def fresh(self, t: float, draw: int) -> Tensor:
        raise ValueError("a sampler that draws afresh follows no Brownian path")

    def _place(self, t: float) -> int:
        return round((t - self._path.t_min) / (self._path.t_max - self._path.t_min) * self._fine)


def _end_points(sampler: Sampler, n_steps: int, fine: int) -> Tensor:
    """x [B, 2] at t_max; the number of steps divides the finest."""
    field, path = _field(), _field().path
    noise, x, state = _OnePath(fine), _noise().source(), None
    for t, s in itertools.pairwise(torch.linspace(path.t_min, path.t_max, n_steps + 1, dtype=torch.float64)):
        step = sampler.step(field, x, t, s, state, noise)
        x, state = step.x, step.state
    return x


def strong_order(sampler: Sampler, steps: tuple[int, ...] = STEPS, fine: int = FINE) -> Strong:
    """Distances to the finest run, and the slope of their logarithm by least squares.

    Raises:
        ValueError: the sampler draws noise that belongs to no Brownian path.
    """
    finest = _end_points(sampler, fine, fine)
    misses = [(_end_points(sampler, n, fine) - finest).square().sum(1).mean().sqrt() for n in steps]
    logs = torch.stack(misses).log()
    sizes = torch.log(torch.tensor(steps, dtype=torch.float64))
    away = sizes - sizes.mean()
    slope = -float((away * logs).sum() / away.square().sum())
    return Strong(tuple(math.exp(value) for value in logs.tolist()), slope)
