"""Charts of one or more traces on a common axis, as frozen curves; all of it numpy on what was recorded.

They are made anew whenever rows arrive, on the window's thread, so each reads a bounded part of its trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.trace import Stream, Trace
from workbench.views.marks import Method

Floats = NDArray[np.float64]

_PROJECTIONS, _PARTICLES = 16, 500
_MOST_ROWS, _LEAST_ROWS, _MOST_BYTES = 51, 12, 2**26
_SMOOTHING = 50
"""Losses over which the average reaches."""
_MOST_POINTS = 600


@dataclass(frozen=True, eq=False)
class Curve:
    """One line: x rising, y, both [n]; ``raw`` is drawn faintly behind where it is given.

    ``variant`` counts curves of the same method, which differ by dash; those have a ``name`` at their end.
    """

    method: Method
    x: Floats
    y: Floats
    raw: Floats | None = None
    variant: int = 0
    name: str = ""


@dataclass(frozen=True, eq=False)
class Chart:
    """Curves over t or over the training step, from 0 to ``end``."""

    title: str
    what: str
    curves: tuple[Curve, ...]
    log: bool = False
    over_steps: bool = False
    end: float = 1.0


@dataclass(frozen=True)
class Line:
    """Whose curve it is."""

    method: Method
    variant: int
    name: str


def sampling_charts(lanes: Sequence[tuple[Method, Trace]]) -> list[Chart]:
    """How far from the data, how noisy, and how fast, over t."""
    ready = [(method, trace) for method, trace in lanes if "x" in trace and len(trace["x"]) > 1]
    lines = lines_of(ready)
    parts = [_Particles.of(trace["x"]) for _, trace in ready]
    return [
        Chart(
            "Distance to data", "sliced Wasserstein, log", curves_of(lines, [_distance(part) for part in parts]),
            log=True,
        ),
        Chart(
            "Noise left", "σ at t",
            curves_of(lines, [(trace["x"].column("t"), trace["x"].column("sigma")) for _, trace in ready]),
        ),
        Chart("Mean speed", "|dx / dt| over particles", curves_of(lines, [_speed(part) for part in parts])),
    ]  # fmt: skip


def training_charts(lanes: Sequence[tuple[Method, Trace]]) -> list[Chart]:
    """The losses on one plot, and the error against the exact field, over the training step."""
    losses, errors = [], []
    for line, (_, trace) in zip(lines_of(lanes), lanes, strict=True):
        if "loss" in trace and len(trace["loss"]) > 1:
            losses.append(_loss(line, trace["loss"]))
        if "metric/velocity_error" in trace and len(trace["metric/velocity_error"]) > 0:
            stream = trace["metric/velocity_error"]
            errors.append(Curve(line.method, stream.axis, stream[:].astype(float), None, line.variant, line.name))
    end = max((_end(trace) for _, trace in lanes), default=1.0)
    return [
        Chart("Loss", "smoothed over the raw values, log", tuple(losses), log=True, over_steps=True, end=end),
        Chart("Error against exact", "velocity, relative, log", tuple(errors), log=True, over_steps=True, end=end),
    ]


def value_at(curve: Curve, x: float) -> float | None:
    """The curve's height at x, or None outside it."""
    if len(curve.x) < 2 or not curve.x[0] <= x <= curve.x[-1]:
        return None
    return float(np.interp(x, curve.x, curve.y))


def lines_of(lanes: Sequence[tuple[Method, Trace]]) -> list[Line]:
    """Colour and glyph tell methods apart; where lanes share one, dash and name do."""
    methods = [method for method, _ in lanes]
    return [
        Line(method, methods[:i].count(method), _name(trace) if methods.count(method) > 1 else "")
        for i, (method, trace) in enumerate(lanes)
    ]


def _name(trace: Trace) -> str:
    steps = len(trace["x"]) - 1 if "x" in trace else trace.spec.sampler.params.get("n_steps", "")
    return f"{trace.meta.get('sampler_title', trace.spec.sampler.name)} {steps}".strip()


def curves_of(lines: Sequence[Line], values: Sequence[tuple[Floats, Floats]]) -> tuple[Curve, ...]:
    """A curve for each line whose x and y hold two points at least."""
    return tuple(
        Curve(line.method, x, y, None, line.variant, line.name)
        for line, (x, y) in zip(lines, values, strict=True)
        if len(x) > 1
    )


