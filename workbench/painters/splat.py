"""Antialiased discs and lines from arrays, straight into an image: no Python loop over particles.

Everything is a sum over pixels: each sample deposits optical depth -log(1 - alpha) and its colour weighted by it, so
that overlapping marks blend independently of their order, opaque ones cover, and faint ones add up.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_MOST_ALPHA = 0.995


class Layer:
    """A transparent layer of height x width pixels; coordinates are pixels, y down, pixel centres at .5."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._index: list[NDArray[np.int64]] = []
        self._depth: list[Floats] = []
        self._colour: list[Floats] = []

    def discs(self, centres: NDArray[np.floating], radius: float, colours: Floats, line: float = 0.0) -> None:
        """Discs at centres [n, 2] in colours [n, 4]; with a ``line`` rings of that width."""
        reach = int(np.ceil(radius + 0.5))
        dy, dx = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
        near = np.hypot(dx, dy) < radius + 1.5
        dx, dy = dx[near], dy[near]
        seen = ((centres > -reach) & (centres < [self.width + reach, self.height + reach])).all(axis=1)
        place, colours = centres[seen].astype(np.float32), colours[seen]
        corner = np.floor(place).astype(np.int64)
        x, y = corner[:, 0:1] + dx, corner[:, 1:2] + dy
        distance = np.hypot(x + np.float32(0.5) - place[:, 0:1], y + np.float32(0.5) - place[:, 1:2])
        coverage = np.clip(radius + 0.5 - distance, 0.0, 1.0)
        if line:
            coverage *= np.clip(distance - radius + line + 0.5, 0.0, 1.0)
        particle = np.repeat(np.arange(len(place)), len(dx))
        self._deposit(x.ravel(), y.ravel(), coverage.ravel(), colours, particle)

    def lines(self, start: NDArray[np.floating], end: NDArray[np.floating], width: float, colours: Floats) -> None:
        """Segments from start to end [n, 2] in colours [n, 4], about ``width`` pixels wide."""
        room = np.array([self.width, self.height])
        inside = ((start >= 0) & (start <= room) & (end >= 0) & (end <= room)).all(axis=1)
        rest = self._cut(start[~inside], end[~inside], colours[~inside])
        start = np.concatenate([start[inside], rest[0]])
        end = np.concatenate([end[inside], rest[1]])
        colours = np.concatenate([colours[inside], rest[2]])
        length = np.hypot(*(end - start).T)
        n = np.maximum(1, np.ceil(length)).astype(np.int64)
        segment = np.repeat(np.arange(len(n)), n)
        place = (np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n) + 0.5) / n[segment]
        points = start[segment] + (end - start)[segment] * place[:, None] - 0.5
        corner = np.floor(points).astype(np.int64)
        fx, fy = (points - corner).T
        share = width * np.minimum(1.0, length / n)[segment]
        for ox, wx in ((0, 1 - fx), (1, fx)):
            for oy, wy in ((0, 1 - fy), (1, fy)):
                self._deposit(corner[:, 0] + ox, corner[:, 1] + oy, wx * wy * share, colours, segment)

    def _cut(
        self, start: NDArray[np.floating], end: NDArray[np.floating], colours: Floats
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], Floats]:
        """What lies on the layer of each segment, so that its cost does not grow with how far a particle strays.

        Reference: Liang and Barsky 1984, A new concept and method for line clipping.
        """
        near = (np.isfinite(start) & np.isfinite(end)).all(axis=1)
        a, b = start[near].astype(np.float64), end[near].astype(np.float64)
        low, high = np.full(2, -1.0), np.array([self.width + 1.0, self.height + 1.0])
        way = np.where(a == b, 1e-300, b - a)  # a segment along one axis enters at -inf or never
        with np.errstate(over="ignore"):
            first, last = (low - a) / way, (high - a) / way
        enter = np.maximum(np.minimum(first, last).max(axis=1), 0.0)
        leave = np.minimum(np.maximum(first, last).min(axis=1), 1.0)
        cross = enter < leave
        a, way, enter, leave = a[cross], way[cross], enter[cross, None], leave[cross, None]
        # rounding of a huge coordinate must not lead out again
        return np.clip(a + enter * way, low, high), np.clip(a + leave * way, low, high), colours[near][cross]

    def _deposit(
        self, x: NDArray[np.int64], y: NDArray[np.int64], coverage: NDArray[np.floating], colours: Floats,
        owner: NDArray[np.int64],
    ) -> None:  # fmt: skip
        """Samples at pixels x, y [m], each covering a share of its pixel in the colour of its owner."""
        alpha = np.minimum(coverage * colours[owner, 3], _MOST_ALPHA)
        keep = np.flatnonzero((x >= 0) & (x < self.width) & (y >= 0) & (y < self.height) & (alpha > 1e-3))
        self._index.append(y[keep] * self.width + x[keep])
        self._depth.append(-np.log1p(-alpha[keep].astype(np.float32)))
        self._colour.append(colours[owner[keep], :3])

    def premultiplied(self) -> NDArray[np.uint8]:
        """BGRA with premultiplied alpha, [height, width, 4]."""
        size = self.width * self.height
        out = np.zeros((size, 4), np.uint8)
        if self._index:
            index, depth, colour = (
                np.concatenate(self._index),
                np.concatenate(self._depth),
                np.concatenate(self._colour),
            )
            total: NDArray[Any] = np.bincount(index, depth, size)
            touched = np.flatnonzero(total)
            alpha = -np.expm1(-total[touched])
            scale = 255.0 * alpha / total[touched]
            for channel in range(3):
                weighted: NDArray[Any] = np.bincount(index, depth * colour[:, channel], size)
                out[touched, 2 - channel] = weighted[touched] * scale + 0.5
            out[touched, 3] = alpha * 255.0 + 0.5
        return out.reshape(self.height, self.width, 4)
