"""Where two records of one run part: the first step, stream and place at which their numbers differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.events import StreamDeclared

Array = NDArray[Any]

_COORDINATES = "xy"
_STATIC = "static/"
_FIXED = {"data": ("real data", "point"), "grid": ("places of the field", "place"), "label": ("classes", "particle")}
"""Arrays that hold for every row: what each is, and what one of it is."""


@dataclass(frozen=True)
class Parting:
    """A place in a stream where two records hold different numbers.

    Attributes:
        row: the recorded row, counted from 0; -1 for an array that holds for every row.
        axis: name of the timeline's axis, ``t`` or ``step``, and ``at`` its value there.
        part: ``data``, a column of the timeline, or ``static/`` and the name of an array that holds for every row.
        place: axis and index within the row, such as ``(("particle", 37), ("xy", 1))``.
        first, second: the two numbers.
    """

    stream: str
    row: int
    axis: str
    at: float
    part: str
    place: tuple[tuple[str, int], ...]
    first: float
    second: float

    def sentence(self, first: str, second: str) -> str:
        """One line, with the names of the two records."""
        words = [f"stream {self.stream}"]
        if self.row >= 0:
            at = f"{self.at:g}" if self.axis == "t" else f"{self.at:,.0f}"
            words.insert(0, f"step {self.row} (t = {at})" if self.axis == "t" else f"step {at}")
        if self.part != "data":
            fixed = self.part.removeprefix(_STATIC)
            words.append(f"column {self.part}" if self.row >= 0 else _FIXED.get(fixed, (fixed, ""))[0])
        for name, index in self.place:
            words.append(_place_words(name, index))
        return f"{', '.join(words)}: {self.first:.9g} in {first}, {self.second:.9g} in {second}"


def _place_words(axis: str, index: int) -> str:
    if axis == _COORDINATES and index < len(_COORDINATES):
        return _COORDINATES[index]
    return f"recorded time {index}" if axis == "t" else f"{axis} {index}"  # t itself is a number between 0 and 1


class Comparison:
    """Compares rows as they come and keeps count.

    Numbers are equal where they differ by at most ``tolerance`` times the root mean square of their row; NaN is NaN.
    """

    def __init__(self, tolerance: float = 0.0) -> None:
        self.tolerance = tolerance
        self.numbers = 0
        self.unequal = 0
        """Numbers that are not the same bit for bit, also those within the tolerance."""

    def rows(
        self, declared: StreamDeclared, start: int, first: tuple[Array, Mapping[str, Array]],
        second: tuple[Array, Mapping[str, Array]],
    ) -> Parting | None:  # fmt: skip
        """The first parting of two lots of rows, each data [n, ...] and columns [n], from row ``start`` on."""
        axis = first[1][declared.columns[0]]
        parts = [(name, first[1][name][:, None], second[1][name][:, None]) for name in declared.columns]
        parts.append(("data", first[0], second[0]))
        found = [self._first(declared, start, axis, name, one, other) for name, one, other in parts]
        return min((parting for parting in found if parting is not None), key=lambda p: p.row, default=None)

    def fixed(self, declared: StreamDeclared, name: str, first: Array, second: Array) -> Parting | None:
        """The first parting of two arrays that hold for every row."""
        bad = self._unlike(first[None], second[None])
        if bad is None:
            return None
        at = bad[1:]
        place = tuple((axis, int(i)) for axis, i in zip(_fixed_axes(declared, name, first.ndim), at, strict=True))
        return Parting(
            declared.name, -1, declared.columns[0], 0.0, f"{_STATIC}{name}", place, float(first[at]), float(second[at])
        )

    def _first(
        self, declared: StreamDeclared, start: int, axis: Array, part: str, first: Array, second: Array
    ) -> Parting | None:
        bad = self._unlike(first, second)
        if bad is None:
            return None
        names = declared.dims[1:] if part == "data" else ()
        place = tuple((name, int(i)) for name, i in zip(names, bad[1:], strict=False))
        return Parting(
            declared.name, start + int(bad[0]), declared.columns[0], float(axis[bad[0]]), part, place,
            float(first[bad]), float(second[bad]),
        )  # fmt: skip

    def _unlike(self, first: Array, second: Array) -> tuple[Any, ...] | None:
        """Index of the first pair of numbers that differ by more than the tolerance, in arrays [n, ...] of rows."""
        self.numbers += first.size
        differ = (first != second) & ~(np.isnan(first) & np.isnan(second))
        count = int(differ.sum())
        self.unequal += count
        if count == 0:
            return None
        if self.tolerance > 0.0:
            with np.errstate(over="ignore", invalid="ignore"):
                inside = tuple(range(1, first.ndim))
                scale = np.sqrt(np.mean(np.square(first, dtype=np.float64), axis=inside, keepdims=True))
                # written so that a number beside a NaN or an infinity is never close
                differ &= ~(np.abs(first.astype(np.float64) - second) <= self.tolerance * scale)
        if not differ.any():
            return None
        return tuple(np.unravel_index(int(np.argmax(differ)), differ.shape))


def _fixed_axes(declared: StreamDeclared, name: str, ndim: int) -> tuple[str, ...]:
    """Names of the axes of an array that holds for every row: beside its first, those of the row."""
    if ndim == 0:
        return ()
    first = "image" if name == "data" and declared.kind == "images" else _FIXED.get(name, ("", "entry"))[1]
    rest = declared.dims[len(declared.dims) - ndim + 1 :]
    return (first, *(rest if len(rest) == ndim - 1 else (f"axis {axis}" for axis in range(1, ndim))))


def shapes_differ(first: StreamDeclared, second: StreamDeclared) -> str:
    """What keeps two streams from being compared number by number, as one line; empty where nothing does."""
    for name in ("row_shape", "dims", "columns", "dtype", "units"):
        a, b = getattr(first, name), getattr(second, name)
        if a != b:
            return f"stream {first.name}, {name.replace('_', ' ')}: {_words(a)} and {_words(b)}"
    for name in sorted(first.static.keys() | second.static.keys()):
        if name not in first.static or name not in second.static:
            return f"stream {first.name}: only one of them has the fixed array {name}"
        if first.static[name].shape != second.static[name].shape:
            return f"stream {first.name}, fixed array {name}: another shape"
    return ""


def _words(value: Any) -> str:
    return " × ".join(str(item) for item in value) or "one number" if isinstance(value, tuple) else str(value)
