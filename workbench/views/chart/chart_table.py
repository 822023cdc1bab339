"""Every chart there is: its title, what it shows, and how its curves come from the lanes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.trace import Trace
from workbench.views.chart import ways
from workbench.views.chart.charts import (
    Chart,
    Curve,
    Line,
    Subject,
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


@dataclass(frozen=True)
class ChartKind:
    """``words`` stand in place of curves where there is none."""

    key: str
    title: str
    what: str
    curves: Callable[[Sequence[Subject]], tuple[Curve, ...]]
    log: bool = False
    over_steps: bool = False
    words: str = "Nothing recorded yet"


def chart(key: str, subjects: Sequence[Subject], reference: int = 0) -> Chart:
    """A chart of these lanes; its cursor is read by the lane ``reference``."""
    kind = TABLE[key]
    axes = shared([subject.axis for subject in subjects])
    subjects = numbered([replace(subject, axis=axis) for subject, axis in zip(subjects, axes, strict=True)])
    curves = kind.curves(subjects)
    words = "" if curves else next((subject.reason for subject in subjects if subject.reason), "")
    axis = axes[min(reference, len(axes) - 1)] if axes else PLAIN
    return Chart(
        key, kind.title, kind.what, curves, kind.log, kind.over_steps,
        last_step(subjects) if kind.over_steps else 1.0, PLAIN if kind.over_steps else axis,
        "" if curves else (words if key == MEASURED and words else kind.words),
    )  # fmt: skip


def _sampled(subjects: Sequence[Subject]) -> list[tuple[Line, Trace]]:
    """Lanes with at least two recorded steps."""
    ready = [
        (subject, subject.trace)
        for subject in subjects
        if subject.trace is not None and "x" in subject.trace and len(subject.trace["x"]) > 1
    ]
    return list(zip(lines_of(ready), [trace for _, trace in ready], strict=True))


def _drawn(series: Iterable[tuple[Line, Series]]) -> tuple[Curve, ...]:
    return tuple(line.curve(t, y) for line, (t, y) in series if len(t) > 1)


def _of_particles(measure: Callable[[Particles], Series]) -> Callable[[Sequence[Subject]], tuple[Curve, ...]]:
    return lambda subjects: _drawn(
        (line, measure(Particles.of(trace["x"]))) for line, trace in _sampled(subjects) if _in_plane(trace)
    )


def _in_plane(trace: Trace) -> bool:
    return len(trace["x"].declared.row_shape) == 2


def _of_images(name: str) -> Callable[[Sequence[Subject]], tuple[Curve, ...]]:
    """What each step changed in a stream of images."""
    return lambda subjects: _drawn(
        (line, image_ways.updates(trace[name]))
        for line, trace in _sampled(subjects)
        if shows_images(trace) and name in trace and len(trace[name]) > 1
    )


def _convergence(subjects: Sequence[Subject]) -> tuple[Curve, ...]:
    return _drawn(
        (line, _away_from_end(trace))
        for line, trace in _sampled(subjects)
        if "x1_hat" in trace and trace["x1_hat"].complete
    )


def _away_from_end(trace: Trace) -> Series:
    """How far the preview is from where it ends: in the plane a distance, of images that of a pixel."""
    x, preview = trace["x"], trace["x1_hat"]
    if shows_images(trace):
        return image_ways.convergence(x, preview)
    return ways.convergence(Particles.of(x), Particles.of(preview))


def _straightness(subjects: Sequence[Subject]) -> tuple[Curve, ...]:
    """With the integral S at the curve's end."""
    curves = []
    for line, trace in _sampled(subjects):
        if _in_plane(trace) and trace["x"].complete:
            part = Particles.of(trace["x"])
            named = replace(line, name=f"{line.name} S {ways.straightness(part):.2f}".strip())
            curves.append(named.curve(*ways.bend(part)))
    return tuple(curves)


def _column(name: str) -> Callable[[Sequence[Subject]], tuple[Curve, ...]]:
    return lambda subjects: _drawn(
        (line, (trace["x"].column("t"), trace["x"].column(name))) for line, trace in _sampled(subjects)
    )


def _coefficients(subjects: Sequence[Subject]) -> tuple[Curve, ...]:
    """alpha as a line, sigma dashed."""
    curves = []
    for line, trace in _sampled(subjects):
        x = trace["x"]
        for variant, (name, symbol) in enumerate((("alpha", "α"), ("sigma", "σ"))):
            own = replace(line, variant=variant, name=f"{symbol} {line.name}".strip())
            curves.append(own.curve(x.column("t"), x.column(name)))
    return tuple(curves)


def _log_snr(subjects: Sequence[Subject]) -> tuple[Curve, ...]:
    """Where it is finite."""
    series = []
    for line, trace in _sampled(subjects):
        t, alpha, sigma = (trace["x"].column(name) for name in ("t", "alpha", "sigma"))
        finite = (alpha > _LEAST) & (sigma > _LEAST)
        series.append((line, (t[finite], 2 * np.log(alpha[finite] / sigma[finite]))))
    return _drawn(series)


def _conditioning(subjects: Sequence[Subject]) -> tuple[Curve, ...]:
    return _drawn((line, _determinant(trace)) for line, trace in _sampled(subjects))


def _determinant(trace: Trace) -> Series:
    """|D| where it is a number that a logarithm has."""
    size = determinant(trace)
    keep = np.isfinite(size) & (size > _LEAST)
    return trace["x"].column("t")[keep], size[keep]


def _errors(subjects: Sequence[Subject]) -> tuple[Curve, ...]:
    """The learned velocity against the exact one at times the engine chose."""
    known = [
        (subject.measured["metric/velocity_error"], (subject, subject.trace))
        for subject in subjects
        if subject.measured is not None and subject.trace is not None
        and "metric/velocity_error" in subject.measured and len(subject.measured["metric/velocity_error"]) > 1
    ]  # fmt: skip
    lines = lines_of([lane for _, lane in known])
    return _drawn((line, (s.axis, s[:].astype(float))) for line, (s, _) in zip(lines, known, strict=True))


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
        ChartKind("preview", "Preview x̂₁", "RMS distance to where it ends, log", _convergence, log=True),
        ChartKind(
            "update", "Size of a step", "RMS change of xₜ a pixel", _of_images("x"), words="No images here",
        ),
        ChartKind(
            "settling", "Preview settles", "RMS change of x̂₁ a pixel", _of_images("x1_hat"), words="No images here",
        ),
        ChartKind("straightness", "Straightness", "|velocity − chord|², area S", _straightness),
        ChartKind("coefficients", "Path coefficients", "α line, σ dashed", _coefficients),
        ChartKind("log-snr", "log-SNR", "2 log(α / σ)", _log_snr),
        ChartKind("conditioning", "Conditioning", "|D(t)|: decoding divides by it, log", _conditioning, log=True),
        ChartKind(
            "loss", "Loss", "smoothed over the raw, held-out thin, log", losses, log=True, over_steps=True,
            words="Nothing was trained here",
        ),
        ChartKind(
            "held-out", "Held-out loss over t", "each on its own target, log", held_out_over_t, log=True,
            words="No held-out loss measured in training",
        ),
        ChartKind(
            "error", "Error against exact", "velocity, jumps thin, log", errors_while_training, log=True,
            over_steps=True, words="No error measured in training",
        ),
    )
}  # fmt: skip
WHILE_SAMPLING = ("distance", "noise", "speed")
OF_IMAGES = ("update", "noise", "settling")
WHILE_TRAINING = ("loss", "error")
TRAINING_IMAGES = ("loss", "held-out")
