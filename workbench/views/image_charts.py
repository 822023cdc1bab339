"""Charts of runs of images over t: how far each step goes, how noisy it is, and when the picture is decided."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.trace import Stream, Trace
from workbench.views.charts import Chart, curves_of, lines_of
from workbench.views.marks import Method

Floats = NDArray[np.float64]

_IMAGES = 16
"""Images that are averaged over, from the first: those that one sees."""


def image_charts(lanes: Sequence[tuple[Method, Trace]]) -> list[Chart]:
    """Norm of the update and of what the preview changes by, per pixel and step, and the noise level."""
    ready = [(method, trace) for method, trace in lanes if len(trace["x"]) > 1]
    lines = lines_of(ready)
    previewed = [trace["x1_hat"] if "x1_hat" in trace else trace["x"] for _, trace in ready]
    noise = [(trace["x"].column("t"), trace["x"].column("sigma")) for _, trace in ready]
    return [
        Chart("Size of a step", "RMS change of xₜ a pixel", curves_of(lines, [_updates(t["x"]) for _, t in ready])),
        Chart("Noise left", "σ at t", curves_of(lines, noise)),
        Chart("Preview settles", "RMS change of x̂₁ a pixel", curves_of(lines, [_updates(each) for each in previewed])),
    ]


def _updates(stream: Stream) -> tuple[Floats, Floats]:
    """The root mean square over pixels and images of what each step changed, at the step's end."""
    rows = [stream[row][:_IMAGES] for row in range(len(stream))]
    with np.errstate(invalid="ignore", over="ignore"):
        sizes = [np.sqrt(np.square(after - before).mean()) for before, after in itertools.pairwise(rows)]
    return stream.column("t")[1:], np.array(sizes, np.float64)
