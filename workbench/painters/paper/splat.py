"""Antialiased discs and lines from arrays, straight into an image: no Python loop over particles.

Everything is a sum over pixels: each sample deposits optical depth -log(1 - alpha) and its colour weighted by it, so
that overlapping marks blend independently of their order, opaque ones cover, and faint ones add up. The sum is one
sparse product, depth [pixels, marks] by colours [marks, 4], taken over the pixels that anything was deposited at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]

_MOST_ALPHA = 0.995
_HALF_DIAGONAL = 0.71
_SHORTEST = 1e-3
_LEAST_DEPTH = np.float32(1e-12)
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
    """Optical depth that n marks deposit at pixels of a layer, each mark at as many as its entry in ``lengths`` says.

    ``pixels`` and ``depth`` [sum of lengths] go mark by mark; ``tints`` [n, 4] are blue, green, red and 1, which a
    pixel receives times its depth.
    """

    pixels: Indices
    depth: Floats
    lengths: Indices
    tints: Floats

    def parts(self) -> tuple[Indices, Floats, Indices, Floats]:
        return self.pixels, self.depth, self.lengths, self.tints


_NOTHING = Ink(np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.int32), np.empty((0, 4), np.float32))


class Layer:
    """A transparent layer of height x width pixels; coordinates are pixels, y down, pixel centres at .5."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._inks: list[Ink] = []
        self._touched = np.zeros(width * height, np.bool_)
        self._place = np.empty(width * height, np.int32)

    @property
    def all(self) -> Window:
        return Window(0, 0, self.width, self.height)

    def discs(
        self, window: Window, centres: NDArray[np.floating], radius: float, colours: Floats, line: float = 0.0, *,
        square: bool = False,
    ) -> None:  # fmt: skip
        """Discs, or squares, at centres [n, 2] in colours [n, 4]; with a ``line`` their outlines of that width."""
        reach = int(np.ceil(radius + 0.5))
        dy, dx = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1).astype(np.int32)
        near = _away(dx, dy, square) < radius + 0.5 + _HALF_DIAGONAL
        dx, dy = dx[near], dy[near]
        size = np.array([window.width, window.height], np.int32)
        seen = ((centres > -reach) & (centres < size + reach)).all(axis=1)
        place, colours = centres[seen].astype(np.float32), colours[seen]
        pixel = np.floor(place)
        off = place - pixel - np.float32(0.5)
        corner = pixel.astype(np.int32)
        distance = _away(dx.astype(np.float32) - off[:, :1], dy.astype(np.float32) - off[:, 1:], square)
        alpha = np.clip(np.float32(radius + 0.5) - distance, 0.0, 1.0) * colours[:, 3:]
        if line:
            alpha *= np.clip(distance - np.float32(radius - line - 0.5), 0.0, 1.0)
        pixels = self._pixel(window, corner[:, :1], corner[:, 1:]) + (dx + dy * np.int32(self.width))
        lengths = np.full(len(pixels), len(dx), np.int32)
        if not ((corner >= reach) & (corner < size - reach)).all():
            x, y = corner[:, :1] + dx, corner[:, 1:] + dy
            inside = (x >= 0) & (x < window.width) & (y >= 0) & (y < window.height)
            pixels, alpha, lengths = pixels[inside], alpha[inside], inside.sum(axis=1, dtype=np.int32)
        self._inks.append(Ink(pixels.ravel(), _depth(alpha.ravel()), lengths, _tints(colours)))

    def lines(
        self, window: Window, start: NDArray[np.floating], end: NDArray[np.floating], width: float, colours: Floats,
        share: float = 1.0,
    ) -> None:  # fmt: skip
        """Segments from start to end [n, 2] in colours [n, 4], ``width`` pixels wide, at a share of their depth.

        A line covers two pixels side by side; one that is wider is drawn as several, each about a pixel wide.
        """
        if (beside_each_other := round(width)) > 1:
            way = end - start
            across = way[:, ::-1] * [-1, 1] / np.maximum(np.hypot(*way.T), _SHORTEST)[:, None]
            each = width / beside_each_other
            for k in range(beside_each_other):
                aside = (k - (beside_each_other - 1) / 2) * each * across
                self.lines(window, start + aside, end + aside, each, colours, share)
            return
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
        step, side = (np.where(steep, *way).astype(np.int32) for way in ((self.width, 1), (1, self.width)))
        # one sample in each pixel that the segment passes on its longer axis, shared by the two pixels beside it
        first = np.floor(along[:, 0])
        n = (np.floor(along[:, 1]) - first).astype(np.int32) + np.int32(1)
        segment = np.repeat(np.arange(len(n), dtype=np.int32), n)
        nth = np.arange(len(segment), dtype=np.int32) - (np.cumsum(n, dtype=np.int32) - n)[segment]
        low_end, high_end = along[segment].T
        before = first[segment] + nth.astype(np.float32)
        enter, leave = np.maximum(low_end, before), np.minimum(high_end, before + np.float32(1))
        slope = (across[:, 1] - across[:, 0]) / (along[:, 1] - along[:, 0])
        middle = (enter + leave) * np.float32(0.5) - low_end
        place = across[:, 0][segment] + slope[segment] * middle - np.float32(0.5)
        beside = np.floor(place)
        weight = np.float32(width) * np.hypot(np.float32(1), slope) * colours[:, 3]
        cover = (leave - enter) * weight[segment]
        origin = self._pixel(window, 0, 0) + first.astype(np.int32) * step
        pixel = origin[segment] + nth * step[segment] + beside.astype(np.int32) * side[segment]
        pixels, part = np.empty((len(pixel), 2), np.int32), np.empty((len(pixel), 2), np.float32)
        pixels[:, 0], pixels[:, 1] = pixel, pixel + side[segment]
        part[:, 1] = (place - beside) * cover
        part[:, 0] = cover - part[:, 1]
        tints = np.float32(share) * _tints(colours)
        self._inks.append(Ink(pixels.ravel(), _depth(part.ravel()), n * np.int32(2), tints))

    def add(self, ink: Ink, share: float = 1.0) -> None:
        """Deposit again what was taken, at a share of its depth."""
        self._inks.append(Ink(ink.pixels, np.float32(share) * ink.depth, ink.lengths, ink.tints))

    def take(self) -> Ink:
        """All that was deposited, as few numbers as it can be said in; the layer is empty afterwards."""
        ink = self._all()
        pixels = self._pixels_of(ink)
        if 2 * len(ink.pixels) + 5 * len(ink.lengths) <= 7 * len(pixels):
            return ink
        ones = np.ones(len(pixels), np.int32)
        return Ink(pixels.astype(np.int32), ones.astype(np.float32), ones, self._sums(ink, pixels))

    def onto(self, page: NDArray[np.uint8]) -> None:
        """Blend what was deposited over a page [height, width, 4] in BGRA; the layer is empty afterwards."""
        pixels, over = self._blended()
        flat = page.reshape(-1, 4).view(np.uint32).ravel()
        under = flat[pixels].view(np.uint8).reshape(-1, 4).astype(np.float32)
        _scale(under, np.float32(1.0) - over[:, 3] * np.float32(1 / 255))
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
        ink = self._all()
        pixels = self._pixels_of(ink)
        sums = self._sums(ink, pixels)
        depth = sums[:, 3]
        alpha = np.float32(255.0) * (np.float32(1.0) - np.exp(-depth))
        _scale(sums, alpha / np.maximum(depth, _LEAST_DEPTH))
        return pixels, sums

    def _all(self) -> Ink:
        """What was deposited, in one; the layer is empty afterwards."""
        inks, self._inks = self._inks, []
        return Ink(*(np.concatenate(parts) for parts in zip(*(ink.parts() for ink in (_NOTHING, *inks)), strict=True)))

    def _pixels_of(self, ink: Ink) -> NDArray[np.intp]:
        """The pixels of an ink, rising, each once."""
        self._touched[ink.pixels.astype(np.intp)] = True  # numpy indexes fastest by its own integers
        pixels = np.flatnonzero(self._touched)
        self._touched[pixels] = False
        return pixels

    def _sums(self, ink: Ink, pixels: NDArray[np.intp]) -> Floats:
        """What each of the pixels of an ink receives, [n, 4]."""
        self._place[pixels] = np.arange(len(pixels), dtype=np.int32)
        ends = np.zeros(len(ink.lengths) + 1, np.int32)
        np.cumsum(ink.lengths, out=ends[1:])
        from scipy.sparse import csc_array  # a fifth of the window's start, and it draws no page before its first frame

        shape = (len(pixels), len(ink.lengths))
        sums: Floats = csc_array((ink.depth, self._place.take(ink.pixels), ends), shape=shape) @ ink.tints
        return sums

    def _pixel(self, window: Window, x: Any, y: Any) -> Any:
        """The number of a pixel of the window in the layer."""
        return (y + window.y) * self.width + (x + window.x)


