"""What runs of images do over t: how far each step goes."""

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
