"""How a run evaluates a field: block by block, counted, and with the classes filled in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from core.fields import Field
from core.paths import Path
from core.predictions import Estimate

#: Particles are held, and fields evaluated, in blocks of this many rows: the arithmetic of a particle then depends on
#: its place in the block alone, and runs with more or fewer particles agree bit for bit.
BLOCK = 512


def padded(n: int) -> int:
    """The least multiple of `BLOCK` that holds n rows."""
    return -(-n // BLOCK) * BLOCK


class CountedField:
    """A field evaluated block by block, which counts evaluations of the whole batch."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self.path: Path = field.path
        self.nfe = 0

    def __call__(self, x: Tensor, t: Tensor, cond: Tensor | None = None) -> Estimate:
        self.nfe += 1
        return blockwise(self._field, x, t, cond)

    def flow_map(self, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None = None) -> Tensor:
        self.nfe += 1
        jump: Any = self._field
        conds = _blocks(cond, x)
        return torch.cat([jump.flow_map(b, t, s, k) for b, k in zip(torch.split(x, BLOCK), conds, strict=True)])


def blockwise(field: Field, x: Tensor, t: Tensor, cond: Tensor | None = None) -> Estimate:
    """The field at x [k BLOCK, ...] and t, 0-dimensional or [k BLOCK], one block at a time."""
    times = torch.split(t, BLOCK) if t.ndim else [t] * (len(x) // BLOCK)
    blocks = zip(torch.split(x, BLOCK), times, _blocks(cond, x), strict=True)
    parts = [field(block, time, label) for block, time, label in blocks]
    return Estimate(torch.cat([part.x1 for part in parts]), torch.cat([part.x0 for part in parts]))


def _blocks(cond: Tensor | None, x: Tensor) -> Sequence[Tensor | None]:
    return [None] * (len(x) // BLOCK) if cond is None else torch.split(cond, BLOCK)


class ConditionedField:
    """A field with its classes filled in, so that no sampler has to know of them."""

    def __init__(self, field: Field, cond: Tensor | None) -> None:
        self._field, self._cond = field, cond
        self.path: Path = field.path

    def __call__(self, x: Tensor, t: Tensor, cond: Tensor | None = None) -> Estimate:
        return self._field(x, t, self._cond)

    def flow_map(self, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None = None) -> Tensor:
        jump: Any = self._field
        x_s: Tensor = jump.flow_map(x, t, s, self._cond)
        return x_s