def _by_longer_axis(start: NDArray[Any], end: NDArray[Any]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Both ends of segments along their longer axis, rising, [n, 2], the same along the other; whether that is y."""
    ends = np.stack([start, end], axis=1).astype(np.float32)  # [n, end, axis]
    way = np.abs(ends[:, 1] - ends[:, 0])
    steep = way[:, 1] > way[:, 0]
    ends = np.where(steep[:, None, None], ends[..., ::-1], ends)
    falls = ends[:, 1, 0] < ends[:, 0, 0]
    ends = np.where(falls[:, None, None], ends[:, ::-1], ends)
    return ends[..., 0], ends[..., 1], steep


def _away(dx: NDArray[Any], dy: NDArray[Any], square: bool) -> NDArray[Any]:
    """How far from the middle: along a ray, or of a square along the longer axis."""
    out: NDArray[Any] = np.maximum(np.abs(dx), np.abs(dy)) if square else np.sqrt(dx**2 + dy**2)
    return out


def _scale(colours: Floats, by: NDArray[np.floating]) -> None:
    """Multiply colours [n, 4] by [n]; numpy takes twice as long where its inner loop runs over the four."""
    for channel in colours.T:
        channel *= by


def _rounded(colours: Floats) -> NDArray[np.uint32]:
    """Colours [n, 4] from 0 to 255 as one number a pixel, [n]."""
    return (colours + np.float32(0.5)).astype(np.uint8).view(np.uint32).ravel()


def _depth(alpha: Floats) -> Floats:
    """The optical depth that covers as much."""
    return -np.log(np.float32(1.0) - np.minimum(alpha, np.float32(_MOST_ALPHA)))


def _tints(colours: Floats) -> Floats:
    """Colours [n, 4] as blue, green, red and 1."""
    out = np.ones((len(colours), 4), np.float32)
    out[:, :3] = colours[:, 2::-1]
    return out


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
