"""What was not recorded but follows from what was, in numpy and without the engine.

A recorded velocity and the path's coefficients give every other reading of a field by the 2 x 2 inverse of
x = alpha x1 + sigma x0, velocity = d_alpha x1 + d_sigma x0, wherever D = alpha d_sigma - sigma d_alpha is not 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import TraceError
from core.events import StreamDeclared
from core.trace.trace import SAMPLING_COLUMNS, Stream, Trace

Floats = NDArray[Any]
FieldKind = Literal["velocity", "score", "noise", "data"]

#: sigma below which a score is not shown: it grows like 1 / sigma, and at t = 1 there is none.
_LEAST_SIGMA = 1e-6


@dataclass(frozen=True)
class Coefficients:
    """alpha, sigma and derivatives as columns [N, 1, 1], to go with rows [N, G, 2]."""

    alpha: Floats
    sigma: Floats
    d_alpha: Floats
    d_sigma: Floats

    @classmethod
    def of(cls, stream: Stream) -> Coefficients:
        return cls(*(stream.column(name)[:, None, None] for name in SAMPLING_COLUMNS[1:5]))

    def at(self, rows: slice | NDArray[np.intp]) -> Coefficients:
        """Those of some rows."""
        return Coefficients(self.alpha[rows], self.sigma[rows], self.d_alpha[rows], self.d_sigma[rows])


def field_as(kind: FieldKind, velocity: Floats, x: Floats, c: Coefficients) -> Floats:
    """A field [N, G, 2] read another way: its velocity at the points x [G, 2] as score, noise x0_hat or data x1_hat."""
    if kind == "velocity":
        return velocity
    determinant = c.alpha * c.d_sigma - c.sigma * c.d_alpha
    if kind == "data":
        data: Floats = (c.d_sigma * x - c.sigma * velocity) / determinant
        return data
    noise: Floats = (c.alpha * velocity - c.d_alpha * x) / determinant
    if kind == "noise":
        return noise
    return np.where(c.sigma > _LEAST_SIGMA, -noise / np.maximum(c.sigma, _LEAST_SIGMA), 0.0)


def velocity_of(x: Floats, x1_hat: Floats, c: Coefficients) -> Floats:
    """The velocity that goes with a preview: d_alpha x1_hat + d_sigma x0_hat with x0_hat = (x - alpha x1_hat) / sigma,
    for x and x1_hat [N, B, D] where sigma is above 0."""
    out: Floats = c.d_alpha * x1_hat + c.d_sigma * (x - c.alpha * x1_hat) / c.sigma
    return out


def sampled(trace: Trace, step: float = np.inf) -> Trace:
    """A sampling trace as it is; of a training trace its last snapshot at or before a training step, or its first.

    Raises:
        TraceError: it holds no samples.
    """
    if "x" in trace and len(trace["x"]):
        return trace
    steps = trace["snapshot/x"].axis if "snapshot/x" in trace else np.zeros(0)
    if not len(steps):
        beside = ", only how training went" if "loss" in trace else ""
        raise TraceError(f"{trace.source or 'This trace'} holds no samples yet{beside}.")
    return snapshot(trace, max(0, int((steps <= step).sum()) - 1))


def snapshot(trace: Trace, k: int) -> Trace:
    """Snapshot k of a training trace as a sampling trace: the same streams under the names that sampling gives them.

    A stream whose row k has not been recorded yet is left out. Its meta's ``weights_title`` says of which step it is.
    """
    weights = f"EMA at step {int(trace['snapshot/x'].axis[k]):,}"
    out = Trace(spec=trace.spec, meta=trace.meta | {"weights_title": weights}, status="finished", source=trace.source)
    for name, stream in trace.streams.items():
        if name.startswith("snapshot/") and len(stream) > k:
            out.streams[name.removeprefix("snapshot/")] = _row_as_stream(stream, k)
    return out


def _row_as_stream(stream: Stream, k: int) -> Stream:
    declared, data = stream.declared, stream[k]
    columns = {name: declared.static[name] for name in SAMPLING_COLUMNS}
    rest = {name: array for name, array in declared.static.items() if name not in SAMPLING_COLUMNS}
    row = StreamDeclared(
        name=declared.name.removeprefix("snapshot/"),
        row_shape=declared.row_shape[1:],
        dims=declared.dims[1:],
        kind="points" if declared.kind == "trajectories" else "vectors",
        columns=SAMPLING_COLUMNS,
        capacity=len(data),
        units=declared.units,
        static=rest,
    )
    return Stream(row, data, dict(columns), lambda: len(data))
