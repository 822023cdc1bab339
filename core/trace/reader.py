"""Open a trace file lazily: rows are read when they are looked at, also while another process still writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import h5py

from core.errors import SpecError, TraceError
from core.events import Status, StreamDeclared
from core.trace import schema
from core.trace.trace import Stream, Trace


def open_trace(path: Path | str) -> Trace:
    """The trace in a file; close it with ``trace.close()``.

    Raises:
        TraceError: the file is missing, is not HDF5, is cut short, or is no trace of a version this program reads.
    """
    path = Path(path)
    if not path.is_file():
        raise TraceError(f"There is no file {path}.")
    file = _open(path)
    try:
        return _read(file, path)
    except (TraceError, SpecError) as error:
        file.close()
        raise TraceError(f"{path} is not a readable trace: {error}") from None
    except (KeyError, OSError, ValueError, TypeError, RuntimeError) as error:
        file.close()
        reason = str(error).strip("'\"").splitlines()[0]
        raise TraceError(f"{path} is not a readable trace: {reason}.") from None


def _open(path: Path) -> h5py.File:
    try:
        return h5py.File(path, "r", libver="latest")
    except OSError as error:
        if not h5py.is_hdf5(path):
            raise TraceError(f"{path} is not an HDF5 file. Open a trace that Flowscope recorded.") from None
        if "truncated" in str(error):
            raise TraceError(f"{path} is cut short: a copy or a download ended early.") from None
    try:
        # It is being written, or its writer was killed and never cleared the file's flag: SWMR reads both. A reader's
        # lock would look like a writer's claim (`core.trace.lock`), and SWMR needs none.
        return h5py.File(path, "r", libver="latest", swmr=True, locking=False)
    except OSError as error:
        raise TraceError(f"{path} cannot be read: {str(error).splitlines()[0]}.") from None


def _read(file: h5py.File, path: Path) -> Trace:
    attrs = file.attrs
    if _text(attrs.get("schema", "")) != schema.SCHEMA:
        raise TraceError("it is an HDF5 file without Flowscope's schema.")
    major = int(_text(attrs["version"]).split(".")[0])
    if major > schema.MAJOR:
        raise TraceError(f"it has version {_text(attrs['version'])}; this program reads up to {schema.MAJOR}.x.")
    trace = Trace.start(_text(attrs["spec"]), json.loads(_text(attrs["meta"])), path)
    trace.status = cast(Status, _text(attrs["status"]))
    trace.message = _text(attrs["message"])
    trace.close = file.close
    groups: list[h5py.Group] = []

    def visit(_: str, item: Any) -> None:
        if isinstance(item, h5py.Group) and "capacity" in item.attrs:
            groups.append(item)

    file[schema.STREAMS].visititems(visit)
    for group in groups:
        stream = _stream(group, growing=trace.status == "running")
        trace.streams[stream.name] = stream
    return trace


def _stream(group: h5py.Group, *, growing: bool) -> Stream:
    attrs, data = group.attrs, group[schema.DATA]
    columns = tuple(_text(name) for name in attrs["columns"])
    declared = StreamDeclared(
        name=group.name.removeprefix(f"/{schema.STREAMS}/"),
        row_shape=data.shape[1:],
        dims=tuple(_text(name) for name in attrs["dims"]),
        kind=cast(Any, _text(attrs["kind"])),  # one of the literals, checked by whoever draws it
        columns=columns,
        capacity=int(attrs["capacity"]),
        units=_text(attrs["units"]),
        dtype=cast(Any, data.dtype.name),
        static={name: item[()] for name, item in group[schema.STATIC].items()},
    )
    rows = [data, *(group[column] for column in columns)]
    committed = group[schema.COMMITTED]

    def count() -> int:
        """Rows that are committed and present: a file cut short may promise more than it holds."""
        if not committed.id.valid:
            return 0
        if growing:
            committed.refresh()
        n = int(committed[()])
        if data.shape[0] < n and growing:  # its writer has gone on
            for row in rows:
                row.refresh()
        return min(n, *(int(row.shape[0]) for row in rows))

    return Stream(declared, data, {column: group[column] for column in columns}, count)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
