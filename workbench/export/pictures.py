"""Still pictures of runs: key frames, trajectories, fields, and generated points over real ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PyQt6.QtGui import QImage

from core.trace import Trace
from core.trace.derive import sampled
from workbench.export.whole import whole
from workbench.painters.bits import encoded
from workbench.painters.paper.panels import Panel, paint_panels
from workbench.views.lane2d import Look, particle_colours, scene
from workbench.views.marks import Mark, Points, Scene, evenly
from workbench.views.theme import Theme, rgba
from workbench.views.whole_ways import WAYS

_PANEL, _CHROME = 300, 82


def key_frames(trace: Trace, theme: Theme, n: int = 6) -> QImage:
    """Recorded states evenly spread over t; each caption is the state's own t."""
    shown = sampled(trace)
    whole = scene(shown, Look(theme), shown["x"].static.get("data"))
    bare = _with(whole, tuple(mark for mark in whole.marks if mark.overlay in ("real", "particles")))
    times = shown["x"].column("t")
    panels = [Panel(bare, float(times[row]), f"t = {times[row]:.3f}") for row in evenly(times, n)]
    return _row(panels, theme, f"{whole.lane.title}: from noise to data")


def trajectories(trace: Trace, theme: Theme) -> QImage:
    """The whole ways of some particles: a ring where each starts, a square where it ends."""
    shown = sampled(trace)
    whole = scene(shown, Look(theme, overlays=frozenset({"real", "ways"})), shown["x"].static.get("data"))
    panel = Panel(whole, 1.0, f"{WAYS} ways, a ring in the noise, a square where each ends")
    return paint_panels([panel], (620, 640), theme, title=f"{whole.lane.title}: trajectories", scale=2.0)


def vector_field(trace: Trace, theme: Theme, times: Sequence[float] = (0.1, 0.5, 0.9)) -> QImage:
    """The velocity field at some recorded times, on one scale of length."""
    shown = sampled(trace)
    whole = scene(shown, Look(theme), shown["x"].static.get("data"))
    kept = tuple(mark for mark in whole.marks if mark.overlay in ("field", "particles"))
    recorded = shown["x"].column("t")
    nearest = [float(recorded[np.abs(recorded - t).argmin()]) for t in times]
    panels = [Panel(_with(whole, kept), t, f"Velocity at t = {t:.3f}") for t in nearest]
    return _row(panels, theme, f"{whole.lane.title}: velocity field", width=420)


def real_against_generated(trace: Trace, theme: Theme) -> QImage:
    """Generated points over points of the data set, the noise that they came from beside them."""
    shown = sampled(trace)
    whole = scene(shown, Look(theme), shown["x"].static.get("data"))
    real = shown["x"].static["data"][None].astype(np.float32)
    now = np.array([1.0])
    grey = np.tile(np.array(rgba(theme.methods["real"], 0.55), np.float32), (real.shape[1], 1))
    made = np.tile(
        np.array(rgba(theme.methods[whole.lane.method], 0.75), np.float32), (shown["x"].declared.row_shape[0], 1)
    )
    cloud = Points("real", real, now, grey, 2.6)
    end = Points("particles", shown["x"][-1:], now, made, 2.6)
    start = Points("particles", shown["x"][:1], now, particle_colours(shown, theme), 2.6)
    real_lane = dataclasses.replace(whole.lane, method="real")
    panels = [
        Panel(_with(whole, (start,)), 1.0, "Noise"),
        Panel(dataclasses.replace(_with(whole, (cloud,)), lane=real_lane), 1.0, "Real data"),
        Panel(_with(whole, (cloud, end)), 1.0, "Generated over real"),
    ]
    return _row(panels, theme, f"{whole.lane.title}: real against generated", width=420)


def save_picture(image: QImage, path: Path) -> Path:
    """Write a PNG.

    Raises:
        FlowscopeError: the folder is gone or the disk is full.
    """
    with whole(path) as part:
        part.write_bytes(encoded(image, "PNG"))
    return path


def _with(whole: Scene, marks: tuple[Mark, ...]) -> Scene:
    return dataclasses.replace(whole, marks=marks)


def _row(panels: list[Panel], theme: Theme, title: str, width: int = _PANEL) -> QImage:
    return paint_panels(panels, (width * len(panels) + 16, width + _CHROME), theme, title=title, scale=1.5)
