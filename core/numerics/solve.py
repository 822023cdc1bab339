"""A field's flow, followed with any sampler over given times and recorded nowhere: for teachers and for references."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from core.fields import Field
from core.samplers import Sampler


class _NoNoise:
    def increment(self, t: float, s: float) -> Tensor:
        raise ValueError("a flow is followed without noise")

    def fresh(self, t: float, draw: int) -> Tensor:
        raise ValueError("a flow is followed without noise")


def solve(field: Field, sampler: Sampler, x: Tensor, times: Tensor) -> Iterator[Tensor]:
    """x [B, ...] at each of the times [N], float64 and rising, from x at the first; at t = 1 it is x1_hat.

    Raises:
        ValueError: the sampler draws noise.
    """
    yield x
    state: Any = None  # the sampler's own
    for t, s in itertools.pairwise(times):
        with torch.no_grad():
            if s < 1.0:
                step = sampler.step(field, x, t, s, state, _NoNoise())
                x, state = step.x, step.state
            else:
                x = field(x, t).x1
        yield x
