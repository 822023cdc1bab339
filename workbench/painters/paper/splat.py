"""Antialiased discs and lines from arrays, straight into an image: no Python loop over particles.

Everything is a sum over pixels: each sample deposits optical depth -log(1 - alpha) and its colour weighted by it, so
that overlapping marks blend independently of their order, opaque ones cover, and faint ones add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Complexes = NDArray[np.complex64]

_MOST_ALPHA = 0.995
_HALF_DIAGONAL = 0.71
_SHORTEST = 1e-3
_EDGE = 0.5
"""Lines end half a pixel before the border, so that the pixels beside each of their samples exist."""


@dataclass(frozen=True)
class Window:
    """The part of a layer that is drawn in, in pixels; coordinates are counted from its corner."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, eq=False)
class Ink:
    """What was deposited at some pixels, each of them named once: depth and red, green and blue weighted by it."""

    pixels: NDArray[np.intp]
    warm: Complexes
    cold: Complexes


class Layer:
    """A transparent layer of height x width pixels; coordinates are pixels, y down, pixel centres at .5."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        # two numbers are added up at a time: depth + i red, green + i blue
        self._warm = np.zeros(width * height, np.complex64)
        self._cold = np.zeros(width * height, np.complex64)

    @property
    def all(self) -> Window:
        return Window(0, 0, self.width, self.height)

    def discs(
        self, window: Window, centres: NDArray[np.floating], radius: float, colours: Floats, line: float = 0.0
    ) -> None:
        """Discs at centres [n, 2] in colours [n, 4]; with a ``line`` rings of that width."""
        reach = int(np.ceil(radius + 0.5))
        dy, dx = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
        near = np.hypot(dx, dy) < radius + 0.5 + _HALF_DIAGONAL
        dx, dy = dx[near], dy[near]
        seen = ((centres > -reach) & (centres < [window.width + reach, window.height + reach])).all(axis=1)
        place, colours = centres[seen].astype(np.float32), colours[seen]
        pixel = np.floor(place)
        off = place - pixel - np.float32(0.5)
        corner = pixel.astype(np.intp)
        x, y = corner[:, :1] + dx, corner[:, 1:] + dy
        distance = np.sqrt((dx.astype(np.float32) - off[:, :1]) ** 2 + (dy.astype(np.float32) - off[:, 1:]) ** 2)
        alpha = np.clip(np.float32(radius + 0.5) - distance, 0.0, 1.0) * colours[:, 3:]
        if line:
            alpha *= np.clip(distance - np.float32(radius - line - 0.5), 0.0, 1.0)
        inside = (x >= 0) & (x < window.width) & (y >= 0) & (y < window.height)
        if not inside.all():
            alpha[~inside] = 0.0
            x, y = np.clip(x, 0, window.width - 1), np.clip(y, 0, window.height - 1)
        depth = -np.log1p(-np.minimum(alpha, np.float32(_MOST_ALPHA)))
        warm, cold = _tints(colours)
        self._deposit(self._index(window, x, y), depth * warm[:, None], depth * cold[:, None])

    def lines(
        self, window: Window, start: NDArray[np.floating], end: NDArray[np.floating], width: float, colours: Floats,
        share: float = 1.0,
    ) -> None:  # fmt: skip
        """Segments from start to end [n, 2] in colours [n, 4], ``width`` pixels wide, at a share of their depth."""
        low, high = np.full(2, _EDGE), np.array([window.width, window.height]) - _EDGE - 1e-3
        inside = ((start >= low) & (start <= high) & (end >= low) & (end <= high)).all(axis=1)
        if not inside.all():
            rest = cut(start[~inside], end[~inside], colours[~inside], low, high)
            start = np.concatenate([start[inside], rest[0]])
            end = np.concatenate([end[inside], rest[1]])
            colours = np.concatenate([colours[inside], rest[2]])
        long_enough = np.abs(end - start).max(axis=1, initial=0.0) > _SHORTEST
        start, end, colours = start[long_enough], end[long_enough], colours[long_enough]
        along, across, steep = _by_longer_axis(start, end)
        step, side = np.where(steep, self.width, 1), np.where(steep, 1, self.width)
        # one sample in each pixel that the segment passes on its longer axis, shared by the two pixels beside it
        first = np.floor(along[:, 0])
        n = (np.floor(along[:, 1]) - first).astype(np.intp) + 1
        segment = np.repeat(np.arange(len(n)), n)
        nth = np.arange(len(segment)) - (np.cumsum(n) - n)[segment]
        low_end, high_end = along[segment].T
        enter = np.maximum(low_end, first[segment] + nth)
        leave = np.minimum(high_end, first[segment] + nth + 1)
        reach = along[:, 1] - along[:, 0]
        slope = (across[:, 1] - across[:, 0]) / reach
        place = across[:, 0][segment] + slope[segment] * ((enter + leave) / 2 - low_end) - np.float32(0.5)
        beside = np.floor(place)
        share_of_far = place - beside
        weight = np.float32(width) * np.hypot(1.0, slope) * colours[:, 3]
        cover = (leave - enter) * weight[segment]
        origin = (window.y * self.width + window.x) + first.astype(np.intp) * step
        pixel = origin[segment] + nth * step[segment] + beside.astype(np.intp) * side[segment]
        warm, cold = (tint[segment] for tint in _tints(colours))
        for at, part in ((pixel, 1 - share_of_far), (pixel + side[segment], share_of_far)):
            depth = np.float32(-share) * np.log1p(-np.minimum(part * cover, np.float32(_MOST_ALPHA)))
            self._deposit(at, depth * warm, depth * cold)

    def add(self, ink: Ink, share: float = 1.0) -> None:
        """Deposit again what was taken, at a share of its depth."""
        self._warm[ink.pixels] += np.float32(share) * ink.warm
        self._cold[ink.pixels] += np.float32(share) * ink.cold

    def take(self) -> Ink:
        """All that was deposited; the layer is empty afterwards."""
        pixels = np.flatnonzero(self._warm.view(np.uint64) != 0)
        ink = Ink(pixels, self._warm[pixels], self._cold[pixels])
        self._warm[pixels] = self._cold[pixels] = 0.0
        return ink

    def onto(self, page: NDArray[np.uint8]) -> None:
        """Blend what was deposited over a page [height, width, 4] in BGRA; the layer is empty afterwards."""
        pixels, over = self._blended()
        flat = page.reshape(-1, 4).view(np.uint32).ravel()
        under = flat[pixels].view(np.uint8).reshape(-1, 4).astype(np.float32)
        under *= 1.0 - over[:, 3:] / np.float32(255.0)
        under += over
        flat[pixels] = _rounded(under)

    def premultiplied(self) -> NDArray[np.uint8]:
        """What was deposited over nothing: BGRA with premultiplied alpha, [height, width, 4]."""
        pixels, over = self._blended()
        out = np.zeros(self.height * self.width, np.uint32)
        out[pixels] = _rounded(over)
        return out.view(np.uint8).reshape(self.height, self.width, 4)

    def _blended(self) -> tuple[NDArray[np.intp], Floats]:
        """Pixels, and BGRA of each with premultiplied alpha, 0 to 255."""
        ink = self.take()
        out = np.empty((len(ink.pixels), 4), np.float32)
        depth = np.ascontiguousarray(ink.warm.real)
        alpha = np.float32(-255.0) * np.expm1(-depth)
        scale = alpha / depth
        for channel, colour in enumerate((ink.cold.imag, ink.cold.real, ink.warm.imag)):
            np.multiply(colour, scale, out=out[:, channel])
        out[:, 3] = alpha
        return ink.pixels, out

    def _index(self, window: Window, x: NDArray[np.intp], y: NDArray[np.intp]) -> NDArray[np.intp]:
        return (y + window.y) * self.width + (x + window.x)

    def _deposit(self, pixels: NDArray[np.intp], warm: Complexes, cold: Complexes) -> None:
        flat = pixels.ravel()
        np.add.at(self._warm, flat, warm.ravel())
        np.add.at(self._cold, flat, cold.ravel())


def _by_longer_axis(start: NDArray[Any], end: NDArray[Any]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Both ends of segments along their longer axis, rising, [n, 2], the same along the other; whether that is y."""
    ends = np.stack([start, end], axis=1).astype(np.float32)  # [n, end, axis]
    way = np.abs(ends[:, 1] - ends[:, 0])
    steep = way[:, 1] > way[:, 0]
    ends = np.where(steep[:, None, None], ends[..., ::-1], ends)
    falls = ends[:, 1, 0] < ends[:, 0, 0]
    ends = np.where(falls[:, None, None], ends[:, ::-1], ends)
    return ends[..., 0], ends[..., 1], steep


