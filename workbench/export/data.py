"""The numbers behind a picture or a film: every stream as arrays (NPZ), or where each particle was as a table (CSV)."""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import FlowscopeError
from core.trace import Trace, open_trace
from workbench.export.scenes import sampled
from workbench.views.marks import locate


def write_data(files: Sequence[Path], out: Path, at: float | None = None) -> int:
    """Write what some traces recorded, all of it or only the last step at or before a time; returns how many numbers.

    A table has the columns lane, t, particle, x, y (for other than two dimensions x1, x2, …). Arrays are named
    ``1-diffusion/x``, their timelines ``1-diffusion/x.t``, ``….alpha`` and so on, what goes with them
    ``1-diffusion/field/velocity.grid``.

    Raises:
        FlowscopeError: a trace cannot be read, or the file cannot be written.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".export-") as folder:
            part = Path(folder) / out.name
            n = (_write_table if out.suffix.lower() == ".csv" else _write_arrays)(files, part, at)
            part.replace(out)
    except OSError as error:
        raise FlowscopeError(f"{out} cannot be written: {error.strerror or error}.") from None
    return n


def _write_table(files: Sequence[Path], out: Path, at: float | None) -> int:
    n = 0
    with out.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target)
        for i, file in enumerate(files):
            trace = open_trace(file)
            x = sampled(trace)["x"]
            size = int(np.prod(x.declared.row_shape[1:]))
            if i == 0:
                axes = ["x", "y"] if size == 2 else [f"x{k + 1}" for k in range(size)]
                writer.writerow(["lane", "t", "particle", *axes])
            name, times = _name(i, trace), x.column("t")
            for row in _rows(times, at):
                places = x[row].reshape(len(x[row]), -1)
                writer.writerows([name, f"{times[row]:.9g}", p, *map(_short, place)] for p, place in enumerate(places))
                n += places.size
            trace.close()
    return n


def _write_arrays(files: Sequence[Path], out: Path, at: float | None) -> int:
    arrays: dict[str, NDArray[np.generic]] = {}
    for i, file in enumerate(files):
        trace = open_trace(file)
        # a moment is one of sampling; all of it is all of training too
        shown = trace if at is None else sampled(trace)
        for stream in shown.streams.values():
            name = f"{_name(i, trace)}/{stream.name}"
            rows = _rows(stream.axis, at)
            arrays[name] = stream[rows.start : rows.stop]
            for column in stream.declared.columns:
                arrays[f"{name}.{column}"] = stream.column(column)[rows.start : rows.stop]
            arrays.update({f"{name}.{key}": value for key, value in stream.static.items()})
        trace.close()
    with out.open("wb") as target:
        np.savez_compressed(target, allow_pickle=False, **arrays)
    return sum(array.size for array in arrays.values())


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
