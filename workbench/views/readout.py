"""What a lane knows of the place under the mouse: the values that its marks show there, in words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.views.marks import Arrows, Heat, Method, Overlay, Scene, locate


class Line(NamedTuple):
    """A value and what it is; ``method`` is whose glyph stands before it."""

    label: str
    value: str
    method: Method | None = None


def readout(scene: Scene, overlays: frozenset[Overlay], x: float, y: float, t: float) -> tuple[Line, ...]:
    """The place (x, y), and there the fields, their difference and the maps that are seen at t; of images, which one
    it is and of what."""
    seen = scene.overlays if scene.overlays is not None else overlays
    if scene.pixels:
        image = scene.image_at(x, y)
        return () if image is None else (Line(image[0], f"image {image[1] + 1}"),)
    lines = [Line("place", _pair(np.array([x, y])))]
    vectors: dict[Overlay, NDArray[np.floating]] = {}
    for mark in scene.marks:
        if mark.overlay not in seen:
            continue
        if isinstance(mark, Arrows) and (found := _vector(mark, x, y, t)) is not None:
            vectors[mark.overlay] = found
            method: Method = "exact" if mark.overlay == "exact" else scene.lane.method
            lines.append(Line(f"exact {mark.reads}" if mark.overlay == "exact" else mark.reads, _pair(found), method))
        elif isinstance(mark, Heat) and (value := _value(mark, x, y, t)) is not None:
            error = mark.overlay == "error"
            lines.append(Line("error" if error else "density", f"{value:.3f}", "error" if error else None))
    if len(vectors) == 2 and not any(line.label == "error" for line in lines):
        apart = float(np.linalg.norm(vectors["field"] - vectors["exact"]))
        share = apart / max(float(np.linalg.norm(vectors["exact"])), 1e-12)
        lines.append(Line("difference", f"{apart:.3f} ({share:.1%})".replace("%", " %"), "error"))
    return tuple(lines)


def _vector(mark: Arrows, x: float, y: float, t: float) -> NDArray[np.floating] | None:
    side = round(len(mark.origins) ** 0.5)
    if not len(mark.times) or side < 2:
        return None
    axis, moment = mark.origins[:side, 0], locate(mark.times, t)
    rows = mark.vectors[moment.row : moment.row + 2].reshape(-1, side, side, 2)
    found = _between(rows, moment.fraction, _cell(axis[0], axis[-1], side, x, y))
    return found if found is not None and np.isfinite(found).all() else None


def _value(mark: Heat, x: float, y: float, t: float) -> float | None:
    if not len(mark.times):
        return None
    moment = locate(mark.times, t, glide=mark.glide)
    rows = slice(moment.row, moment.row + 2)
    cover = mark.cover[rows]
    parts = np.stack([mark.values[rows] * cover, cover], axis=-1)
    found = _between(parts, moment.fraction, _cell(*mark.extent[:2], mark.values.shape[2], x, y))
    return None if found is None or found[1] < (1e-3 if mark.soft else 0.5) else float(found[0] / found[1])


def _cell(low: float, high: float, count: int, x: float, y: float) -> tuple[float, float]:
    """A place in cells of a square mesh."""
    cell = (high - low) / (count - 1)
    return (x - low) / cell, (y - low) / cell


def _between(rows: NDArray[np.floating], fraction: float, where: tuple[float, float]) -> NDArray[np.floating] | None:
    """One or two rows [n, R, C, k] at a place in cells and a fraction of the way, linear in all three: [k]; None
    outside the mesh."""
    high, wide = rows.shape[1:3]
    u, v = where
    if not (0 <= u <= wide - 1 and 0 <= v <= high - 1):
        return None
    i, j = min(int(u), wide - 2), min(int(v), high - 2)
    part = rows[:, j : j + 2, i : i + 2]
    here = part[0] + fraction * (part[-1] - part[0]) if fraction > 0 else part[0]
    across = here[:, 0] + (u - i) * (here[:, 1] - here[:, 0])
    out: NDArray[np.floating] = across[0] + (v - j) * (across[1] - across[0])
    return out


def _pair(values: NDArray[np.floating]) -> str:
    return "({:.2f}, {:.2f})".format(*(values + 0.0)).replace("-", "−")
