"""Antialiased discs and lines from arrays, straight into an image: no Python loop over particles.

Everything is a sum over pixels: each sample deposits optical depth -log(1 - alpha) and its colour weighted by it, so that
overlapping marks blend independently of their order, opaque ones cover, and faint ones add up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_MOST_ALPHA = 0.995


class Layer:
    """A transparent layer of height x width pixels; coordinates are pixels, y down, pixel centres at .5."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._depth = np.zeros(height * width)
        self._colour = np.zeros((3, height * width))

    def discs(self, centres: NDArray[np.floating], radius: float, colours: Floats) -> None:
        """Discs at centres [n, 2] in colours [n, 4]."""
        reach = int(np.ceil(radius + 0.5))
        offset = np.arange(-reach, reach + 1)
        corner = np.floor(centres).astype(np.int64)
        x = corner[:, None, 0] + offset[None, :]
        y = corner[:, None, 1] + offset[None, :]
        dx = (x + 0.5 - centres[:, 0:1])[:, None, :]
        dy = (y + 0.5 - centres[:, 1:2])[:, :, None]
        coverage = np.clip(radius + 0.5 - np.sqrt(dx**2 + dy**2), 0.0, 1.0)
        shape = coverage.shape
        self._deposit(
            np.broadcast_to(x[:, None, :], shape), np.broadcast_to(y[:, :, None], shape), coverage, colours[:, None, None, :]
        )

    def lines(self, start: NDArray[np.floating], end: NDArray[np.floating], width: float, colours: Floats) -> None:
        """Segments from start to end [n, 2] in colours [n, 4], about ``width`` pixels wide."""
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
                self._deposit(corner[:, 0] + ox, corner[:, 1] + oy, wx * wy * share, colours[segment])

    def _deposit(self, x: NDArray[np.int64], y: NDArray[np.int64], coverage: NDArray[np.floating], colours: Floats) -> None:
        alpha = np.minimum(coverage * colours[..., 3], _MOST_ALPHA)
        keep = (x >= 0) & (x < self.width) & (y >= 0) & (y < self.height) & (alpha > 1e-3)
        index = (y * self.width + x)[keep]
        depth = -np.log1p(-alpha[keep])
        size = self.width * self.height
        self._depth += np.bincount(index, depth, size)
        for channel in range(3):
            value = np.broadcast_to(colours[..., channel], keep.shape)[keep]
            self._colour[channel] += np.bincount(index, depth * value, size)

    def premultiplied(self) -> NDArray[np.uint8]:
        """BGRA with premultiplied alpha, [height, width, 4]."""
        alpha = -np.expm1(-self._depth)
        scale = 255.0 * alpha / np.maximum(self._depth, 1e-9)
        out = np.empty((self.height * self.width, 4), np.uint8)
        for channel in range(3):
            out[:, 2 - channel] = self._colour[channel] * scale + 0.5
        out[:, 3] = alpha * 255.0 + 0.5
        return out.reshape(self.height, self.width, 4)
