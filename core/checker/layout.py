"""What a stream's kind and timeline promise to those who draw it, held against what a file declares."""

from __future__ import annotations

from core.errors import TraceError
from core.events import StreamDeclared
from core.trace.trace import SAMPLING_COLUMNS

#: kind -> how many axes one row may have
_AXES = {
    "scalar": (0, 1), "points": (2,), "vectors": (2,), "trajectories": (3,), "fields": (3,), "images": (4, 5),
}  # fmt: skip
_PLANE = ("points", "vectors", "trajectories", "fields")


def check_layout(declared: StreamDeclared) -> None:
    """Hold a stream to what its kind and its timeline promise to those who draw it.

    Raises:
        TraceError: its axes are not those of its kind, or its timeline lacks a column.
    """
    name, row, columns = declared.name, declared.row_shape, declared.columns
    if declared.dtype not in ("float32", "float64") or len(declared.dims) != len(row) + 1 or not columns:
        raise TraceError(f"its stream {name} has axes without names, no timeline, or no real numbers.")
    if len(row) not in _AXES.get(declared.kind, (len(row),)) or 0 in row:
        raise TraceError(f"its stream {name} has {len(row)} axes in a row, which {declared.kind} do not have.")
    if declared.kind in _PLANE and row[-1] != 2:
        raise TraceError(f"its stream {name} holds {declared.kind} that do not lie in a plane.")
    static = declared.static
    timeline = static if declared.kind in ("trajectories", "fields") else columns
    drawn = declared.kind in (*_PLANE, "images")
    if drawn and (columns[0] == "t" or timeline is static):
        lacking = [column for column in SAMPLING_COLUMNS if column not in timeline]
        if lacking:
            raise TraceError(f"the timeline of its stream {name} lacks {', '.join(lacking)}.")
    if timeline is static and any(static[column].shape != row[:1] for column in SAMPLING_COLUMNS):
        raise TraceError(f"the times of its stream {name} are not as many as its rows have.")
    if declared.kind in ("vectors", "fields") and getattr(static.get("grid"), "shape", None) != row[-2:]:
        raise TraceError(f"its stream {name} has no places for its {declared.kind}.")
    if declared.kind in ("points", "trajectories") and "data" in static and static["data"].shape[1:] != (2,):
        raise TraceError(f"the real points of its stream {name} do not lie in a plane.")
