"""The lines of arrows: one rule for every painter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.views.marks import Arrows

#: Head: share of the length, and its limits in pixels.
HEAD_SHARE, HEAD_LEAST, HEAD_MOST = 0.34, 2.5, 5.0
_HEAD_ANGLE = 0.45
_SHORTEST_PX = 1.5


def segments(
    mark: Arrows, vectors: NDArray[np.floating], presence: NDArray[np.floating], unit: float
) -> tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.float32]]:
    """Start and end [3 m, 2] in data units (shaft and two head lines of each visible arrow), and the opacity of each.

    ``vectors`` [G, 2] and ``presence`` [G] are at one time, ``unit`` is pixels per data unit.
    """
    speed = np.linalg.norm(vectors, axis=1)
    q = np.minimum(1.0, speed / mark.full_length_at)
    length = 0.95 * mark.cell * mark.factor * q
    keep = np.isfinite(speed) & (length * unit > _SHORTEST_PX)
    direction = vectors[keep] / speed[keep, None]
    start = mark.origins[keep]
    end = start + direction * length[keep, None]
    head = np.clip(HEAD_SHARE * length[keep] * unit, HEAD_LEAST, HEAD_MOST)[:, None] / unit
    across = np.stack([-direction[:, 1], direction[:, 0]], axis=1)
    back, side = np.cos(_HEAD_ANGLE), np.sin(_HEAD_ANGLE)
    wings = [end - head * (back * direction + sign * side * across) for sign in (-1.0, 1.0)]
    alpha = mark.colour[3] * (0.6 + 0.4 * q[keep]) * (0.25 + 0.75 * presence[keep])
    return np.concatenate([start, *wings]), np.concatenate([end] * 3), np.tile(alpha, 3).astype(np.float32)
