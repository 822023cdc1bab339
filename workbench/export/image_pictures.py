"""Still pictures of runs of images: key frames, and generated images beside real ones."""

from __future__ import annotations

import dataclasses

import numpy as np
from PyQt6.QtGui import QImage

from core.trace import Trace
from core.trace.derive import sampled
from workbench.painters.paper.panels import Panel, paint_panels
from workbench.views.image.images import ImageLook, real_scene, scene
from workbench.views.marks import Overlay
from workbench.views.theme import Theme

_PANEL, _CAPTION = 300, 82
_GRID: frozenset[Overlay] = frozenset({"image"})


def key_frames(trace: Trace, theme: Theme, n: int = 6) -> QImage:
    """The grid at recorded times evenly spread over t; each caption is the state's own t."""
    shown = sampled(trace)
    grid = scene(shown, ImageLook(theme, _GRID))
    times = shown["x"].column("t")
    rows = [int(np.abs(times - t).argmin()) for t in np.linspace(times[0], times[-1], n)]
    panels = [Panel(grid, float(times[row]), f"t = {times[row]:.3f}") for row in rows]
    return _row(panels, theme, f"{grid.lane.title}: from noise to data")


def real_against_generated(trace: Trace, theme: Theme) -> QImage:
    """The noise, what became of it, and the real images of the same classes that the run has beside it."""
    shown = sampled(trace)
    look = ImageLook(theme, _GRID)
    grid = scene(shown, look)
    panels = [Panel(grid, 0.0, "Noise"), Panel(grid, 1.0, "Generated")]
    real = real_scene(shown, look)
    if real is not None:
        panels.append(Panel(dataclasses.replace(real, extent=grid.extent), 1.0, "Real data"))
    return _row(panels, theme, f"{grid.lane.title}: real against generated", width=420)


def _row(panels: list[Panel], theme: Theme, title: str, width: int = _PANEL) -> QImage:
    return paint_panels(panels, (width * len(panels) + 16, width + _CAPTION), theme, title=title, scale=1.5)
