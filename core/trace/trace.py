"""Trace and Stream: what every view, comparison, metric and export reads, live or from disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from core import spec as specs
from core.errors import TraceError
from core.events import Status, StreamDeclared
from core.machine.local_file import one_line
from core.spec import RunSpec

Array = NDArray[Any]

#: Columns of a sampling timeline, the first one its axis.
SAMPLING_COLUMNS = ("t", "alpha", "sigma", "d_alpha", "d_sigma", "nfe")
#: Columns of a training timeline.
TRAINING_COLUMNS = ("step", "learning_rate")


class Rows(Protocol):
    """Where rows lie: a numpy buffer or an HDF5 dataset."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    def __getitem__(self, key: Any) -> Any: ...


class Stream:
    """One quantity over a timeline; only committed rows can be seen.

    Indexing reads: ``stream[i]`` is one row, ``stream[a:b]`` several, ``stream[:]`` all of them.
    """

    def __init__(
        self, declared: StreamDeclared, data: Rows, columns: dict[str, Rows], committed: Callable[[], int],
        file: Path | None = None,
    ) -> None:  # fmt: skip
        """``file`` is where the rows lie, if they do not lie in memory."""
        self.declared = declared
        self.file = file
        self._data = data
        self._columns = columns
        self._committed = committed

    @property
    def name(self) -> str:
        return self.declared.name

    @property
    def static(self) -> dict[str, np.ndarray]:
        return self.declared.static

    def __len__(self) -> int:
        return self._committed()

    def __getitem__(self, key: int | slice) -> Array:
        n = len(self)
        if isinstance(key, slice):
            return self._read(self._data, slice(*key.indices(n)))
        if not -n <= key < n:
            raise IndexError(f"row {key} of {n} in stream {self.name}")
        return self._read(self._data, key % n)

    def _read(self, rows: Rows, key: int | slice | tuple[int | slice, slice]) -> Array:
        try:
            return np.asarray(rows[key])
        except OSError as error:  # the disk is gone, or the file was damaged since it was opened
            raise TraceError(f"Rows of stream {self.name} cannot be read ({one_line(error)}).") from None

    def part(self, rows: int | slice, items: slice) -> Array:
        """Some items of one row or of several, such as the first particles; no more is read."""
        if isinstance(rows, slice):
            rows = slice(*rows.indices(len(self)))
        return self._read(self._data, (rows, items))

    @property
    def rows(self) -> Rows:
        """Where they lie."""
        return self._data

    @property
    def itemsize(self) -> int:
        """Bytes of a number."""
        return np.dtype(self.declared.dtype).itemsize

    @property
    def row_bytes(self) -> int:
        return int(np.prod(self.declared.row_shape, dtype=np.int64)) * self.itemsize

    def column(self, name: str) -> Array:
        """A column of the timeline, [committed rows], float64."""
        return self._read(self._columns[name], slice(len(self)))

    @property
    def axis(self) -> Array:
        """The timeline's axis: t, or the training step."""
        return self.column(self.declared.columns[0])

    @property
    def latest(self) -> float:
        """Where the timeline has come to: its axis at the last row; nothing else is read.

        Raises:
            IndexError: there is none.
        """
        n = len(self)
        if n == 0:
            raise IndexError(f"stream {self.name} has no row")
        return float(self._read(self._columns[self.declared.columns[0]], n - 1))

    @property
    def complete(self) -> bool:
        return len(self) >= self.declared.capacity


@dataclass
class Trace:
    """Everything one run recorded. ``streams`` grows only while the run declares them, rows while it goes on."""

    spec: RunSpec
    meta: dict[str, str]
    status: Status | Literal["interrupted"] = "running"
    """As its writer said; ``interrupted`` is said by who reads ``running`` where no writer lives any more."""
    message: str = ""
    streams: dict[str, Stream] = field(default_factory=dict)
    source: Path | None = None
    close: Callable[[], None] = lambda: None

    def __getitem__(self, name: str) -> Stream:
        return self.streams[name]

    def __contains__(self, name: str) -> bool:
        return name in self.streams

    @property
    def n_bytes(self) -> int:
        """Bytes of the committed rows, before any compression."""
        return sum(len(stream) * stream.row_bytes for stream in self.streams.values())

    @classmethod
    def start(cls, spec_json: str, meta: dict[str, str], source: Path | None = None) -> Trace:
        return cls(spec=specs.from_json(spec_json), meta=dict(meta), source=source)
