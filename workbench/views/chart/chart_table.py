"""Every chart there is: its title, what it shows, and how its curves come from the lanes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.trace import Stream, Trace
from workbench.views.chart import ways
from workbench.views.chart.charts import (
    Chart,
    Curve,
    Line,
    Recall,
    Recorded,
    Sampled,
    Subject,
    anew,
    errors_while_training,
    held_out_over_t,
    last_step,
    lines_of,
    losses,
    numbered,
)
from workbench.views.chart.ways import Particles, Series
from workbench.views.image import image_ways
from workbench.views.image.images import shows_images
from workbench.views.predictions import determinant
from workbench.views.time_axis import PLAIN, shared

MEASURED = "error-over-t"
"""The chart for which the engine has to compute something."""
_LEAST = 1e-9
_NOTHING_YET = "Nothing recorded yet"


Curves = Callable[[Sequence[Subject], Recall], tuple[Curve, ...]]


@dataclass(frozen=True)
class ChartKind:
    """``words`` stand in place of curves where there is none; what a training goes on to record in one of the
    ``streams`` is awaited instead."""

    key: str
    title: str
    what: str
    curves: Curves
    log: bool = False
    over_steps: bool = False
    words: str = _NOTHING_YET
    streams: tuple[str, ...] = ()

    def none(self, subjects: Sequence[Subject]) -> str:
        """Why there is no curve of these lanes."""
        training = [subject.training for subject in subjects if subject.training is not None]
        goes_on = [trace for trace in training if trace.status == "running"]
        awaited = any(name in trace for trace in goes_on for name in self.streams)
        return _NOTHING_YET if awaited else self.words


def chart(key: str, subjects: Sequence[Subject], reference: int = 0, recall: Recall = anew) -> Chart:
    """A chart of these lanes; its cursor is read by the lane ``reference``. What it reads of a lane can be recalled."""
    kind = TABLE[key]
    axes = shared([subject.axis for subject in subjects])
    subjects = numbered([replace(subject, axis=axis) for subject, axis in zip(subjects, axes, strict=True)])
    curves = kind.curves(subjects, recall)
    words = "" if curves else next((subject.reason for subject in subjects if subject.reason), "")
    axis = axes[min(reference, len(axes) - 1)] if axes else PLAIN
    return Chart(
        key, kind.title, kind.what, curves, kind.log, kind.over_steps,
        last_step(subjects) if kind.over_steps else 1.0, PLAIN if kind.over_steps else axis,
        "" if curves else (words if key == MEASURED and words else kind.none(subjects)),
    )  # fmt: skip


def _sampled(subjects: Sequence[Subject], recall: Recall) -> list[Sampled]:
    """Lanes with at least two recorded steps."""
    ready = [
        (subject, subject.trace)
        for subject in subjects
        if subject.trace is not None and "x" in subject.trace and len(subject.trace["x"]) > 1
    ]
    return [
        Sampled(line, trace, recall, tuple(len(stream) for stream in trace.streams.values()))
        for line, (_, trace) in zip(lines_of(ready), ready, strict=True)
    ]


def _drawn(series: Iterable[tuple[Line, Series]]) -> tuple[Curve, ...]:
    return tuple(line.curve(t, y) for line, (t, y) in series if len(t) > 1)


def _of_rows(key: str, measure: Callable[[Sampled], Series], suits: Callable[[Trace], bool] = lambda _: True) -> Curves:
    """A curve for each lane that this suits, measured again where rows have come."""
    return lambda subjects, recall: _drawn(
        (lane.line, lane.of_rows(key, measure)) for lane in _sampled(subjects, recall) if suits(lane.trace)
    )


def _in_plane(trace: Trace) -> bool:
    return len(trace["x"].declared.row_shape) == 2


def _particles(lane: Sampled, name: str = "x") -> Particles:
    return lane.of_rows(("particles", name), lambda lane: Particles.of(lane.trace[name]))


def _of_particles(measure: Callable[[Particles], Series]) -> Curves:
    return _of_rows(measure.__name__, lambda lane: measure(_particles(lane)), _in_plane)


def _of_images(name: str) -> Curves:
    """What each step changed in a stream of images."""
    return _of_rows(
        f"updates {name}",
        lambda lane: image_ways.updates(lane.trace[name]),
        lambda trace: shows_images(trace) and name in trace and len(trace[name]) > 1,
    )


def _has_preview(trace: Trace) -> bool:
    return "x1_hat" in trace and trace["x1_hat"].complete


def _away_from_end(lane: Sampled) -> Series:
    """How far the preview is from where it ends: in the plane a distance, of images that of a pixel."""
    if shows_images(lane.trace):
        return image_ways.convergence(lane.trace["x"], lane.trace["x1_hat"])
    return ways.convergence(_particles(lane), _particles(lane, "x1_hat"))


def _straightness(subjects: Sequence[Subject], recall: Recall) -> tuple[Curve, ...]:
    """With the integral S at the curve's end."""
    curves = []
    for lane in _sampled(subjects, recall):
        if _in_plane(lane.trace) and lane.trace["x"].complete:
            total = lane.of_rows("straightness", lambda lane: ways.straightness(_particles(lane)))
            named = replace(lane.line, name=f"{lane.line.name} S {total:.2f}".strip())
            curves.append(named.curve(*lane.of_rows("bend", lambda lane: ways.bend(_particles(lane)))))
    return tuple(curves)


