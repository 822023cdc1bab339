"""A trace from a stranger, object by object: what HDF5 can say but a trace never does is refused.

Nothing points out of the file or back into it, numbers are plain numbers, filters are HDF5's own, and what is declared
is backed by bytes: at most the file's own size, or a moderate multiple of it where rows are compressed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from h5py import h5d, h5g, h5l, h5o, h5s, h5t, h5z

from core.checker.layout import check_layout
from core.errors import TraceError
from core.trace import open_trace, schema
from core.trace.reader import minor_version, open_file
from core.trace.trace import SAMPLING_COLUMNS, Array, Trace

MOST_OBJECTS = 2000
MOST_DEPTH = 10
MOST_ATTRIBUTES = 64
MOST_ATTRIBUTE_BYTES = 1 << 20
MOST_FIXED_BYTES = 64 << 20
#: A row that is read to see whether it can be.
MOST_ROW_BYTES = 64 << 20
#: Numbers of a run shrink to a half or a tenth; gzip makes a thousandth of nothing but zeros.
MOST_COMPRESSION = 100
_FILTERS = {h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32, h5z.FILTER_LZF}
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}")
#: Qt shows a text with a tag in it as a page, which may name other files.
_MARKUP = re.compile(r"<[A-Za-z/!?]")


def walk_trace(path: Path) -> None:
    """Raise `TraceError` where a file is not a trace that may be opened."""
    trace = _opened(path)
    try:
        _check_text(trace)
        _touch(trace)
    except TraceError as error:
        raise TraceError(f"{path} is not a readable trace: {error}") from None
    finally:
        trace.close()


def _opened(path: Path) -> Trace:
    """The trace, its objects walked before the reader sees them."""
    try:
        file = open_file(path)
    except OSError:
        return open_trace(path)  # it says why
    try:
        minor_version(file)  # what another kind of file holds, or one of a later version, is not held against it
        _Walk(path.stat().st_size).group(file.id, 0)
    except TraceError as error:
        raise TraceError(f"{path} is not a readable trace: {error}") from None
    finally:
        file.close()
    return open_trace(path)


class _Walk:
    """Every object of a file, once."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._seen: set[int] = set()
        self._fixed = 0

    def group(self, group: h5g.GroupID, depth: int) -> None:
        self._object(group)
        if depth > MOST_DEPTH:
            raise TraceError(f"its groups lie more than {MOST_DEPTH} deep.")
        committed = _committed(group)
        for name in _links(group):
            item = h5o.open(group, name.encode())
            if isinstance(item, h5g.GroupID):
                self.group(item, depth + 1)
            elif isinstance(item, h5d.DatasetID):
                self._object(item)
                self._dataset(name, item, committed)
            else:
                raise TraceError(f"it holds “{name}”, which is neither a group nor an array.")

    def _object(self, item: Any) -> None:
        address = h5o.get_info(item).addr
        if address in self._seen:
            raise TraceError("one of its objects has two names.")
        self._seen.add(address)
        if len(self._seen) > MOST_OBJECTS:
            raise TraceError(f"it holds more than {MOST_OBJECTS:,} objects.")
        n = h5py.h5a.get_num_attrs(item)
        if n > MOST_ATTRIBUTES:
            raise TraceError(f"one of its objects has {n:,} attributes.")
        for i in range(n):
            attribute = h5py.h5a.open(item, index=i)
            kind = attribute.get_type()
            if kind.get_class() not in (h5t.INTEGER, h5t.FLOAT, h5t.STRING):
                raise TraceError("one of its attributes is neither text nor a number.")
            if math.prod(attribute.shape) * kind.get_size() > MOST_ATTRIBUTE_BYTES:
                raise TraceError("one of its attributes is larger than any that we write.")

    def _dataset(self, name: str, data: h5d.DatasetID, committed: int | None) -> None:
        made, kind = data.get_create_plist(), data.get_type()
        if kind.get_class() not in (h5t.INTEGER, h5t.FLOAT) or kind.get_size() > 8:
            raise TraceError(f"its array {name} holds no plain numbers.")
        if made.get_layout() == h5d.VIRTUAL or made.get_external_count():
            raise TraceError(f"its array {name} lies in another file.")
        if data.get_space().get_simple_extent_type() == h5s.NULL:
            raise TraceError(f"its array {name} has no shape.")
        filters = {made.get_filter(i)[0] for i in range(made.get_nfilters())}
        if filters - _FILTERS:
            raise TraceError(f"its array {name} is packed in a way that HDF5 itself does not know.")
        shape = tuple(int(n) for n in data.shape)
        if committed is None or name == schema.COMMITTED:
            self._fixed += _bytes(shape, kind)
            if self._fixed > MOST_FIXED_BYTES:
                raise TraceError("its fixed arrays are larger than any that we write.")
        elif shape:
            shape = (min(committed, shape[0]), *shape[1:])
        self._backed(name, data, _bytes(shape, kind), packed=bool(filters & {h5z.FILTER_DEFLATE, h5z.FILTER_LZF}))

    def _backed(self, name: str, data: h5d.DatasetID, wanted: int, *, packed: bool) -> None:
        """The bytes that will be read must be there."""
        stored, made = data.get_storage_size(), data.get_create_plist()
        if stored > self._size or wanted > stored * (MOST_COMPRESSION if packed else 1):
            raise TraceError(f"its array {name} declares {wanted:,} bytes, and {stored:,} are stored.")
        if made.get_layout() != h5d.CHUNKED:
            return
        chunk = _bytes(made.get_chunk(), data.get_type())
        if packed and chunk > MOST_ROW_BYTES:
            raise TraceError(f"its array {name} is packed in pieces of {chunk:,} bytes.")

        def inside(info: h5d.StoreInfo) -> None:
            if info.byte_offset is None or info.byte_offset + info.size > self._size:
                raise TraceError(f"its array {name} is cut short.")

        data.chunk_iter(inside)


