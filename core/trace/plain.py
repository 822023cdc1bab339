"""What the writer does most, by HDF5's own calls: h5py's are three times as dear, and that is most of a small file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5p, h5s, h5t
from numpy.typing import NDArray

_TEXT = h5py.string_dtype()
_KINDS = {dtype: h5t.py_create(dtype, logical=True) for dtype in (_TEXT, np.dtype(np.int64))}
_ONE = h5s.create(h5s.SCALAR)
"""Made once: for an attribute of one word they would be half of the work."""


def describe(item: h5g.GroupID | h5d.DatasetID, attributes: Mapping[str, str | int | Sequence[str]]) -> None:
    """Give a group or a dataset attributes that it does not have yet: texts are UTF-8 of any length, as h5py's are."""
    for name, value in attributes.items():
        array = np.array(value, np.int64 if isinstance(value, int) else _TEXT)
        space = h5s.create_simple(array.shape) if array.ndim else _ONE
        h5a.create(item, name.encode(), _KINDS[array.dtype], space).write(array)


def empty(group: h5g.GroupID, name: str, row: tuple[int, ...], dtype: str, rows_per_chunk: int) -> h5d.DatasetID:
    """A dataset without rows yet, each of shape ``row``, to be extended."""
    layout = h5p.create(h5p.DATASET_CREATE)
    layout.set_chunk((rows_per_chunk, *row))
    layout.set_obj_track_times(False)  # as h5py: equal runs are equal files
    space = h5s.create_simple((0, *row), (h5s.UNLIMITED, *row))
    return h5d.create(group, name.encode(), h5t.py_create(np.dtype(dtype), logical=True), space, layout)


def number(group: h5g.GroupID, name: str, value: int) -> None:
    """A dataset of one number, which `put` changes."""
    put(h5d.create(group, name.encode(), _KINDS[np.dtype(np.int64)], _ONE), value)


def datasets(file: h5py.File, group: str, names: Sequence[str]) -> dict[str, h5d.DatasetID]:
    """Datasets of a group by their names, open: looking them up costs as much as writing to them."""
    where = h5g.open(file.id, group.encode())
    return {name: h5d.open(where, name.encode()) for name in names}


def extend(dataset: h5d.DatasetID, start: int, parts: Sequence[NDArray[np.generic]]) -> None:
    """Put rows [n, ...] after the first ``start`` ones of a dataset, which becomes as long as that."""
    rows = np.ascontiguousarray(np.concatenate(parts) if len(parts) > 1 else parts[0])
    dataset.set_extent((start + len(rows), *rows.shape[1:]))
    if rows.size:
        place = dataset.get_space()
        place.select_hyperslab((start, *(0 for _ in rows.shape[1:])), rows.shape)
        dataset.write(h5s.create_simple(rows.shape), place, rows)


def put(dataset: h5d.DatasetID, value: int) -> None:
    """The one number of a dataset."""
    dataset.write(h5s.ALL, h5s.ALL, np.array(value, np.int64))
