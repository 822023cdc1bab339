"""Charts of one or more traces on a common axis, as frozen curves; all of it numpy on what was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.trace import Trace
from workbench.views.marks import Method

Floats = NDArray[np.float64]

_PROJECTIONS, _ROWS, _PARTICLES = 8, 18, 500
_SMOOTHING, _REACH = 0.98, 300
_MOST_POINTS = 600


@dataclass(frozen=True, eq=False)
class Curve:
    """One method's line: x rising, y, both [n]; ``raw`` is drawn faintly behind where it is given."""

    method: Method
    x: Floats
    y: Floats
    raw: Floats | None = None


@dataclass(frozen=True, eq=False)
class Chart:
    """Curves over t or over the training step."""

    title: str
    what: str
    curves: tuple[Curve, ...]
    log: bool = False
    over_steps: bool = False


def sampling_charts(lanes: Sequence[tuple[Method, Trace]]) -> list[Chart]:
    """How far from the data, how noisy, and how fast, over t."""
    ready = [(method, trace) for method, trace in lanes if "x" in trace and len(trace["x"]) > 1]
    return [
        Chart("Distance to data", "sliced Wasserstein, log", tuple(_distance(m, t) for m, t in ready), log=True),
        Chart("Noise left", "σ at t", tuple(Curve(m, t["x"].column("t"), t["x"].column("sigma")) for m, t in ready)),
        Chart("Mean speed", "|dx / dt| over particles", tuple(_speed(m, t) for m, t in ready)),
    ]


def training_charts(lanes: Sequence[tuple[Method, Trace]]) -> list[Chart]:
    """The losses on one plot, and the error against the exact field, over the training step."""
    losses = tuple(_loss(m, t) for m, t in lanes if len(t["loss"]) > 1)
    errors = tuple(
        Curve(m, t["metric/velocity_error"].axis, t["metric/velocity_error"][:].astype(float))
        for m, t in lanes
        if "metric/velocity_error" in t and len(t["metric/velocity_error"]) > 0
    )
    return [
        Chart("Loss", "smoothed over the raw values, log", losses, log=True, over_steps=True),
        Chart("Error against exact", "velocity, relative, log", errors, log=True, over_steps=True),
    ]


def _loss(method: Method, trace: Trace) -> Curve:
    steps, loss = trace["loss"].axis, trace["loss"][:].astype(float)
    smooth = _smoothed(loss)
    every = max(1, len(loss) // _MOST_POINTS)
    return Curve(method, steps[::every], smooth[::every], loss[::every])


def _smoothed(values: Floats) -> Floats:
    """An exponential average of the last few hundred values, without bias at its start."""
    kernel = _SMOOTHING ** np.arange(min(len(values), _REACH))
    weight = np.cumsum(kernel)[np.minimum(np.arange(len(values)), len(kernel) - 1)]
    out: Floats = np.convolve(values, kernel)[: len(values)] / weight
    return out


def _speed(method: Method, trace: Trace) -> Curve:
    x, t = trace["x"][:].astype(float), trace["x"].column("t")
    speed = np.linalg.norm(np.diff(x, axis=0), axis=2).mean(axis=1) / np.diff(t)
    return Curve(method, (t[:-1] + t[1:]) / 2, speed)


def _distance(method: Method, trace: Trace) -> Curve:
    """Sliced Wasserstein-2 distance between particles and real data: the mean over fixed directions of the RMS
    distance between equal quantiles (Bonneel et al. 2015)."""
    stream = trace["x"]
    real = stream.static.get("data")
    if real is None or len(real) == 0:
        return Curve(method, np.zeros(0), np.zeros(0))
    rows = np.unique(np.linspace(0, len(stream) - 1, min(_ROWS, len(stream))).astype(int))
    angle = np.pi * (np.arange(_PROJECTIONS) + 0.5) / _PROJECTIONS
    directions = np.stack([np.cos(angle), np.sin(angle)])
    quantiles = (np.arange(200) + 0.5) / 200
    target = np.quantile(real @ directions, quantiles, axis=0)
    y = []
    for row in rows:
        points = stream[int(row)][:_PARTICLES]
        finite = points[np.isfinite(points).all(axis=1)]
        mine = np.quantile(finite @ directions, quantiles, axis=0) if len(finite) else np.full_like(target, np.nan)
        y.append(float(np.sqrt(((mine - target) ** 2).mean(axis=0)).mean()))
    return Curve(method, stream.column("t")[rows], np.array(y))


def value_at(curve: Curve, x: float) -> float | None:
    """The curve's height at x, or None outside it."""
    if len(curve.x) < 2 or not curve.x[0] <= x <= curve.x[-1]:
        return None
    return float(np.interp(x, curve.x, curve.y))