def _column(name: str) -> Curves:
    return _of_rows(name, lambda lane: (lane.trace["x"].column("t"), lane.trace["x"].column(name)))


def _coefficients(subjects: Sequence[Subject], recall: Recall) -> tuple[Curve, ...]:
    """alpha as a line, sigma dashed."""
    curves = []
    for lane in _sampled(subjects, recall):
        t, *values = lane.of_rows("coefficients", lambda lane: _columns(lane.trace["x"], "t", "alpha", "sigma"))
        for variant, (symbol, y) in enumerate(zip("ασ", values, strict=True)):
            own = replace(lane.line, variant=variant, name=f"{symbol} {lane.line.name}".strip())
            curves.append(own.curve(t, y))
    return tuple(curves)


def _columns(x: Stream, *names: str) -> list[ways.Floats]:
    return [x.column(name) for name in names]


def _log_snr(lane: Sampled) -> Series:
    """Where it is finite."""
    t, alpha, sigma = _columns(lane.trace["x"], "t", "alpha", "sigma")
    finite = (alpha > _LEAST) & (sigma > _LEAST)
    return t[finite], 2 * np.log(alpha[finite] / sigma[finite])


def _determinant(lane: Sampled) -> Series:
    """|D| where it is a number that a logarithm has."""
    size = determinant(lane.trace)
    keep = np.isfinite(size) & (size > _LEAST)
    return lane.trace["x"].column("t")[keep], size[keep]


def _errors(subjects: Sequence[Subject], recall: Recall) -> tuple[Curve, ...]:
    """The learned velocity against the exact one at times the engine chose."""
    name = "metric/velocity_error"
    known = [
        (subject.measured, (subject, subject.trace))
        for subject in subjects
        if subject.measured is not None and subject.trace is not None
        and name in subject.measured and len(subject.measured[name]) > 1
    ]  # fmt: skip
    lines = lines_of([lane for _, lane in known])
    return _drawn(
        (line, Recorded(line, measured, recall).numbers("measured", name))
        for line, (measured, _) in zip(lines, known, strict=True)
    )


TABLE: dict[str, ChartKind] = {
    kind.key: kind
    for kind in (
        ChartKind(
            "distance", "Distance to data", "sliced Wasserstein, log", _of_particles(ways.distance), log=True,
            words="No data to compare with",
        ),
        ChartKind("noise", "Noise left", "σ at t", _column("sigma")),
        ChartKind("speed", "Mean speed", "|dx / dt| over particles", _of_particles(ways.speed)),
        ChartKind(MEASURED, "Velocity error over t", "RMS to exact, units / time, log", _errors, log=True),
        ChartKind(
            "preview", "Preview x̂₁", "RMS distance to where it ends, log",
            _of_rows("preview", _away_from_end, _has_preview), log=True,
        ),
        ChartKind(
            "update", "Size of a step", "RMS change of xₜ a pixel", _of_images("x"), words="No images here",
        ),
        ChartKind(
            "settling", "Preview settles", "RMS change of x̂₁ a pixel", _of_images("x1_hat"), words="No images here",
        ),
        ChartKind("straightness", "Straightness", "|velocity − chord|², area S", _straightness),
        ChartKind("coefficients", "Path coefficients", "α line, σ dashed", _coefficients),
        ChartKind("log-snr", "log-SNR", "2 log(α / σ)", _of_rows("log-snr", _log_snr)),
        ChartKind(
            "conditioning", "Conditioning", "|D(t)|: decoding divides by it, log",
            _of_rows("conditioning", _determinant), log=True,
        ),
        ChartKind(
            "loss", "Loss", "smoothed over the raw, held-out thin, log", losses, log=True, over_steps=True,
            words="Nothing was trained here", streams=("loss",),
        ),
        ChartKind(
            "held-out", "Held-out loss over t", "each on its own target, log", held_out_over_t, log=True,
            words="No held-out loss measured in training", streams=("validation/loss_over_t",),
        ),
        ChartKind(
            "error", "Error against exact", "velocity, jumps thin, log", errors_while_training, log=True,
            over_steps=True, words="No error measured in training",
            streams=("metric/velocity_error", "metric/jump_error"),
        ),
    )
}  # fmt: skip
WHILE_SAMPLING = ("distance", "noise", "speed")
OF_IMAGES = ("update", "noise", "settling")
WHILE_TRAINING = ("loss", "error")
TRAINING_IMAGES = ("loss", "held-out")
