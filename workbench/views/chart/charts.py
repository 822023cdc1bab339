"""Charts as frozen curves on a common axis, and those over the training step; numpy on what was recorded.

They are made anew whenever rows arrive, on the window's thread, so each reads a bounded part of its trace, and what was
made of as many rows before can be recalled.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.trace import Stream, Trace
from workbench.views.chart.ways import Series
from workbench.views.marks import Method
from workbench.views.time_axis import PLAIN, SYMBOLS, TimeAxis
from workbench.views.words import sampler_words

Floats = NDArray[np.float64]
T = TypeVar("T")

_SMOOTHING, _SHARE = 50, 0.1
"""Losses over which the average reaches, and the share of those so far that it may be: early a loss falls fast."""
_MOST_POINTS, _LEAST = 600, 1e-12
LINE = 1.75
"""Pixels of a curve's width."""
_DASHES = ((), (6.0, 4.0), (2.0, 3.0))
"""Pixels of line and gap, by variant."""
_STROKES = ("solid", "dashed", "dotted")
_ROOM, _FEWEST = 1.15, 100.0
"""Steps to come beside those done, and the shortest axis, while a training goes on."""


class Recall(Protocol):
    """Gives what was made for a key before, and makes it where there is nothing or one of its parts is another."""

    def __call__(self, key: Hashable, parts: tuple[object, ...], make: Callable[[], T]) -> T: ...


def anew(key: Hashable, parts: tuple[object, ...], make: Callable[[], T]) -> T:
    """Recalls nothing."""
    return make()


@dataclass(frozen=True, eq=False)
class Curve:
    """One line: x rising, y, both [n]; ``raw`` is drawn faintly behind where it is given.

    ``variant`` counts curves of the same method, which differ by dash; those have a ``name`` at their end. A ``second``
    curve of the same lane is thin. Over time x are places on the ``axis`` by which the curve's lane is read.
    """

    method: Method
    x: Floats
    y: Floats
    raw: Floats | None = None
    variant: int = 0
    name: str = ""
    axis: TimeAxis = PLAIN
    second: bool = False
    lane: int = 0
    """Whose it is, in the order of the lanes."""


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

    @property
    def over(self) -> str:
        """What runs across."""
        return "training steps" if self.over_steps else SYMBOLS[self.axis.kind]


@dataclass(frozen=True, eq=False)
class Subject:
    """A lane as charts see it. ``measured`` holds what the engine computed of its field later, ``reason`` why not.

    ``variant`` counts lanes of the same method: they differ by dash, by the same one in every chart. ``apart`` says in
    what it differs from lanes whose headers would read alike. Its curves are not ``named`` under a legend. Of its
    training the weights of ``step`` are shown, without one the newest.
    """

    method: Method
    trace: Trace | None = None
    training: Trace | None = None
    axis: TimeAxis = PLAIN
    measured: Trace | None = None
    reason: str = ""
    variant: int = 0
    apart: str = ""
    named: bool = True
    step: float = np.inf
    lane: int = 0


@dataclass(frozen=True)
class Line:
    """Whose curve it is."""

    method: Method
    variant: int
    name: str
    axis: TimeAxis = PLAIN
    lane: int = 0

    def curve(self, t: Floats, y: Floats) -> Curve:
        """Over time."""
        return replace(self.over_steps(self.axis.places(np.asarray(t, float)), y), axis=self.axis)

    def over_steps(self, x: Floats, y: Floats, raw: Floats | None = None) -> Curve:
        return Curve(self.method, x, y, raw, self.variant, self.name, lane=self.lane)


@dataclass(frozen=True, eq=False)
class Recorded:
    """A lane with a trace, and what was made of it."""

    line: Line
    trace: Trace
    recall: Recall

    def of_stream(self, key: str, name: str, make: Callable[[Stream], T], *more: float) -> T:
        """What depends on nothing but the rows of a stream, and on ``more``."""
        stream = self.trace[name]
        return self.recall((self.line.lane, (key, name)), (self.trace, len(stream), *more), lambda: make(stream))

    def numbers(self, key: str, name: str) -> Series:
        """A stream of numbers over its timeline."""
        return self.of_stream(key, name, lambda stream: (stream.axis, stream[:].astype(float)))


@dataclass(frozen=True, eq=False)
class Sampled(Recorded):
    """A lane with recorded steps of sampling."""

    rows: tuple[int, ...]
    """How many there are of each stream; it costs something to ask a file."""

    def of_rows(self, key: Hashable, make: Callable[[Sampled], T]) -> T:
        """What depends on nothing but the rows there are."""
        return self.recall((self.line.lane, key), (self.trace, self.rows), lambda: make(self))


def losses(subjects: Sequence[Subject], recall: Recall) -> tuple[Curve, ...]:
    """Of the lanes that train or were trained here, on one plot; that of held-out data thin."""
    curves = []
    for lane in _training(subjects, recall):
        if "loss" in lane.trace and len(lane.trace["loss"]) > 1:
            curves.append(lane.line.over_steps(*lane.of_stream("smoothed", "loss", _smoothed)))
        curves += _measured(lane, "validation/loss", "held-out")
    return tuple(curves)


def errors_while_training(subjects: Sequence[Subject], recall: Recall) -> tuple[Curve, ...]:
    """The errors that were recorded at each snapshot: of the velocity, and thin of jumps."""
    return tuple(
        curve
        for lane in _training(subjects, recall)
        for name, words in (("metric/velocity_error", ""), ("metric/jump_error", "jumps"))
        for curve in _measured(lane, name, words)
    )


