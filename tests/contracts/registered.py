"""What the sweeps go over: every registered implementation, with a path and grid on which it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from core import registry
from core.datasets.eight_gaussians import EightGaussians
from core.numerics.mixture import Mixture, MixtureField
from core.parts.making import make
from core.paths import Path
from core.predictions import Estimate
from core.samplers import Sampler
from core.spec import Part

CPU = torch.device("cpu")
PATHS = list(registry.entries("path"))
SAMPLERS = list(registry.entries("sampler"))
#: every sampler, and parameters other than the defaults with which its promises must hold as well
VARIANTS: list[tuple[str, dict[str, object]]] = [
    *((name, {}) for name in SAMPLERS),
    ("ddpm", {"variance": "beta"}),
    ("ddim", {"eta": 0.6}),
    ("unipc", {"p": 3, "b": "bh1"}),
    ("edm-heun", {"s_churn": 60.0}),
    ("euler-maruyama", {"diffusion": "path"}),
    ("euler-maruyama", {"diffusion": "constant"}),
    ("consistency", {"n_steps": 3}),
    ("mean-flow", {"n_steps": 3}),
    ("dpmpp-2m-sde", {"eta": 0.0}),
    ("euler-maruyama", {"strength": 0.0}),
    ("predictor-corrector", {"n_corrector": 2}),
]
variants = pytest.mark.parametrize(
    ("name", "params"), VARIANTS, ids=lambda value: value if isinstance(value, str) else None
)


def path(name: str) -> Path:
    return make("path", Part(name))


def sampler(name: str, **params: object) -> Sampler:
    return make("sampler", Part(name, params))


def exact(path: Path) -> MixtureField:
    return MixtureField(EightGaussians().mixture(), path, CPU)


class FixedNoise:
    """The same normal numbers for whoever asks."""

    def __init__(self, z: Tensor) -> None:
        self.z = z

    def increment(self, t: float, s: float) -> Tensor:
        return self.z

    def fresh(self, t: float, draw: int) -> Tensor:
        return self.z


class GaussianField(MixtureField):
    """The field of N(mean, std^2 I) with its flow map: the flow carries a point along at equal standard scores."""

    def __init__(self, mean: Sequence[float], std: float, path: Path) -> None:
        self.mean, self.std = torch.tensor(mean, dtype=torch.float64), std
        super().__init__(Mixture(self.mean[None], std), path, CPU)

    def spread(self, t: Tensor) -> Tensor:
        """Standard deviation of x_t."""
        c = self.path.at(t)
        return torch.sqrt((c.alpha * self.std) ** 2 + c.sigma**2)

    def flow_map(self, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None = None) -> Tensor:
        mean = self.mean.to(x.dtype).reshape(x.shape[1:])
        here, there = self.path.at(t).alpha * mean, self.path.at(s).alpha * mean
        return there + self.spread(s) / self.spread(t) * (x - here)


class Counted:
    """A field that counts its evaluations, and keeps the times at which they were made."""

    def __init__(self, field: Any) -> None:
        self._field, self.path = field, field.path
        self.times: list[Tensor] = []

    def __call__(self, x: Tensor, t: Tensor, cond: Tensor | None = None) -> Estimate:
        self.times.append(t)
        return self._field(x, t, cond)

    def flow_map(self, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None = None) -> Tensor:
        self.times.append(t)
        return self._field.flow_map(x, t, s, cond)


def moment(value: float) -> Tensor:
    """A time as samplers get it."""
    return torch.tensor(value, dtype=torch.float64)
