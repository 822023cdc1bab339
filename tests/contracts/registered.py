"""What the sweeps go over: every registered implementation, with a path and grid on which it runs."""

from __future__ import annotations

import torch

from core import registry
from core.datasets.eight_gaussians import EightGaussians
from core.mixture import MixtureField
from core.parts import make
from core.paths import Path
from core.samplers import Sampler
from core.spec import Part

PATHS = list(registry.entries("path"))
SAMPLERS = list(registry.entries("sampler"))


def path(name: str) -> Path:
    return make("path", Part(name))


def sampler(name: str, **params: object) -> Sampler:
    return make("sampler", Part(name, params))


def exact(path: Path) -> MixtureField:
    return MixtureField(EightGaussians().mixture(), path, torch.device("cpu"))


class FixedNoise:
    """The same normal numbers for whoever asks."""

    def __init__(self, z: torch.Tensor) -> None:
        self.z = z

    def increment(self, t: float, s: float) -> torch.Tensor:
        return self.z
