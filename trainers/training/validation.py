"""The loss of held-out data over t: the same pairs at the same times whenever it is measured.

The mean squared error of the averaged network's output against the pair's target, as regression learns it. An
objective that learns from itself (MeanFlow) is held to this too, at s = t, where its network is the flow's velocity.
Streams: ``validation/loss`` and, in bins of t, ``validation/loss_over_t``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from core.events import Chunk, StreamDeclared
from core.numerics.noise import normal
from core.setup import Setup
from trainers.batches import BRIDGE_DRAW, Batch
from trainers.objective import Objective

LOSS, OVER_T = "validation/loss", "validation/loss_over_t"
_N, _BINS = 1024, 16
_FIRST = 1 << 40
"""Numbers of the noise: beyond those of any training."""
_BLOCK = 256


class Measured(NamedTuple):
    """The loss of each bin [T]."""

    over_t: np.ndarray

    @property
    def loss(self) -> float:
        return float(self.over_t.mean())

    def chunks(self, step: int) -> Iterator[Chunk]:
        """One row of both streams."""
        columns = {"step": np.array([float(step)])}
        yield Chunk(LOSS, np.array([self.loss], np.float32), columns)
        yield Chunk(OVER_T, self.over_t[None].astype(np.float32), columns)


class Validation:
    """Held-out pairs, sorted by time, in `_BINS` bins of equally many training times."""

    def __init__(self, setup: Setup, objective: Objective, n_classes: int, n: int) -> None:
        self._pairs = _pairs(setup, objective, n_classes, n)
        centres = (torch.arange(_BINS, dtype=torch.float64) + 0.5) / _BINS
        self._times = objective.times(centres, setup.path).numpy()
        training = setup.spec.training
        places = np.linspace(0.0, 1.0, max(2, training.n_validations))
        self.steps = {round(place * training.n_steps) for place in places}

    @classmethod
    def of(cls, setup: Setup, objective: Objective, n_classes: int) -> Validation | None:
        """None where nothing is to be measured: not asked for, no data held out, or no field that regression learns."""
        settings = setup.spec.training
        if not settings.n_validations or "field" not in objective.provides or objective.rounds(settings.n_steps):
            return None
        most = setup.dataset.n_held_out
        n = _N if most is None else min(_N, most) // _BINS * _BINS
        return cls(setup, objective, n_classes, n) if n else None

    def declared(self) -> Iterator[StreamDeclared]:
        capacity = len(self.steps)
        yield StreamDeclared(
            name=LOSS, row_shape=(), dims=("step",), kind="scalar", columns=("step",), capacity=capacity
        )
        yield StreamDeclared(
            name=OVER_T, row_shape=(_BINS,), dims=("step", "t"), kind="scalar", columns=("step",), capacity=capacity,
            static={"t": self._times},
        )  # fmt: skip

    def measure(self, error: Callable[[Batch], Tensor]) -> Iterator[Measured | None]:
        """None between pieces of the work, the result at last; ``error`` is the output less the target [B, ...]."""
        errors = []
        n = len(self._pairs.t)
        for first in range(0, n, _BLOCK):
            rows = slice(first, first + _BLOCK)
            part = Batch(*(None if values is None else values[rows] for values in self._pairs))  # type: ignore[arg-type]
            errors.append(error(part).float().square().flatten(1).mean(1).cpu())
            yield None
        yield Measured(torch.cat(errors).reshape(_BINS, -1).mean(1).numpy())


def _pairs(setup: Setup, objective: Objective, n_classes: int, n: int) -> Batch:
    spec = setup.spec
    x1, labels = setup.dataset.held_out(n, spec.seed)
    x0 = setup.source.draw(setup.shape, n, spec.seed, "pair", _FIRST)
    together = setup.coupling.fixed or spec.training.batch_size
    for rows in torch.split(torch.arange(n), together):
        x0[rows] = x0[rows][setup.coupling.pair(x1[rows], x0[rows])]
    z = None
    if setup.path.bridge:
        index = torch.arange(_FIRST, _FIRST + n)
        z = normal(spec.seed, "step", index, math.prod(setup.shape), BRIDGE_DRAW).reshape(x1.shape)
    # Held-out samples come in no order, so neighbours may have neighbouring times.
    t = objective.times((torch.arange(n, dtype=torch.float64) + 0.5) / n, setup.path)
    cond = None if not n_classes or labels is None else labels.to(setup.device)
    x1, x0, t = (values.to(setup.device, setup.dtype) for values in (x1, x0, t))
    return Batch(x1, x0, None if z is None else z.to(x1), t, t.new_zeros(n, 0), cond)
