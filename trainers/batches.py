"""Training batches as functions of the sample's number: nothing to save, and a resumed run goes on bit for bit.

Where every point is drawn anew from a density in the plane, data, noise and time of a sample are a row of one Sobol
sequence instead of chance. The gradient of a step, and the sum of many, errs less then: the learned velocity is as near
to the exact one after about half of the steps (`bench train` measures it).
Reference: Buchholz, Wenzel and Mandt, "Quasi-Monte Carlo Variational Inference" (2018), section 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from core.numerics.epochs import shuffled
from core.numerics.mixture import Mixture
from core.numerics.noise import normal, uniform
from core.numerics.sobol import Sobol
from core.setup import Setup
from trainers.objective import Objective, Pairs

_GOLDEN = 0.6180339887498949
_MOST_BATCHES, _MOST_NUMBERS = 32, 1 << 20
"""Batches, and numbers, that are drawn together: the hash costs the same for one sample as for some thousands."""
_DROP_DRAW, _EXTRA_DRAW, BRIDGE_DRAW, _ORDER_DRAW = 3, 4, 5, 6
_LEAST_NUMBERS = 16
"""Of a row of the Sobol sequence: always as many, so that every method learns from the same data and noise."""


class Batch(NamedTuple):
    """x1, x0 and z [B, ...], t [B], u [B, n_uniforms] in the run's dtype, and labels [B]; see `Lesson`."""

    x1: Tensor
    x0: Tensor
    z: Tensor | None
    t: Tensor
    u: Tensor
    cond: Tensor | None


class _Drawn(NamedTuple):
    """Samples before they are a batch: uniform numbers t [n] for the time, u [n, n_uniforms], and left_out [n], which
    says whose class is withheld."""

    pairs: Pairs
    z: Tensor | None
    t: Tensor
    u: Tensor
    left_out: Tensor


