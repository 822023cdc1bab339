"""The numbers behind a picture or a film: every stream as arrays (NPZ), or where each particle was as a table (CSV)."""

from __future__ import annotations

import csv
import math
import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import FlowscopeError
from core.trace import Stream, Trace, open_trace
from core.trace.derive import sampled
from workbench.export.whole import whole
from workbench.views.chart.charts import Chart
from workbench.views.marks import locate

_BLOCK = 1 << 20
"""Bytes of a stream that are held at a time."""


def write_data(files: Sequence[Path], out: Path, at: float | None = None) -> int:
    """Write what some traces recorded, all of it or only the last step at or before a time; returns how many numbers.

    A table has the columns lane, t, particle, x, y (for other than two dimensions x1, x2, …). Arrays are named
    ``1-diffusion/x``, their timelines ``1-diffusion/x.t``, ``….alpha`` and so on, what goes with them
    ``1-diffusion/field/velocity.grid``. However long a trace, only a few of its rows are held at a time.

    Raises:
        FlowscopeError: a trace cannot be read, the file cannot be written, or traces of points and of images, or of
            images of two sizes, are to go into one table.
    """
    with whole(out) as part:
        return (_write_table if out.suffix.lower() == ".csv" else _write_arrays)(files, part, at)


def write_curves(chart: Chart, lanes: Sequence[str], out: Path) -> None:
    """Write the curves of a chart as a table with the columns lane, curve, t or step, value and, where a curve is the
    average of other values, raw. ``lanes`` are the names of all lanes, in their order.

    Raises:
        FlowscopeError: the file cannot be written.
    """
    raw = any(curve.raw is not None for curve in chart.curves)
    with whole(out) as part, part.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target)
        writer.writerow(["lane", "curve", "step" if chart.over_steps else "t", "value", *(["raw"] if raw else [])])
        for curve in chart.curves:
            times = [curve.axis.time(place) for place in curve.x.tolist()]
            behind = [[]] * len(times) if curve.raw is None else [[f"{value:.9g}"] for value in curve.raw]
            for t, value, more in zip(times, curve.y, behind, strict=True):
                writer.writerow([lanes[curve.lane], curve.name, f"{t:.9g}", f"{value:.9g}", *more])


def _write_table(files: Sequence[Path], out: Path, at: float | None) -> int:
    n = first = 0
    with out.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target)
        for i, file in enumerate(files):
            trace = open_trace(file)
            x = sampled(trace)["x"]
            size = int(np.prod(x.declared.row_shape[1:]))
            if i == 0:
                first = size
                axes = ["x", "y"] if size == 2 else [f"x{k + 1}" for k in range(size)]
                writer.writerow(["lane", "t", "particle", *axes])
            elif size != first:
                raise FlowscopeError(
                    f"{file.name} has {size:,} numbers for each particle and {files[0].name} {first:,}: they do not "
                    "fit into one table. Write an .npz, or a table of each."
                )
            name, times = _name(i, trace), x.column("t")
            for row in _rows(times, at):
                places = x[row].reshape(len(x[row]), -1)
                writer.writerows([name, f"{times[row]:.9g}", p, *map(_short, place)] for p, place in enumerate(places))
                n += places.size
            trace.close()
    return n


def _write_arrays(files: Sequence[Path], out: Path, at: float | None) -> int:
    n = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for i, file in enumerate(files):
            trace = open_trace(file)
            # a moment is one of sampling; all of it is all of training too
            shown = trace if at is None else sampled(trace)
            for stream in shown.streams.values():
                n += _write_stream(archive, f"{_name(i, trace)}/{stream.name}", stream, _rows(stream.axis, at))
            trace.close()
    return n


def _write_stream(archive: zipfile.ZipFile, name: str, stream: Stream, rows: range) -> int:
    """Write some rows of a stream, its timelines and what goes with it; returns how many numbers."""
    shape = (len(rows), *stream.declared.row_shape)
    step = max(1, _BLOCK // max(1, stream.row_bytes))
    blocks = (stream[first : min(first + step, rows.stop)] for first in range(rows.start, rows.stop, step))
    n = _write_array(archive, name, np.dtype(stream.declared.dtype), shape, blocks)
    beside = {column: stream.column(column)[rows.start : rows.stop] for column in stream.declared.columns}
    for key, value in (beside | stream.static).items():
        n += _write_array(archive, f"{name}.{key}", value.dtype, value.shape, [value])
    return n


def _write_array(
    archive: zipfile.ZipFile, name: str, dtype: np.dtype[Any], shape: tuple[int, ...], blocks: Iterable[NDArray[Any]]
) -> int:
    """Write an array as `numpy.load` reads it, a block of rows at a time; returns how many numbers."""
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    with archive.open(f"{name}.npy", "w", force_zip64=True) as target:
        np.lib.format.write_array_header_1_0(target, header)
        for block in blocks:
            target.write(np.ascontiguousarray(block).data)
    return math.prod(shape)


def _rows(times: NDArray[np.float64], at: float | None) -> range:
    if at is None:
        return range(len(times))
    row = locate(times, at, glide=False).row
    return range(row, min(row + 1, len(times)))


def _name(i: int, trace: Trace) -> str:
    """``1-diffusion``: the lane's place and its method."""
    title = trace.meta.get("method_title", trace.spec.objective.name)
    return f"{i + 1}-{re.sub('[^a-z0-9]+', '-', title.lower()).strip('-')}"


def _short(value: np.floating) -> str:
    """The shortest decimal that is the same number again."""
    return str(value)
