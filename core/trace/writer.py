"""Write the events of a run into one HDF5 file that is readable at every moment.

Everything is laid out before the first row, under another name: HDF5 leaves no readable file where it is killed
meanwhile, and an older file of the same name stays until the first rows are there as well. From the first row on the
file is in SWMR mode, rows are appended in batches, flushed, and only then counted in ``committed``. A killed writer
leaves a file whose status is still ``running`` and whose committed rows are all there; `core.trace.repair` makes it
an ordinary one.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
import zlib
from contextlib import nullcontext, suppress
from pathlib import Path

import h5py
import numpy as np

from core.errors import TraceError
from core.events import Chunk, Event, RunFinished, RunStarted, StreamDeclared
from core.trace import schema
from core.trace.lock import Claim, is_written, reserve
from core.trace.plain import datasets, describe, empty, extend, number, put

FLUSH_SECONDS = 0.25
"""Rows are flushed as often as that, or as seldom as keeps flushing to one part in `_COST` of the time."""
_COST, _SELDOM = 300, 8
"""The longest pause is `_SELDOM` times the shortest."""
#: HDF5 neither reports a disk that fills up in every case nor leaves a readable file, so writing ends before that.
LEAST_FREE_BYTES = 32 << 20
_CHUNK_BYTES, _ROWS_PER_CHUNK = 64 << 10, 1024
"""A chunk is one row, or as many small ones as are no larger: HDF5 spends more on a chunk than on its bytes."""
#: Reserved beyond the rows of a flush: chunks that are begun, indices, and what closing writes.
_SLACK_BYTES = 1 << 20
_LONG, _KEPT = 100, 75
"""Bytes of a name that is not made longer, and what is kept of one for a name beside it."""
#: How NeXus viewers are to draw a row: what is not named here they show as a map.
_INTERPRETATIONS = {"scalar": "spectrum", "images": "image"}


def beside(path: Path, ending: str) -> Path:
    """Where what is to lie at ``path`` lies meanwhile: a file system that takes the one name takes the other."""
    name = path.name
    encoded = name.encode(errors="surrogatepass")
    if len(encoded) > _LONG:
        name = f"{encoded[:_KEPT].decode(errors='ignore')}-{zlib.crc32(encoded):08x}"
    return path.with_name(f"{name}{ending}")


def begun(path: Path) -> Path:
    """Where a trace that is to lie at ``path`` is laid out before it takes its place there."""
    return beside(path, ".new")


class TraceWriter:
    """Feed it events; close it, or leave its ``with`` block. Writing errors raise `TraceError` with the path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pending: dict[str, list[Chunk]] = {}
        self._rows: dict[str, int] = {}
        self._columns: dict[str, tuple[str, ...]] = {}
        self._sets: dict[str, dict[str, h5py.h5d.DatasetID]] = {}
        """The open datasets of each stream by name."""
        self._slack = _SLACK_BYTES
        self._flushed = time.monotonic()
        self._spent = 0.0
        """Seconds that the last flush took."""
        self._finish: RunFinished | None = None
        self._claim: Claim | None = None
        self._layout = begun(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._refuse_second()
            self._check_begin()
            self._file = h5py.File(self._layout, "w", libver=schema.LIBVER)
        except OSError as error:
            raise TraceError(f"{path} cannot be written: {_reason(error)}.") from None

    def __enter__(self) -> TraceWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with suppress(TraceError) if kind is not None else nullcontext():  # what went wrong first says why
            self.close()

    def _refuse_second(self) -> None:
        if is_written(self.path) or is_written(self._layout):
            raise TraceError(f"{self.path} is being written by another run. Choose another name.")

    def _check_begin(self) -> None:
        """Refuse a disk without room for the layout: HDF5 would end the process there, or leave half of it behind."""
        free = shutil.disk_usage(self.path.parent).free
        if free < LEAST_FREE_BYTES:
            raise OSError(f"its disk has {free / 1e6:.0f} MB left; free some space, or record elsewhere")
        with tempfile.TemporaryFile(dir=self.path.parent) as trial:
            reserve(trial.fileno(), _SLACK_BYTES)

    def _begin(self) -> None:
        """Everything is laid out: let readers in, and give the file its name.

        In this order, since a file that is open for writing and not yet for readers is refused to them, and for ever
        where its writer is killed at that moment. An older file stays until the first rows are written: they may be
        its own, and there may be no room for them. Windows renames no open file.
        """
        self._file.close()
        try:
            self._refuse_second()
            self._let_readers_in(self._layout)
            if sys.platform != "win32":
                self._claim = Claim(self._layout)  # before anybody can see the file and ask who writes it
            if self.path.exists():
                self.flush()
            if sys.platform == "win32":
                self._file.close()
                self._layout.replace(self.path)
                self._let_readers_in(self.path)
                self._claim = Claim(self.path)
            else:
                self._layout.replace(self.path)
        except BaseException:
            self._abandon()
            raise
        finally:
            self._layout.unlink(missing_ok=True)

    def _abandon(self) -> None:
        """Let go of a file that never took its place, so that closing does not touch the older one."""
        with suppress(OSError, RuntimeError):
            self._file.close()
        if self._claim is not None:
            self._claim.release()
            self._claim = None

    def _let_readers_in(self, path: Path) -> None:
        self._file = h5py.File(path, "r+", libver=schema.LIBVER)
        for name, columns in self._columns.items():
            names = (schema.DATA, schema.COMMITTED, *columns)
            self._sets[name] = datasets(self._file, schema.group_path(name), names)
        self._file.swmr_mode = True

    def feed(self, event: Event) -> None:
        try:
            match event:
                case RunStarted():
                    self._start(event)
                case StreamDeclared():
                    self._declare(event)
                case Chunk():
                    self._append(event)
                case RunFinished():
                    self._finish = event
                    self.flush()
        except (OSError, RuntimeError) as error:  # h5py raises either
            raise TraceError(f"{self.path} cannot be written further: {_reason(error)}.") from None

    def _start(self, event: RunStarted) -> None:
        describe(self._file["/"].id, {
            "schema": schema.SCHEMA, "version": f"{schema.MAJOR}.{schema.MINOR}", "spec": event.spec,
            "meta": json.dumps(event.meta), "created": event.meta.get("created", ""), "status": "running",
            "message": "", "NX_class": "NXroot", "default": schema.STREAMS,
        })  # fmt: skip
        describe(self._file.create_group(schema.STREAMS).id, {"NX_class": "NXentry"})

    def _declare(self, declared: StreamDeclared) -> None:
        group = self._group(declared.name)
        row, rows_per_chunk = declared.row_shape, _rows_per_chunk(declared)
        data = empty(group.id, schema.DATA, row, declared.dtype, rows_per_chunk)
        describe(data, {"units": declared.units, "long_name": declared.name})
        if declared.kind in _INTERPRETATIONS:
            describe(data, {"interpretation": _INTERPRETATIONS[declared.kind]})
        for column in declared.columns:
            describe(empty(group.id, column, (), "f8", _ROWS_PER_CHUNK), {"long_name": column})
        number(group.id, schema.COMMITTED, 0)
        static = group.create_group(schema.STATIC)
        for name, array in declared.static.items():
            static.create_dataset(name, data=array)
        describe(group.id, {
            "dims": declared.dims, "columns": declared.columns, "units": declared.units, "kind": declared.kind,
            "capacity": declared.capacity, "NX_class": "NXdata", "signal": schema.DATA,
            "axes": [declared.columns[0], *("." for _ in row)], "title": declared.name,
        })  # fmt: skip
        self._slack += rows_per_chunk * _bytes_a_row(declared)
        self._columns[declared.name] = declared.columns
        self._rows[declared.name] = 0
        self._pending[declared.name] = []

    def _group(self, stream: str) -> h5py.Group:
        """A stream's group: the first one is what a viewer opens with, and levels above are NeXus collections."""
        streams = self._file[schema.STREAMS]
        if not self._rows:
            describe(streams.id, {"default": stream})
        group = streams.create_group(stream)
        above = group
        for _ in range(stream.count("/")):
            above = above.parent
            above.attrs["NX_class"] = "NXcollection"  # which another stream may have said
        return group

    def _append(self, chunk: Chunk) -> None:
        self._pending[chunk.stream].append(chunk)
        if chunk.continued:
            return
        if self._claim is None:
            self._begin()
        if time.monotonic() - self._flushed > self._pause:
            self.flush()

    @property
    def _pause(self) -> float:
        """Seconds between two flushes."""
        return min(_SELDOM * FLUSH_SECONDS, max(FLUSH_SECONDS, _COST * self._spent))

    def flush(self) -> None:
        """Write all pending rows to the file, flush it, then commit them.

        Raises:
            TraceError: the disk is full, or nearly. The pending rows are given up; what is committed stays, and the
                file can still be closed with its status.
        """
        began = time.monotonic()
        self._check_room()
        grown = [name for name, chunks in self._pending.items() if chunks]
        for name in grown:
            sets, chunks = self._sets[name], self._pending[name]
            start = self._rows[name]
            extend(sets[schema.DATA], start, [chunk.data for chunk in chunks])
            for column in chunks[0].columns:
                extend(sets[column], start, [chunk.columns[column] for chunk in chunks])
            self._rows[name] = start + sum(len(chunk.data) for chunk in chunks)
            chunks.clear()
        if grown:
            self._file.flush()
            for name in grown:
                put(self._sets[name][schema.COMMITTED], self._rows[name])
            self._file.flush()
        self._flushed = time.monotonic()
        self._spent = self._flushed - began

    def _check_room(self) -> None:
        wanted = sum(chunk.data.nbytes for chunks in self._pending.values() for chunk in chunks)
        free = shutil.disk_usage(self.path.parent).free
        if wanted and free < wanted + LEAST_FREE_BYTES:
            self._give_up(f"its disk has {free / 1e6:.0f} MB left")
        if wanted and self._claim is not None:
            try:
                self._claim.reserve(self._file.id.get_filesize() + wanted + self._slack)
            except OSError as error:  # a quota, a limit, a disk that somebody else has filled since
                self._give_up(_reason(error))

    def _give_up(self, why: str) -> None:
        for chunks in self._pending.values():
            chunks.clear()
        raise TraceError(f"{self.path} cannot be written further: {why}. Free some space, or record elsewhere.")

    def close(self) -> None:
        """Commit what is pending and record the status. A run that did not finish keeps the status ``running``."""
        if not self._file:
            return
        try:
            if self._claim is None:
                self._begin()
            self.flush()
            self._file.close()
            if self._claim is not None:
                self._claim.release()
            end = self._finish or RunFinished("running")
            with h5py.File(self.path, "r+", libver=schema.LIBVER) as file:  # this also cuts off what was reserved
                file.attrs["status"], file.attrs["message"] = end.status, end.message
        except (OSError, RuntimeError) as error:
            raise TraceError(f"{self.path} cannot be completed: {_reason(error)}.") from None


def _bytes_a_row(declared: StreamDeclared) -> int:
    return int(np.prod(declared.row_shape, dtype=np.int64)) * np.dtype(declared.dtype).itemsize


def _rows_per_chunk(declared: StreamDeclared) -> int:
    fitting = min(_ROWS_PER_CHUNK, _CHUNK_BYTES // max(1, _bytes_a_row(declared)))
    return max(1, min(fitting, declared.capacity) if declared.row_shape else fitting)


def _reason(error: OSError | RuntimeError) -> str:
    if isinstance(error, OSError) and error.errno:  # HDF5 says at length what the system says in two words
        return os.strerror(error.errno)
    return getattr(error, "strerror", None) or str(error).splitlines()[0]
