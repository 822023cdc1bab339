"""Points in the plane from a CSV or NPY file, with the class of each where the file has a third column.

A CSV file is separated by commas, semicolons, tabs or blanks; its first line may be a header, which says where x and y
are; numbers of rows before them, as pandas writes, have no name there and are left out; lines that begin with # are
comments; decimal commas are read where something else separates. Nothing in a file is executed.
"""

from __future__ import annotations

import csv
import math
import warnings
from array import array
from collections.abc import Iterator
from pathlib import Path
from tokenize import TokenError
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import SpecError
from core.machine.local_file import one_line
from core.words import counted

_MOST_CLASSES = 100
_LARGEST = 1e9
"""Beyond it single precision, in which runs compute, keeps less than seven digits around the origin."""
_LONGEST_LINE = 100_000
_NPY = b"\x93NUMPY"
_MOST_POINTS = 2_000_000
_NEITHER = "is neither an NPY array nor text in UTF-8"
_COLUMNS = "Two columns, x and y, would work, and a third one with a class."


class Points(NamedTuple):
    """x [N, 2] float64, classes [N] int64 or None, and the name of each class."""

    x: NDArray[np.float64]
    labels: NDArray[np.int64] | None
    names: tuple[str, ...]


def read_points(path: Path) -> Points:
    """The points of a file, told by its content and not by its ending.

    Raises:
        SpecError: the file cannot be read, is neither of the two, or what it holds are no points in the plane.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(_NPY))
    except OSError as error:
        raise SpecError("data.file", f"{path.name} cannot be opened ({one_line(error)}).") from error
    if start == _NPY:
        x, classes = _from_npy(path)
    elif start.startswith(b"PK"):
        raise _wrong(path, "is an archive (NPZ, XLSX or ZIP)", "CSV or an array saved with numpy.save would work.")
    else:
        x, classes = _from_csv(path)
    if len(x) < 2:
        raise _wrong(path, "holds fewer than 2 points", "At least 2 are needed, one of them to be kept for tests.")
    if len(x) > _MOST_POINTS:
        raise _wrong(path, f"holds {len(x):,} points", f"At most {_MOST_POINTS:,} would work.")
    if not np.isfinite(x).all():
        raise _wrong(path, f"holds a number that is not finite (point {_first(~np.isfinite(x))})", "Remove that point.")
    if np.abs(x).max() > _LARGEST:
        raise _wrong(path, f"holds numbers beyond {_LARGEST:g}", "Choose other units.")
    labels, names = _numbered(path, classes)
    return Points(x, labels, names)


def _wrong(path: Path, what: str, works: str) -> SpecError:
    return SpecError("data.file", f"{path.name} {what}. {works}")


def _first(bad: NDArray[np.bool_]) -> int:
    return int(np.nonzero(bad.any(axis=1))[0][0]) + 1


def _from_npy(path: Path) -> tuple[NDArray[np.float64], list[str] | None]:
    try:
        # mapped, not read: a header that promises more than the file holds is refused before anything is allocated
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of headers in the style of Python 2
            array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError, OverflowError, SyntaxError, TypeError, TokenError) as error:
        raise _wrong(
            path, f"cannot be read as an array ({one_line(error)})", "An array [N, 2] of numbers would work."
        ) from error
    shape = " × ".join(str(n) for n in array.shape) or "a single number"
    if array.dtype.kind not in "iuf":
        raise _wrong(path, f"holds {array.dtype}", "An array [N, 2] of real numbers would work.")
    if array.ndim != 2 or array.shape[1] not in (2, 3):
        turned = array.ndim == 2 and array.shape[0] in (2, 3)
        works = "Save it transposed: one point to a row." if turned else "N × 2 would work, or N × 3 with classes."
        raise _wrong(path, f"has the shape {shape}", works)
    values = np.array(array, dtype=np.float64)  # a copy: the file may change under a map
    if values.shape[1] == 2:
        return values, None
    if not (np.isfinite(values[:, 2]).all() and (values[:, 2] == np.round(values[:, 2])).all()):
        raise _wrong(path, "has a third column that holds no classes", "Whole numbers would work.")
    return values[:, :2], [str(int(label)) for label in values[:, 2]]


def _from_csv(path: Path) -> tuple[NDArray[np.float64], list[str] | None]:
    x, classes, known = array("d"), list[str](), dict[str, str]()
    n_columns, order = 0, list[int]()
    for place, (line, fields, mark) in enumerate(_rows(path)):
        n_columns, order = (n_columns, order) if place else (len(fields), _order(path, fields))
        if len(fields) != n_columns:
            raise _wrong(path, f"has {counted(len(fields), 'column')} in line {line}, {n_columns} before", _COLUMNS)
        written = [fields[column] for column in order[:2]]
        numbers = [_number(field if mark == "," else field.replace(",", ".")) for field in written]
        if None in numbers:
            if place == 0 and numbers == [None, None]:  # the header
                continue
            bad = one_line(written[numbers.index(None)][:40])
            raise _wrong(path, f"has “{bad}” in line {line} where a number belongs", "Write it as 1.5 or 1e-3.")
        x.extend(number or 0.0 for number in numbers)
        if len(order) == 3:
            kind = fields[order[2]]
            classes.append(known.setdefault(kind, kind))  # one object for each name
            if len(known) > _MOST_CLASSES:
                raise _too_many_classes(path)
        if len(x) > 2 * _MOST_POINTS:
            raise _wrong(path, f"holds more than {_MOST_POINTS:,} points", "Fewer would work.")
    if not x:
        raise _wrong(path, "holds no points", _COLUMNS)
    return np.array(x, dtype=np.float64).reshape(-1, 2), classes if len(order) == 3 else None


def _order(path: Path, first: list[str]) -> list[int]:
    """Which columns are x, y and, where there is one, the class, by the first line."""
    names, order = [field.lower() for field in first], list(range(len(first)))
    if "x" in names and "y" in names:
        place = names.index("x"), names.index("y")
        order = [*place, *(i for i in order if i not in place and not (i == 0 and not names[0]))]
    if len(order) not in (2, 3):
        raise _wrong(path, f"has {counted(len(first), 'column')}", _COLUMNS)
    return order


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Number and text of every line that is neither blank nor a comment, read one at a time."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            for i, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), ""), 1):
                if "\0" in line or len(line) >= _LONGEST_LINE:
                    raise _wrong(path, _NEITHER, "CSV with two columns, or NPY, would work.")
                text = line.rstrip("\n").strip(" ")
                if text.strip() and not text.startswith("#"):
                    yield i, text
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(path, _NEITHER, "CSV with two columns, or NPY, would work.") from error


def _rows(path: Path) -> Iterator[tuple[int, list[str], str | None]]:
    """Number and fields, stripped, of every such line, and what separates them, None for blanks."""
    delimiter: str | None = ""
    for i, line in _lines(path):
        if delimiter == "":
            delimiter = next((mark for mark in ";\t," if mark in line), None)
        try:
            fields = line.split() if delimiter is None else next(csv.reader([line], delimiter=delimiter))
        except csv.Error as error:
            raise _wrong(path, f"cannot be read in line {i} ({one_line(error)})", _COLUMNS) from error
        yield i, [field.strip() for field in fields], delimiter


def _number(field: str) -> float | None:
    try:
        return float(field)
    except ValueError:
        return None


def _too_many_classes(path: Path) -> SpecError:
    return _wrong(
        path, f"has more than {_MOST_CLASSES} different values in its third column",
        "It is read as a class. Remove it if it is none.",
    )  # fmt: skip


def _numbered(path: Path, classes: list[str] | None) -> tuple[NDArray[np.int64] | None, tuple[str, ...]]:
    """Classes as numbers in order of name, whole numbers in order of size."""
    if classes is None:
        return None, ()
    names = sorted(set(classes), key=lambda name: (_number(name) if _number(name) is not None else math.inf, name))
    if len(names) > _MOST_CLASSES:
        raise _too_many_classes(path)
    place = {name: i for i, name in enumerate(names)}
    return np.array([place[name] for name in classes], dtype=np.int64), tuple(names)