class Batches:
    """The endless sequence of a run's batches; any step may be asked for, cheapest in turn."""

    def __init__(self, setup: Setup, objective: Objective) -> None:
        self._setup, self._objective = setup, objective
        self._size, self._each = setup.spec.training.batch_size, setup.spec.training.accumulation
        self._block = max(1, min(_MOST_BATCHES, _MOST_NUMBERS // (self._size * math.prod(setup.shape))))
        self._pairs = _fixed_pairs(setup)
        n, seed = setup.spec.training.n_points, setup.spec.seed
        self._few = setup.dataset.training(n, seed) if n and self._pairs is None else None
        self._couples = self._pairs is None and "independent-pairs" not in setup.coupling.provides
        density = setup.dataset.fresh if self._few is None and self._pairs is None else None
        self._even = None if density is None else _Even(setup, density, objective.n_uniforms)
        self._start = -1
        self._drawn: Batch | None = None
        """The block of batches that was drawn last, and the place of its first."""

    def use(self, pairs: Pairs) -> None:
        """Train on these pairs from now on."""
        self._pairs, self._couples, self._even = pairs, False, None
        self._start, self._drawn = -1, None

    def of(self, step: int) -> Iterator[Batch]:
        """The batches of a training step."""
        for place in range(step * self._each, (step + 1) * self._each):
            # Blocks begin at fixed places, so that a resumed run draws the same ones.
            block, i = self._from(place - place % self._block), place % self._block
            batch = part(block, slice(i * self._size, (i + 1) * self._size))
            if self._couples:
                batch = batch._replace(x0=batch.x0[self._setup.coupling.pair(batch.x1, batch.x0)])
            yield batch

    def _from(self, start: int) -> Batch:
        """The block that begins with this batch."""
        if self._drawn is None or start != self._start:
            self._start, self._drawn = start, self._draw(start * self._size, self._block * self._size)
        return self._drawn

    def _draw(self, first: int, n: int) -> Batch:
        """Samples first..first+n-1 of the endless training sequence."""
        setup, training = self._setup, self._setup.spec.training
        (x1, x0, labels), z, t, u, left_out = self._by_chance(first, n) if self._even is None else self._even(first, n)
        cond = None
        if training.conditional and labels is not None:
            cond = torch.where(left_out < training.label_dropout, setup.n_classes, labels).to(setup.device)
        move: Callable[[Tensor], Tensor] = lambda values: values.to(setup.device, setup.dtype)  # noqa: E731
        times = self._objective.times(t, setup.path)
        return Batch(move(x1), move(x0), None if z is None else move(z), move(times), move(u), cond)

    def _by_chance(self, first: int, n: int) -> _Drawn:
        """Data and noise by their own sequences, whatever they are."""
        setup, seed = self._setup, self._setup.spec.seed
        index = torch.arange(first, first + n)
        pairs = self._points(index)
        # A golden-ratio sequence: any stretch of it covers [0, 1) evenly, whatever the batch size.
        start = uniform(seed, "pair", torch.zeros(1, dtype=torch.int64), 1, draw=1)
        t = ((index.double() * _GOLDEN + start) % 1.0).reshape(-1)
        u = uniform(seed, "step", index, self._objective.n_uniforms, _EXTRA_DRAW)
        z = None
        if setup.path.bridge:
            z = normal(seed, "step", index, math.prod(setup.shape), BRIDGE_DRAW).reshape(pairs.x1.shape)
        return _Drawn(pairs, z, t, u, uniform(seed, "step", index, 1, _DROP_DRAW)[:, 0])

    def _points(self, index: Tensor) -> Pairs:
        setup, spec = self._setup, self._setup.spec
        first, n = int(index[0]), len(index)
        if self._pairs is not None:
            place = shuffled(spec.seed, index, len(self._pairs.x1))
            return Pairs(*(None if values is None else values[place] for values in self._pairs))  # type: ignore[arg-type]
        if self._few is not None:
            points, all_labels = self._few
            place = shuffled(spec.seed, index, len(points))
            x1, labels = points[place], None if all_labels is None else all_labels[place]
        else:
            x1, labels = setup.dataset.training(n, spec.seed, first)
        return Pairs(x1, setup.source.draw(setup.shape, n, spec.seed, "pair", first), labels)


class _Even:
    """Samples of a density in the plane, each a row of a Sobol sequence."""

    def __init__(self, setup: Setup, density: Mixture, n_uniforms: int) -> None:
        self._density, self._source = density, setup.source.mixture()
        self._seed, self._size, self._bridge = setup.spec.seed, setup.spec.training.batch_size, setup.path.bridge
        dim = density.dim
        self._parts = [1, 1 + dim, 1 + dim, 1, dim, n_uniforms]
        self._sobol = Sobol(self._seed, max(_LEAST_NUMBERS, sum(self._parts)))

    def __call__(self, first: int, n: int) -> _Drawn:
        """Samples first..first+n-1, which are whole batches."""
        # A row's place in the sequence tells the first digits of its numbers, and objectives give the first samples of
        # a batch another part than the last.
        order = uniform(self._seed, "step", torch.arange(first, first + n), 1, _ORDER_DRAW).reshape(-1, self._size)
        places = order.argsort(1) + torch.arange(0, n, self._size)[:, None]
        rows = self._sobol.rows(first, n).index_select(0, places.reshape(-1))
        t, data, start, left_out, z, u, _ = torch.split(rows, [*self._parts, rows.shape[1] - sum(self._parts)], dim=1)
        x1, labels = self._density.at(data)
        x0 = torch.special.ndtri(start[:, 1:]) if self._source is None else self._source.at(start).x
        bridge = torch.special.ndtri(z) if self._bridge else None
        return _Drawn(Pairs(x1, x0, labels), bridge, t[:, 0], u, left_out[:, 0])


def part(batch: Batch, rows: slice) -> Batch:
    """Some rows of a batch, as views."""
    return Batch(*(None if values is None else values[rows] for values in batch))  # type: ignore[arg-type]


def _fixed_pairs(setup: Setup) -> Pairs | None:
    """The set that a coupling of all pairs is trained on, coupled once."""
    n, seed = setup.coupling.fixed, setup.spec.seed
    if n == 0:
        return None
    x1, labels = setup.dataset.training(n, seed)
    x0 = setup.source.draw(setup.shape, n, seed, "pair")
    return Pairs(x1, x0[setup.coupling.pair(x1, x0)], labels)
