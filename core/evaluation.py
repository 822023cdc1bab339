"""How a run evaluates a field: block by block, counted, and with the classes filled in."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from core.fields import Field, jumping
from core.machine import cores
from core.paths import Path
from core.predictions import Estimate

T = TypeVar("T")

#: Particles are held, and fields evaluated, in blocks of this many rows: the arithmetic of a particle then depends on
#: its place in the block alone, and runs with more or fewer particles agree bit for bit.
BLOCK = 512
_NUMBERS = 1 << 14
"""Of a block of images on a processor: sixteen of MNIST, four of CIFAR-10. More are no faster on one core, and then a
grid of sixteen photographs keeps four busy."""


def block(shape: Sequence[int], device: torch.device) -> int:
    """Rows of a block of samples [*shape] on a device."""
    if len(shape) == 1 or device.type != "cpu":
        return BLOCK
    return 1 << max(0, (_NUMBERS // math.prod(shape)).bit_length() - 1)


def padded(n: int, rows: int = BLOCK) -> int:
    """The least multiple of a block's ``rows`` that holds n."""
    return -(-n // rows) * rows


class CountedField:
    """A field evaluated block by block, ``at_once`` blocks at a time, which counts evaluations of the whole batch."""

    def __init__(self, field: Field, at_once: int = 1) -> None:
        self._field, self._at_once = field, at_once
        self.path: Path = field.path
        self.nfe = 0

    def __call__(self, x: Tensor, t: Tensor, cond: Tensor | None = None) -> Estimate:
        self.nfe += 1
        rows = block(x.shape[1:], x.device)
        times = torch.split(t, rows) if t.ndim else [t] * -(-len(x) // rows)
        parts = self._each(self._field, x, times, _blocks(cond, x))
        return Estimate(torch.cat([part.x1 for part in parts]), torch.cat([part.x0 for part in parts]))

    def flow_map(self, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None = None) -> Tensor:
        self.nfe += 1
        jump = jumping(self._field).flow_map
        return torch.cat(self._each(lambda b, k: jump(b, t, s, k), x, _blocks(cond, x)))

    def _each(self, function: Callable[..., T], x: Tensor, *others: Sequence[Tensor | None]) -> list[T]:
        """The function of each block of x and what belongs to it; the last block may be short."""
        blocks = torch.split(x, block(x.shape[1:], x.device))
        if x.device.type != "cpu":
            return list(map(function, blocks, *others))
        return cores.each(function, blocks, *others, at_once=self._at_once)


def _blocks(cond: Tensor | None, x: Tensor) -> Sequence[Tensor | None]:
    rows = block(x.shape[1:], x.device)
    return [None] * -(-len(x) // rows) if cond is None else torch.split(cond, rows)


class ConditionedField:
    """A field with its classes filled in, so that no sampler has to know of them."""

    def __init__(self, field: Field, cond: Tensor | None) -> None:
        self._field, self._cond = field, cond
        self.path: Path = field.path

    def __call__(self, x: Tensor, t: Tensor, cond: Tensor | None = None) -> Estimate:
        return self._field(x, t, self._cond)

    def flow_map(self, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None = None) -> Tensor:
        return jumping(self._field).flow_map(x, t, s, self._cond)