def _measured(lane: Recorded, name: str, words: str) -> list[Curve]:
    """A stream of numbers over the training step, where it has two; with words it is the lane's second curve."""
    if name not in lane.trace or len(lane.trace[name]) < 2:
        return []
    own = replace(lane.line, name=f"{lane.line.name} {words}".strip())
    return [replace(own.over_steps(*lane.numbers("training", name)), second=bool(words))]


def held_out_over_t(subjects: Sequence[Subject], recall: Recall) -> tuple[Curve, ...]:
    """The loss of held-out data in bins of t, as it was measured last before the weights that are shown."""
    name = "validation/loss_over_t"
    known = [
        (subject, subject.training)
        for subject in subjects
        if subject.training is not None and name in subject.training and len(subject.training[name])
    ]
    curves = []
    for (subject, trace), line in zip(known, lines_of(known), strict=True):
        lane = Recorded(line, trace, recall)
        step, row = lane.of_stream("last", name, partial(_last, before=subject.step), subject.step)
        own = replace(line, name=", ".join(filter(None, (line.name, f"step {step:,.0f}"))))
        curves.append(own.curve(trace[name].static["t"], row))
    return tuple(curves)


def _last(stream: Stream, before: float) -> tuple[float, Floats]:
    """The training step of the last row that is not after another, and the row; the first where all are."""
    steps = stream.axis
    row = max(0, int((steps <= before).sum()) - 1)
    return float(steps[row]), stream[row].astype(float)


def last_step(subjects: Sequence[Subject]) -> float:
    """Where the axis of training steps ends."""
    return max((_end(subject.training) for subject in subjects if subject.training is not None), default=1.0)


def _training(subjects: Sequence[Subject], recall: Recall) -> list[Recorded]:
    known = [(subject, subject.training) for subject in subjects if subject.training is not None]
    lines = [replace(line, axis=PLAIN) for line in lines_of(known)]
    return [Recorded(line, trace, recall) for line, (_, trace) in zip(lines, known, strict=True)]


def value_at(curve: Curve, x: float) -> float | None:
    """The curve's height at x, or None outside it."""
    if len(curve.x) < 2 or not curve.x[0] <= x <= curve.x[-1]:
        return None
    return float(np.interp(x, curve.x, curve.y))


def dashes(variant: int, width: float = LINE) -> list[float]:
    """Lengths of line and gap in widths of the line, as pens have them; none of a solid line."""
    return [length / width for length in _DASHES[variant % len(_DASHES)]]


def stroke(variant: int) -> str:
    """The same in a word."""
    return _STROKES[variant % len(_STROKES)]


def numbered(subjects: Sequence[Subject]) -> list[Subject]:
    """With their places and variants."""
    methods = [subject.method for subject in subjects]
    return [replace(each, variant=methods[:i].count(each.method), lane=i) for i, each in enumerate(subjects)]


def lines_of(lanes: Sequence[tuple[Subject, Trace]]) -> list[Line]:
    """Colour and glyph tell methods apart; where lanes share one, dash and name do."""
    lines = []
    for i, (subject, _) in enumerate(lanes):
        alike = [lane for lane in lanes if lane[0].method == subject.method]
        before = [same.method for same, _ in lanes[:i]].count(subject.method)
        name = _names(alike)[before] if subject.named and len(alike) > 1 else ""
        lines.append(Line(subject.method, subject.variant, name, subject.axis, subject.lane))
    return lines


def _names(lanes: Sequence[tuple[Subject, Trace]]) -> list[str]:
    """What tells lanes of one colour apart: data, methods, networks, what their headers say of it, samplers."""
    apart = [subject.apart for subject, _ in lanes]
    samplers = [_sampler(trace) for _, trace in lanes]
    said = (*([say(trace) for _, trace in lanes] for say in (_data, _method, _network)), apart, samplers)
    both = [", ".join(filter(None, words)) for words in zip(samplers, apart, strict=True)]
    return next((names for names in said if len(set(names)) == len(names) and all(names)), both)


def _data(trace: Trace) -> str:
    return trace.meta.get("data_title", trace.spec.data.name)


def _method(trace: Trace) -> str:
    return trace.meta.get("method_title", trace.spec.objective.name)


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
    return trace["loss"].latest if "loss" in trace and len(trace["loss"]) else 0.0


def _smoothed(stream: Stream) -> tuple[Floats, Floats, Floats]:
    """Steps, the average of the loss over the last ones, and means of equal stretches of it: [n] each."""
    steps, loss = stream.axis, stream[:].astype(float)
    starts = np.unique(np.linspace(0, len(loss), _MOST_POINTS, endpoint=False).astype(int))
    raw = np.add.reduceat(loss, starts) / np.diff(np.append(starts, len(loss)))
    x = steps[np.append(starts[1:], len(loss)) - 1]
    return x, smoothed(raw, _SMOOTHING * len(raw) / len(loss)), raw


def smoothed(values: Floats, reach: float) -> Floats:
    """An exponential average of the logarithm, which is what the plot shows, over the last ``reach`` values.

    It begins at the first value and reaches back over no more than a share of those so far, so that it does not stay
    behind a loss that falls fast. From a value that is not finite on there is none.
    """
    logs = np.log(np.maximum(values, _LEAST))
    out, mean = np.empty(len(logs)), logs[0]
    for i, value in enumerate(logs):
        mean += (value - mean) / max(1.0, min(reach, 1 + _SHARE * i))
        out[i] = mean
    return np.exp(out)
