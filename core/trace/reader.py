"""Open a trace file lazily: rows are read when they are looked at, also while another process still writes them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, cast, get_args

import h5py

from core.errors import SpecError, TraceError, no_file
from core.events import Status, StreamDeclared
from core.machine.local_file import one_line
from core.spec import RunSpec, Training
from core.trace import schema
from core.trace.lock import left_open, may_go_on
from core.trace.trace import Stream, Trace

_MOST_ROWS = 1 << 40
_VERSION = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})")


def open_trace(path: Path | str) -> Trace:
    """The trace in a file; close it with ``trace.close()``.

    Raises:
        TraceError: the file is missing, is not HDF5, is cut short, or is no trace of a version this program reads.
    """
    path = Path(path)
    if not path.is_file():
        raise TraceError(no_file(path))
    file = _open(path)
    try:
        return _read(file, path)
    except (TraceError, SpecError) as error:
        file.close()
        raise TraceError(f"{path} is not a readable trace: {error}") from None
    except (KeyError, OSError, ValueError, TypeError, RuntimeError, AttributeError, RecursionError) as error:
        file.close()
        reason = one_line(str(error).strip("'\""))
        raise TraceError(f"{path} is not a readable trace: {reason}.") from None


def open_file(path: Path) -> h5py.File:
    """The HDF5 file for reading; by SWMR where it is being written, or its writer was killed and left its flag set.

    Not elsewhere: SWMR reads a damaged piece again a hundred times, with pauses.
    """
    if not left_open(path):
        return h5py.File(path, "r", libver="latest")
    try:
        # a reader's lock would look like a writer's claim (`core.trace.lock`), and SWMR needs none
        return h5py.File(path, "r", libver="latest", swmr=True, locking=False)
    except OSError as error:
        if "locking flag" not in str(error):
            raise
        return h5py.File(path, "r", libver="latest", swmr=True)  # its writer is in this process, and has the file open


def _open(path: Path) -> h5py.File:
    try:
        return open_file(path)
    except OSError as error:
        if not h5py.is_hdf5(path):
            raise TraceError(f"{path} is not an HDF5 file. Open a trace that Flowscope recorded.") from None
        if "truncated" in str(error):
            raise TraceError(f"{path} is cut short: a copy or a download ended early.") from None
        raise TraceError(f"{path} cannot be read: {one_line(error)}.") from None


def _read(file: h5py.File, path: Path) -> Trace:
    minor, attrs = minor_version(file), file.attrs
    meta = json.loads(_text(attrs["meta"]))
    if not isinstance(meta, dict) or not all(isinstance(value, str) for value in meta.values()):
        raise TraceError("its meta data are not a table of texts.")
    spec = _text(attrs["spec"])
    trace = Trace.start(_known(spec) if minor > schema.MINOR else spec, meta, path)
    if _text(attrs["status"]) not in get_args(Status):
        raise TraceError(f"its status is none of {', '.join(get_args(Status))}.")
    trace.status = cast(Status, _text(attrs["status"]))
    if trace.status == "running" and not may_go_on(path):
        trace.status = "interrupted"
    trace.message = _text(attrs["message"])
    trace.close = file.close
    groups: list[h5py.Group] = []

    def visit(_: str, item: Any) -> None:
        if isinstance(item, h5py.Group) and "capacity" in item.attrs:
            groups.append(item)

    file[schema.STREAMS].visititems(visit)
    for group in groups:
        stream = _stream(group, path, growing=trace.status == "running")
        trace.streams[stream.name] = stream
    return trace


def minor_version(file: h5py.File) -> int:
    """The minor version of a trace.

    Raises:
        TraceError: the file is no trace, or one of a later major version.
    """
    if _text(file.attrs.get("schema", "")) != schema.SCHEMA:
        raise TraceError("it is an HDF5 file without Flowscope's schema.")
    version = _VERSION.fullmatch(_text(file.attrs.get("version", "")))
    if version is None:
        raise TraceError(f"it does not say of which version it is, such as {schema.MAJOR}.{schema.MINOR}.")
    if int(version[1]) > schema.MAJOR:
        raise TraceError(
            f"it has version {version[0]}; this program reads up to {schema.MAJOR}.x. A newer Flowscope opens it."
        )
    return int(version[2])


def _known(spec: str) -> str:
    """The spec of a later minor version, without the fields that are not known here."""
    fields = {name: value for name, value in json.loads(spec).items() if name in RunSpec.__struct_fields__}
    if isinstance(training := fields.get("training"), dict):
        fields["training"] = {name: item for name, item in training.items() if name in Training.__struct_fields__}
    return json.dumps(fields)


def _stream(group: h5py.Group, path: Path, *, growing: bool) -> Stream:
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
    if any(row.ndim != 1 for row in rows[1:]) or not 0 <= declared.capacity < _MOST_ROWS:
        raise TraceError(f"its stream {declared.name} has no timeline.")
    committed = group[schema.COMMITTED]

    def present() -> int:
        """Rows that are committed and present: a file cut short may promise more than it holds."""
        if growing:
            committed.refresh()
        n = max(0, int(committed[()]))
        if data.shape[0] < n and growing:  # its writer has gone on
            for row in rows:
                row.refresh()
        return min(n, *(int(row.shape[0]) for row in rows))

    known = None if growing else present()  # it is asked for at every turn, and to ask a file costs something

    def count() -> int:
        if not committed.id.valid:
            return 0
        return present() if known is None else known

    return Stream(declared, data, dict(zip(columns, rows[1:], strict=True)), count, path)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
