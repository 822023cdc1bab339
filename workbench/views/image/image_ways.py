"""What runs of images do over t: how far each step goes, how early the end is known."""

from __future__ import annotations

import itertools

import numpy as np

from core.trace import Stream
from workbench.views.chart.ways import Series

_IMAGES = 16
"""Images that are averaged over, from the first: those that one sees."""


def updates(stream: Stream) -> Series:
    """The root mean square over pixels and images of what each step changed, at the step's end."""
    rows = [stream[row][:_IMAGES] for row in range(len(stream))]
    with np.errstate(invalid="ignore", over="ignore"):
        sizes = [np.sqrt(np.square(after - before).mean()) for before, after in itertools.pairwise(rows)]
    return stream.column("t")[1:], np.array(sizes, np.float64)


def convergence(stream: Stream, preview: Stream) -> Series:
    """The root mean square over pixels and images of how far the preview x1_hat is from the images that come out."""
    n, first = min(len(stream), len(preview)), slice(_IMAGES)
    last = stream.part(len(stream) - 1, first)
    with np.errstate(invalid="ignore", over="ignore"):
        away = [np.sqrt(np.square(preview.part(row, first) - last).mean()) for row in range(n - 1)]
    # the last preview is the end itself: a distance of 0 that is true of every run
    return preview.column("t")[: n - 1], np.array(away, np.float64)
