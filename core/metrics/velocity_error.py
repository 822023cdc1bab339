"""How far a learned velocity is from the exact one: sqrt(E |v - v*|^2 / E |v*|^2) over q(x_t) and t in [0.05, 0.95]."""

from __future__ import annotations

import torch

from core.fields import Field
from core.mixture import Mixture, MixtureField
from core.noise import normal

_T = (0.05, 0.95)


def velocity_error(learned: Field, exact: MixtureField, mixture: Mixture, seed: int, n: int = 4096) -> float:
    """The relative error, estimated with n pairs (x1, x0) at evenly spread times; 0 is perfect, 1 as bad as zero.

    The pairs are none of those a network is trained on: they come from other draws of the same seed.
    """
    path = exact.path
    device = exact.device
    index = torch.arange(n)
    x1 = mixture.sample(n, seed, draw=1).to(device, torch.float32)
    x0 = normal(seed, "pair", index, mixture.dim, draw=2).to(device, torch.float32)
    t = (_T[0] + (_T[1] - _T[0]) * (index + 0.5) / n).to(device, torch.float32)
    c = path.at(t).over(x1)
    x_t = c.alpha * x1 + c.sigma * x0
    reference = exact(x_t, t).velocity(c)
    difference = learned(x_t, t).velocity(c) - reference
    return float((difference.square().mean() / reference.square().mean()).sqrt())
