"""Training batches as functions of the sample's number: nothing to save, and a resumed run goes on bit for bit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from core.noise import normal, uniform
from core.setup import Setup

_GOLDEN = 0.6180339887498949
_BLOCK_STEPS = 64
"""Steps whose samples are drawn together: the hash costs the same for one sample as for some thousands."""


class Batch(NamedTuple):
    """x1 and x0 [B, D] and t [B] in the run's dtype."""

    x1: Tensor
    x0: Tensor
    t: Tensor


def batches(setup: Setup, first_step: int) -> Iterator[Batch]:
    """The batches of a training run from a step on, without end."""
    size, step = setup.spec.training.batch_size, first_step
    while True:
        # Blocks begin at fixed steps, so that a resumed run draws the same ones.
        start = step - step % _BLOCK_STEPS
        x1, x0, t = _draw(setup, start * size, _BLOCK_STEPS * size)
        for i in range(step - start, _BLOCK_STEPS):
            rows = slice(i * size, (i + 1) * size)
            paired = setup.coupling.pair(x1[rows], x0[rows])
            yield Batch(*paired, t[rows])
        step = start + _BLOCK_STEPS


def _draw(setup: Setup, first: int, n: int) -> Batch:
    """Samples first..first+n-1 of the endless training sequence."""
    spec, path, mixture = setup.spec, setup.path, setup.mixture
    index = torch.arange(first, first + n)
    if spec.training.n_points:
        x1 = mixture.sample(spec.training.n_points, spec.seed)[_shuffled(spec.seed, index, spec.training.n_points)]
    else:
        x1 = mixture.sample(n, spec.seed, first=first)
    x0 = normal(spec.seed, "pair", index, mixture.dim)
    # A golden-ratio sequence: any stretch of it covers [0, 1) evenly, whatever the batch size.
    u = (index.double() * _GOLDEN + uniform(spec.seed, "pair", torch.zeros(1, dtype=torch.int64), 1, draw=1)) % 1.0
    t = path.t_min + (path.t_max - path.t_min) * u.reshape(-1)
    return Batch(*(values.to(setup.device, setup.dtype) for values in (x1, x0, t)))


def _shuffled(seed: int, index: Tensor, n: int) -> Tensor:
    """Which of n points stands at each place of a sequence that goes through all of them, in a new order each epoch."""
    out = torch.empty_like(index)
    for epoch in range(int(index[0]) // n, int(index[-1]) // n + 1):
        order = torch.argsort(uniform(seed, "index", torch.arange(n), 1, draw=epoch + 1)[:, 0])
        inside = index // n == epoch
        out[inside] = order[index[inside] % n]
    return out
