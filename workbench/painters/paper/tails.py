"""The trail of every particle at one time, as pieces between recorded steps."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from workbench.views.marks import Trails, locate

_FADE = 1.4
"""Opacity along a trail is its place on it, 0 old to 1 new, to this power."""


@dataclass(frozen=True, eq=False)
class Piece:
    """One straight piece of every trail: start and end [B, 2], and its share of the trails' opacity."""

    start: NDArray[np.floating]
    end: NDArray[np.floating]
    share: float
    row: int | None
    """Where the piece is the whole way from a recorded row to the next: the row."""


def at(rows: NDArray[np.floating], times: NDArray[np.float64], t: float, *, glide: bool) -> NDArray[np.floating]:
    """The rows [N, ...] at time t, blended where the mark glides."""
    moment = locate(times, t, glide=glide)
    here: NDArray[np.floating] = rows[moment.row]
    return here if moment.fraction == 0.0 else here + moment.fraction * (rows[moment.row + 1] - here)


def pieces(mark: Trails, t: float) -> list[Piece]:
    """The pieces of the last ``span`` of t, old to new, the oldest cut where the span begins; or of the whole way."""
    if len(mark.times) < 2:
        return []
    if mark.is_whole(t):
        ways = enumerate(pairwise(mark.positions))
        return [Piece(start, end, mark.whole, row) for row, (start, end) in ways]
    moment, begin = locate(mark.times, t, glide=mark.glide), t - mark.span
    first = max(0, int(np.searchsorted(mark.times, begin)) - 1)
    out = []
    for row in range(first, moment.row + (moment.fraction > 0.0)):
        old, new = float(mark.times[row]), float(mark.times[row + 1])
        start, end, whole = mark.positions[row], mark.positions[row + 1], True
        if old < begin:
            start = start + np.float32((begin - old) / (new - old)) * (end - start)
            old, whole = begin, False
        if row == moment.row:
            end = at(mark.positions, mark.times, t, glide=True)
            new, whole = t, False
        share = min(1.0, max(0.0, ((old + new) / 2 - begin) / mark.span)) ** _FADE
        out.append(Piece(start, end, share, row if whole else None))
    return out
