"""How a run evaluates a field: block by block, counted, and with the classes filled in."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from core.fields import Field, jumping
from core.paths import Path
from core.predictions import Estimate

#: Particles are held, and fields evaluated, in blocks of this many rows: the arithmetic of a particle then depends on
#: its place in the block alone, and runs with more or fewer particles agree bit for bit.
BLOCK = 512
#: Images on a processor: a grid of sixteen is what one looks at, and larger batches are no faster there.
IMAGE_BLOCK = 16


def block(ndim: int, device: torch.device) -> int:
    """Rows of a block of samples with this many dimensions, batch included, on a device."""
    return IMAGE_BLOCK if ndim > 2 and device.type == "cpu" else BLOCK


def padded(n: int, rows: int = BLOCK) -> int:
    """The least multiple of a block's ``rows`` that holds n."""
    return -(-n // rows) * rows


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
        jump, conds = jumping(self._field).flow_map, _blocks(cond, x)
        blocks = torch.split(x, block(x.ndim, x.device))
        return torch.cat([jump(b, t, s, k) for b, k in zip(blocks, conds, strict=True)])


def blockwise(field: Field, x: Tensor, t: Tensor, cond: Tensor | None = None) -> Estimate:
    """The field at x [k blocks, ...] and t, 0-dimensional or [k blocks], one block at a time; the last may be short."""
    rows = block(x.ndim, x.device)
    times = torch.split(t, rows) if t.ndim else [t] * -(-len(x) // rows)
    blocks = zip(torch.split(x, rows), times, _blocks(cond, x), strict=True)
    parts = [field(part, time, label) for part, time, label in blocks]
    return Estimate(torch.cat([part.x1 for part in parts]), torch.cat([part.x0 for part in parts]))


def _blocks(cond: Tensor | None, x: Tensor) -> Sequence[Tensor | None]:
    rows = block(x.ndim, x.device)
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
