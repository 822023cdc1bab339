"""The history of one image: what it was at recorded times, and the size of its field then, each at its own t."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.trace import Trace
from core.trace.derive import FieldKind
from workbench.views.images import class_name, images_of, magnitude
from workbench.views.marks import Floats, Method, Times

MOST = 9
"""Frames of a lane."""


@dataclass(frozen=True, eq=False)
class History:
    """Frames of one lane: images [F, C, H, W] and magnitudes [F, 1, H, W] (None without a preview) at times [F]."""

    method: Method
    times: Times
    images: Floats
    sizes: Floats | None


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
    lanes: Sequence[tuple[Method, Trace]], index: int, kind: FieldKind, limit: float, most: int = MOST
) -> KeyFrames:
    """Image ``index`` of each lane at recorded times spread over t."""
    there = [(method, trace) for method, trace in lanes if len(trace["x"]) and index < images_of(trace["x"]).shape[1]]
    return KeyFrames(
        index, class_name(there[0][1], index) if there else "",
        tuple(_history(method, trace, index, kind, most) for method, trace in there), kind, limit,
    )  # fmt: skip


def _history(method: Method, trace: Trace, index: int, kind: FieldKind, most: int) -> History:
    times = trace["x"].column("t")
    rows = spread(times, most)
    sizes = magnitude(trace, kind, slice(index, index + 1))
    known = None if sizes is None or 0 in sizes.shape else np.stack([sizes[row][0] for row in rows])
    return History(method, times[rows], images_of(trace["x"])[rows, index], known)


def spread(times: Times, most: int) -> list[int]:
    """The rows nearest to ``most`` equally spaced times from 0 to 1, as far as they have been recorded: the first row
    and the last among them, none twice."""
    if len(times) == 0:
        return []
    wanted = np.linspace(0.0, 1.0, most)
    wanted = wanted[wanted <= times[-1] + 1e-9]
    rows = np.abs(times[:, None] - wanted).argmin(axis=0)
    return sorted({0, len(times) - 1, *map(int, rows)})[: most + 1]
