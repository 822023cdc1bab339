"""Which part of each trail is seen at a cursor: the same few numbers for all particles. Numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.views.marks import Times, locate


@dataclass(frozen=True)
class Window:
    """From time ``tail`` to time ``head``: recorded rows from ``first`` in steps of ``stride`` up to ``row``, and from
    there the part of the way to the next row that the particle has gone."""

    first: int
    stride: int
    row: int
    tail: float
    head: float


def window(times: Times, t: float, span: float, limit: int, *, glide: bool = True) -> Window:
    """The last ``span`` of t up to where the particle is shown at t, in at most ``limit`` segments."""
    moment = locate(times, t, glide=glide)
    head = float(times[moment.row])
    if moment.fraction > 0:
        head += moment.fraction * float(times[moment.row + 1] - times[moment.row])
    tail = head - span
    first = min(max(int(np.searchsorted(times, tail, side="right")) - 1, 0), moment.row)
    # Where rows are left out they are multiples of the stride, so that the kept ones do not change with the cursor.
    # Two segments are spare: the head between two rows, and one that the alignment may add.
    stride = max(1, -(-(moment.row - first) // (limit - 2)))
    return Window(first - first % stride, stride, moment.row, tail, head)


def most_segments(times: Times, span: float, limit: int) -> int:
    """The number of segments that a `window` of these times can have."""
    if len(times) < 2:
        return 0
    tails = np.maximum(np.searchsorted(times, times - span, side="right") - 1, 0)
    # A tail between two rows adds one, the head between two rows another.
    return min(limit, int((np.arange(len(times)) - tails).max()) + 2)