def _end(trace: Trace) -> float:
    """The last step of a training that goes on, or the last that was done."""
    if trace.status == "running":
        return float(trace.spec.training.n_steps)
    return max(1.0, steps_done(trace))


def steps_done(trace: Trace) -> float:
    """Training steps that a trace holds; its stream of losses comes a moment after its first event."""
    return float(trace["loss"].axis[-1]) if "loss" in trace and len(trace["loss"]) else 0.0


def _loss(line: Line, stream: Stream) -> Curve:
    """Means of equal stretches of the loss, and their average over the last ones."""
    steps, loss = stream.axis, stream[:].astype(float)
    starts = np.unique(np.linspace(0, len(loss), _MOST_POINTS, endpoint=False).astype(int))
    raw = np.add.reduceat(loss, starts) / np.diff(np.append(starts, len(loss)))
    x = steps[np.append(starts[1:], len(loss)) - 1]
    return Curve(line.method, x, _smoothed(raw, _SMOOTHING * len(raw) / len(loss)), raw, line.variant, line.name)


def _smoothed(values: Floats, reach: float) -> Floats:
    """An exponential average over the last ``reach`` values, without bias at its start."""
    decay = 1.0 - 1.0 / max(1.0, reach)
    kernel = decay ** np.arange(len(values))
    out: Floats = np.convolve(values, kernel)[: len(values)] / np.cumsum(kernel)
    return out


@dataclass(frozen=True, eq=False)
class _Particles:
    """Part of a run: x [R, P, D] at times t [R], and real points to compare with [M, D]."""

    t: Floats
    x: NDArray[np.float32]
    real: NDArray[np.float32]

    @classmethod
    def of(cls, stream: Stream) -> _Particles:
        """At most `_MOST_ROWS` rows, fewer where rows are large, of at most `_PARTICLES` particles."""
        n, row = len(stream), 4 * int(np.prod(stream.declared.row_shape))
        wanted = min(n, max(_LEAST_ROWS, min(_MOST_ROWS, _MOST_BYTES // max(1, row))))
        rows = np.unique(np.linspace(0, n - 1, wanted).round().astype(int))
        x = np.stack([stream[int(i)][:_PARTICLES] for i in rows]).astype(np.float32, copy=False)
        real = stream.static.get("data", np.zeros((0, 2), np.float32))
        return cls(stream.column("t")[rows], x, np.asarray(real, np.float32))


def _speed(part: _Particles) -> tuple[Floats, Floats]:
    """The mean length of a particle's way between two rows over the time between them, in the middle of both."""
    with np.errstate(invalid="ignore", over="ignore"):
        lengths = np.sqrt(np.square(np.diff(part.x, axis=0)).sum(axis=2)).mean(axis=1)
    return (part.t[:-1] + part.t[1:]) / 2, lengths / np.diff(part.t)


def _distance(part: _Particles) -> tuple[Floats, Floats]:
    """Sliced Wasserstein-2 distance between particles and real data: the mean over fixed directions of the RMS
    distance between equal quantiles (Bonneel et al. 2015). A row with a number that is not finite has none."""
    if len(part.real) == 0 or part.x.shape[2] != 2:
        return np.zeros(0), np.zeros(0)
    angle = np.pi * (np.arange(_PROJECTIONS) + 0.5) / _PROJECTIONS
    directions = np.stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    target = np.sort((part.real @ directions).T, axis=-1)
    n, m = target.shape[-1], part.x.shape[1]
    # the sorted real points, read at the places of the particles' quantiles
    places = np.clip((np.arange(m) + 0.5) / m * n - 0.5, 0, n - 1)
    low = np.floor(places).astype(int)
    share = (places - low).astype(np.float32)
    target = target[:, low] * (1 - share) + target[:, np.minimum(low + 1, n - 1)] * share
    with np.errstate(invalid="ignore", over="ignore"):
        mine = np.sort((part.x @ directions).swapaxes(1, 2), axis=-1)
        return part.t, np.sqrt(np.square(mine - target).mean(axis=-1)).mean(axis=-1).astype(float)
