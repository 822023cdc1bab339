"""Charts as frozen curves on a common axis, and those over the training step; numpy on what was recorded.

They are made anew whenever rows arrive, on the window's thread, so each reads a bounded part of its trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.trace import Stream, Trace
from workbench.views.marks import Method
from workbench.views.time_axis import PLAIN, TimeAxis
from workbench.views.words import sampler_words

Floats = NDArray[np.float64]

_SMOOTHING = 50
"""Losses over which the average reaches."""
_MOST_POINTS = 600
_ROOM, _FEWEST = 1.15, 100.0
"""Steps to come beside those done, and the shortest axis, while a training goes on."""


@dataclass(frozen=True, eq=False)
class Curve:
    """One line: x rising, y, both [n]; ``raw`` is drawn faintly behind where it is given.

    ``variant`` counts curves of the same method, which differ by dash; those have a ``name`` at their end. Over time x
    are places on the ``axis`` by which the curve's lane is read.
    """

    method: Method
    x: Floats
    y: Floats
    raw: Floats | None = None
    variant: int = 0
    name: str = ""
    axis: TimeAxis = PLAIN


@dataclass(frozen=True, eq=False)
class Chart:
    """Curves over time, from 0 to 1, or over the training step, from 0 to ``end``; or words why there is none."""

    key: str
    title: str
    what: str
    curves: tuple[Curve, ...]
    log: bool = False
    over_steps: bool = False
    end: float = 1.0
    axis: TimeAxis = PLAIN
    """How the cursor is read: by the lane that was chosen, or the first."""
    words: str = ""


@dataclass(frozen=True, eq=False)
class Subject:
    """A lane as charts see it. ``measured`` holds what the engine computed of its field later, ``reason`` why not."""

    method: Method
    trace: Trace | None = None
    training: Trace | None = None
    axis: TimeAxis = PLAIN
    measured: Trace | None = None
    reason: str = ""


@dataclass(frozen=True)
class Line:
    """Whose curve it is."""

    method: Method
    variant: int
    name: str
    axis: TimeAxis = PLAIN

    def curve(self, t: Floats, y: Floats) -> Curve:
        """Over time."""
        return Curve(self.method, self.axis.places(np.asarray(t, float)), y, None, self.variant, self.name, self.axis)


def losses(subjects: Sequence[Subject]) -> tuple[Curve, ...]:
    """Of the lanes that train or were trained here, on one plot."""
    return tuple(
        _loss(line, trace["loss"]) for line, trace in _training(subjects) if "loss" in trace and len(trace["loss"]) > 1
    )


def errors_while_training(subjects: Sequence[Subject]) -> tuple[Curve, ...]:
    """The errors that were recorded at each snapshot: of the velocity, and of jumps with another dash."""
    curves = []
    for line, trace in _training(subjects):
        for more, (name, words) in enumerate((("metric/velocity_error", ""), ("metric/jump_error", "jumps"))):
            if name in trace and len(trace[name]) > 0:
                stream, own = trace[name], f"{words} {line.name}".strip()
                curves.append(Curve(line.method, stream.axis, stream[:].astype(float), None, line.variant + more, own))
    return tuple(curves)


def last_step(subjects: Sequence[Subject]) -> float:
    """Where the axis of training steps ends."""
    return max((_end(trace) for _, trace in _training(subjects)), default=1.0)


def _training(subjects: Sequence[Subject]) -> list[tuple[Line, Trace]]:
    known = [(subject, subject.training) for subject in subjects if subject.training is not None]
    lines = lines_of([(subject.method, trace, PLAIN) for subject, trace in known])
    return list(zip(lines, [trace for _, trace in known], strict=True))


def value_at(curve: Curve, x: float) -> float | None:
    """The curve's height at x, or None outside it."""
    if len(curve.x) < 2 or not curve.x[0] <= x <= curve.x[-1]:
        return None
    return float(np.interp(x, curve.x, curve.y))


def lines_of(lanes: Sequence[tuple[Method, Trace, TimeAxis]]) -> list[Line]:
    """Colour and glyph tell methods apart; where lanes share one, dash and name do."""
    lines = []
    for i, (method, _, axis) in enumerate(lanes):
        alike = [other for same, other, _ in lanes if same == method]
        before = [same for same, _, _ in lanes[:i]].count(method)
        lines.append(Line(method, before, _names(alike)[before] if len(alike) > 1 else "", axis))
    return lines


def _names(traces: Sequence[Trace]) -> list[str]:
    """What tells runs of one method apart: their data, their networks, else sampler and steps."""
    for say in (_data, _network):
        names = [say(trace) for trace in traces]
        if len(set(names)) == len(names):
            return names
    return [_sampler(trace) for trace in traces]


def _data(trace: Trace) -> str:
    return trace.meta.get("data_title", trace.spec.data.name)


def _network(trace: Trace) -> str:
    return trace.meta.get("network_title", trace.spec.network.name)


def _sampler(trace: Trace) -> str:
    steps = len(trace["x"]) - 1 if "x" in trace else trace.spec.sampler.params.get("n_steps", "")
    return sampler_words(trace.meta.get("sampler_title", trace.spec.sampler.name), steps)


def _end(trace: Trace) -> float:
    """The last step that was done; of a training that goes on its end, halved as often as what is done has room."""
    if trace.status == "running":
        end, done = float(trace.spec.training.n_steps), max(_ROOM * steps_done(trace), _FEWEST)
        while end / 2 >= done:
            end /= 2
        return end
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