def _links(group: h5g.GroupID) -> Iterator[str]:
    """The names in a group, each of them a plain name of something in this file."""
    for raw in group:
        name = raw.decode("utf-8", "replace")
        if group.links.get_info(raw).type != h5l.TYPE_HARD:
            raise TraceError(f"it holds the link “{name}”, which points elsewhere.")
        if not _NAME.fullmatch(name):
            raise TraceError(f"it holds the name “{name}”. Names are letters, digits, _ and -.")
        yield name


def _committed(group: h5g.GroupID) -> int | None:
    """How many rows of a stream count; None for a group that is no stream."""
    name = schema.COMMITTED.encode()
    if not h5py.h5a.exists(group, b"capacity") or name not in group:
        return None
    data = h5d.open(group, name)
    if data.shape != () or data.get_type().get_class() != h5t.INTEGER:
        raise TraceError("a stream does not say how many rows it has.")
    return max(0, int(h5py.Dataset(data)[()]))


def _runs(t: Array, sigma: Array) -> bool:
    """Whether times lie in [0, 1], no two in a row are the same, and the first has noise."""
    return bool(((t >= 0) & (t <= 1)).all() and (np.diff(t) != 0).all() and (sigma[:1] > 0).all())


def _is_mesh(grid: Array) -> bool:
    """Whether places [G, 2] are all pairs of an x and a y."""
    sides = [len(np.unique(side)) for side in grid.T]
    return min(sides) >= 2 and sides[0] * sides[1] == len(grid)


def _bytes(shape: tuple[int, ...], kind: h5t.TypeID) -> int:
    return math.prod(shape) * int(kind.get_size())


def _check_text(trace: Trace) -> None:
    texts = [trace.message, trace.spec.title, trace.spec.label, *trace.meta.values()]
    for text in texts:
        if not text.isprintable() or _MARKUP.search(text):
            raise TraceError("its texts hold control characters or markup.")


def _touch(trace: Trace) -> None:
    """Read what every view reads: the timelines, what holds for all rows, and the ends of each stream."""
    for name, stream in trace.streams.items():
        declared, fixed = stream.declared, stream.static
        check_layout(declared)
        columns = {column: stream.column(column) for column in declared.columns}
        nested = {column: fixed[column] for column in SAMPLING_COLUMNS if column in fixed}
        for lot in (columns, nested, fixed):
            for part, values in lot.items():
                if not np.isfinite(values).all():
                    raise TraceError(f"{part} of its stream {name} holds a number that is not finite.")
        for lot in (columns, nested):
            if {"t", "sigma"} <= {*lot} and not _runs(lot["t"], lot["sigma"]):
                raise TraceError(f"the times of its stream {name} do not run from noise to data.")
        if "grid" in fixed and not _is_mesh(fixed["grid"]):
            raise TraceError(f"the places of its stream {name} are no mesh.")
        row_bytes = math.prod(stream.declared.row_shape) * np.dtype(stream.declared.dtype).itemsize
        if len(stream) and row_bytes <= MOST_ROW_BYTES:
            _ = stream[0], stream[-1]
