"""Which part of each trail is seen at a cursor: the same few numbers for all particles. Numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.views.marks import Times, locate


@dataclass(frozen=True)
class Window:
    """K segments, oldest first: ``rows`` [K, 4] are row, next row and the fractions of the way between them at which
    the segment begins and ends; ``places`` [K, 2] is the place along the trail at its two ends, 0 where the span begins
    to 1 at the particle."""

    rows: NDArray[np.float32]
    places: NDArray[np.float32]


def window(times: Times, t: float, span: float, limit: int, *, glide: bool = True) -> Window:
    """The last ``span`` of t up to where the particle is shown at t, in at most ``limit`` segments."""
    moment = locate(times, t, glide=glide)
    last = moment.row + (moment.fraction > 0)
    if last == 0:
        return Window(np.zeros((0, 4), np.float32), np.zeros((0, 2), np.float32))
    head = float(times[moment.row])
    if moment.fraction > 0:
        head += moment.fraction * float(times[last] - times[moment.row])
    tail = head - span
    first = max(int(np.searchsorted(times, tail, side="right")) - 1, 0)
    # Where rows are left out they are multiples of the stride, so that the kept ones do not change with the cursor.
    stride = max(1, -(-(last - first) // (limit - 2)))
    kept = np.arange(first - first % stride, last, stride)
    nodes = np.unique(np.concatenate([kept, [max(last - 1, 0), last]]))
    a, b = nodes[:-1], nodes[1:]
    way = times[b] - times[a]
    begin, end = np.clip((tail - times[a]) / way, 0, 1), np.clip((head - times[a]) / way, 0, 1)
    seen = end > begin
    places = [(times[a] + f * way - tail) / span for f in (begin, end)]
    return Window(
        np.stack([a, b, begin, end], axis=1)[seen].astype(np.float32),
        np.stack(places, axis=1)[seen].astype(np.float32),
    )


def most_segments(times: Times, span: float, limit: int) -> int:
    """The number of segments that `window` can give for these times."""
    if len(times) < 2:
        return 0
    ends = np.searchsorted(times, times - span, side="right") - 1
    # One more for the head between two rows, one for a tail between two rows.
    return min(limit, int((np.arange(len(times)) - np.maximum(ends, 0)).max()) + 2)
