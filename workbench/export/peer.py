"""What a frame of the page painter costs beside matplotlib's Agg on the same data, measured in one run."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np

from workbench.export.film import Film, Painter, Shot
from workbench.views.marks import Arrows, Points, Trails, locate

_FRAMES = 12
_DPI = 100


def frame_times(film: Film) -> dict[str, float]:
    """Median milliseconds a frame: ``page`` ours, ``matplotlib`` theirs where it is installed, and the ratio."""
    times = [float(t) for t in np.linspace(0.1, 0.95, _FRAMES)]
    painter, frame = Painter(film), np.empty(film.shape, np.uint8)
    out = {"page": _median(lambda t: painter.paint(Shot(0, t), frame), times)}
    peer = _matplotlib(film)
    if peer is not None:
        out["matplotlib"] = _median(peer, times)
        out["ratio"] = out["matplotlib"] / out["page"]
    return out


def _median(draw: Callable[[float], object], times: list[float]) -> float:
    draw(times[0])
    spent = []
    for t in times:
        start = time.perf_counter()
        draw(t)
        spent.append(1000 * (time.perf_counter() - start))
    return float(np.median(spent))


def write(film: Film, out: Path, n: int) -> bool:
    """Make ``n`` frames spread over the film by matplotlib's writers; False where it is not installed.

    A GIF goes through Pillow, anything else through ffmpeg, both as they come.
    """
    try:
        import matplotlib
        from matplotlib.animation import FFMpegWriter, FuncAnimation, PillowWriter
    except ImportError:
        return False
    matplotlib.rcParams["animation.ffmpeg_path"] = imageio_ffmpeg.get_ffmpeg_exe()
    figure, updates = _figure(film)
    shots = film.shots
    times = [shots[i].t for i in np.linspace(0, len(shots) - 1, n).astype(int)]
    animation = FuncAnimation(figure, lambda t: [update(t) for update in updates], frames=times, blit=False)
    animation.save(out, writer=(PillowWriter if out.suffix == ".gif" else FFMpegWriter)(fps=film.fps), dpi=_DPI)
    return True


def _matplotlib(film: Film) -> Callable[[float], object] | None:
    """A frame drawn by matplotlib; None where it is not installed."""
    if importlib.util.find_spec("matplotlib") is None:
        return None
    figure, updates = _figure(film)

    def draw(t: float) -> object:
        for update in updates:
            update(t)
        figure.canvas.draw()
        return figure.canvas.buffer_rgba()

    return draw


def _figure(film: Film) -> tuple[Any, list[Callable[[float], object]]]:
    """The same lanes as scatters, line collections and quivers, and what replaces their data for each frame."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

    figure = Figure(figsize=(film.size[0] / _DPI, film.size[1] / _DPI), dpi=_DPI, facecolor=film.theme.win)
    FigureCanvasAgg(figure)
    updates: list[Callable[[float], object]] = []
    scenes = film.reel.rows(0)[0]
    for i, scene in enumerate(scenes):
        axes = figure.add_subplot(1, len(scenes), i + 1, facecolor=film.theme.canvas, aspect="equal")
        axes.set_xlim(scene.extent[:2])
        axes.set_ylim(scene.extent[2:])
        for mark in scene.marks:
            if isinstance(mark, Points):
                dots = axes.scatter(*mark.positions[0].T, s=mark.size**2 / 2, c=mark.colours, linewidths=0)
                updates.append(lambda t, d=dots, m=mark: d.set_offsets(m.positions[locate(m.times, t).row]))
            elif isinstance(mark, Trails):
                lines = LineCollection([], colors=mark.colours, linewidths=0.7)
                axes.add_collection(lines)
                updates.append(lambda t, c=lines, m=mark: c.set_segments(_tail(m, t)))
            elif isinstance(mark, Arrows):
                arrows = axes.quiver(*mark.origins.T, *mark.vectors[0].T, color=mark.colour)
                updates.append(lambda t, a=arrows, m=mark: a.set_UVC(*m.vectors[locate(m.times, t).row].T))

    return figure, updates


def _tail(mark: Trails, t: float) -> np.ndarray:
    row = locate(mark.times, t).row
    first = int(np.searchsorted(mark.times, t - mark.span))
    return np.swapaxes(mark.positions[max(0, min(first, row - 1)) : row + 1], 0, 1)
