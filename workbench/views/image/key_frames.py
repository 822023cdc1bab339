"""The history of one image: what it was at recorded times, and the size of its field then, each at its own t."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.trace import Trace
from core.trace.derive import FieldKind
from workbench.views.image.images import class_name, magnitude, shown
from workbench.views.marks import Floats, Method, Times, locate

LEAST_GAP = 0.115
"""Of t between two frames: nine of a run are enough."""


@dataclass(frozen=True, eq=False)
class History:
    """Frames of one lane: images [F, C, H, W] and magnitudes [F, 1, H, W] (None without a preview) at times [F], some
    of those that are ``recorded``."""

    method: Method
    times: Times
    images: Floats
    sizes: Floats | None
    recorded: Times

    def current(self, t: float) -> int:
        """The frame nearest to what the lane shows at t, which is its newest recorded step."""
        shown = self.recorded[locate(self.recorded, t, glide=False).row]
        return int(np.abs(self.times - shown).argmin())


@dataclass(frozen=True, eq=False)
class KeyFrames:
    """The same image of every lane."""

    index: int
    name: str
    histories: tuple[History, ...]
    kind: FieldKind
    limit: float

    @property
    def title(self) -> str:
        """``image 5, deer``."""
        return f"image {self.index + 1}" + (f", {self.name}" if self.name else "")


def key_frames(
    lanes: Sequence[tuple[Method, Trace]], index: int, kind: FieldKind, limit: float, gap: float = LEAST_GAP
) -> KeyFrames:
    """Image ``index`` of each lane at recorded times that are ``gap`` of t apart."""
    there = [(method, trace) for method, trace in lanes if len(trace["x"]) and index < shown(trace)]
    names = {class_name(trace, index) for _, trace in there}
    return KeyFrames(
        index, names.pop() if len(names) == 1 else "",
        tuple(_history(method, trace, index, kind, gap) for method, trace in there), kind, limit,
    )  # fmt: skip


def _history(method: Method, trace: Trace, index: int, kind: FieldKind, gap: float) -> History:
    times = trace["x"].column("t")
    rows = spread(times, gap)
    one = slice(index, index + 1)
    sizes = magnitude(trace, kind, one)
    known = None if sizes is None or 0 in sizes.shape else np.stack([sizes[row][0] for row in rows])
    return History(method, times[rows], np.stack([trace["x"].part(row, one)[0] for row in rows]), known, times)


def spread(times: Times, gap: float) -> list[int]:
    """Rows at least ``gap`` of t apart, the first and that of t = 1 among them.

    While a run grows they are those that it has when it is over, as far as it has come: each stays in its place.
    """
    rows: list[int] = []
    for row, t in enumerate(times):
        before, after = t - times[rows[-1]] if rows else gap, 1.0 - t
        if min(before, after) >= gap - 1e-9 or row == 0 or after < 1e-9:
            rows.append(row)
    return rows
