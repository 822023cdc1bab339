"""The first items of every row of a stream, read when a row is looked at: a file may be larger than memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core.errors import TraceError
from core.machine.local_file import one_line
from core.trace import schema
from core.trace.reader import open_file
from core.trace.trace import Array, Rows, Stream

MOST_HELD = 64 << 20
"""Bytes of a stream's items that are read at once and held."""


def part_of(stream: Stream, items: slice) -> Rows:
    """Some items of every committed row, [N, items, ...], to be read a row at a time.

    An array where it is small or in memory already; from a larger file each row is read when it is asked for.
    """
    shape = _shape(stream, items)
    if stream.file is None or int(np.prod(shape, dtype=np.int64)) * stream.itemsize <= MOST_HELD:
        return stream.part(slice(None), items)
    return Part(stream.file, stream.name, items, shape, stream.rows)


def _shape(stream: Stream, items: slice) -> tuple[int, ...]:
    count, *rest = stream.declared.row_shape
    return (len(stream), len(range(count)[items]), *rest)


class Part:
    """Items of the rows of a stream in a file: a view with a handle of its own, which outlives the trace that it is
    taken from and travels to other processes as the file's name. It keeps the row that was read last."""

    def __init__(self, file: Path, stream: str, items: slice, shape: tuple[int, ...], rows: Rows | None = None) -> None:
        """``rows`` are those that the trace reads itself: they are there also where its file was renamed or removed."""
        self.shape = shape
        self._place = (file, stream, items, shape)
        self._items = items
        self._row: tuple[int, Array] | None = None
        try:
            self._data: Rows = open_file(file)[schema.group_path(stream)][schema.DATA]
        except (OSError, KeyError) as error:
            if rows is not None:
                self._data = rows
                return
            raise TraceError(f"{file} cannot be read any more: {one_line(str(error))}.") from None

    def __reduce__(self) -> tuple[type[Part], tuple[Path, str, slice, tuple[int, ...]]]:
        return Part, self._place

    def __getitem__(self, row: int) -> Any:
        if not 0 <= row < self.shape[0]:
            raise IndexError(f"row {row} of {self.shape[0]}")
        if self._row is None or self._row[0] != row:
            try:
                self._row = (row, np.asarray(self._data[row, self._items]))
            except OSError as error:
                raise TraceError(f"{self._place[0]} cannot be read any more ({one_line(error)}).") from None
        return self._row[1]