def _rounded(colours: Floats) -> NDArray[np.uint32]:
    """Colours [n, 4] from 0 to 255 as one number a pixel, [n]."""
    return (colours + np.float32(0.5)).astype(np.uint8).view(np.uint32).ravel()


def _tints(colours: Floats) -> tuple[Complexes, Complexes]:
    """Colours [n, 4] as 1 + i red and green + i blue, [n] each."""
    one = np.float32(1.0)
    return one + colours[:, 0] * np.complex64(1j), colours[:, 1] + colours[:, 2] * np.complex64(1j)


def cut(
    start: NDArray[np.floating], end: NDArray[np.floating], colours: Floats, low: NDArray[Any], high: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64], Floats]:
    """What lies between two corners of each segment, so that its cost does not grow with how far a particle strays.

    Reference: Liang and Barsky 1984, A new concept and method for line clipping.
    """
    near = (np.isfinite(start) & np.isfinite(end)).all(axis=1)
    a, b = start[near].astype(np.float64), end[near].astype(np.float64)
    way = np.where(a == b, 1e-300, b - a)  # a segment along one axis enters at -inf or never
    with np.errstate(over="ignore"):
        first, last = (low - a) / way, (high - a) / way
    enter = np.maximum(np.minimum(first, last).max(axis=1), 0.0)
    leave = np.minimum(np.maximum(first, last).min(axis=1), 1.0)
    cross = enter < leave
    a, way, enter, leave = a[cross], way[cross], enter[cross, None], leave[cross, None]
    # rounding of a huge coordinate must not lead out again
    return np.clip(a + enter * way, low, high), np.clip(a + leave * way, low, high), colours[near][cross]
