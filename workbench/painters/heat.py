"""A map of the plane as an image, without GL: the same interpolation, edges and lines as on the stage."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtGui import QImage

from workbench.painters.paper.canvas import Viewport
from workbench.views.maps import table
from workbench.views.marks import Heat, locate

ALPHA = 0.92
"""Opacity of a map; the stage has the same."""


def heat_image(mark: Heat, t: float, view: Viewport, scale: float) -> QImage:
    """A map at time t on a canvas, ``scale`` device pixels to a logical one."""
    width, height = round(view.width * scale), round(view.height * scale)
    pixels = heat_pixels(mark, t, (width, height), lambda place: view.data(place / scale), scale)
    image = QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()
    image.setDevicePixelRatio(scale)
    return image


def heat_pixels(
    mark: Heat,
    t: float,
    size: tuple[int, int],
    data: Callable[[NDArray[np.floating]], NDArray[np.floating]],
    line: float,
) -> NDArray[np.uint8]:
    """Premultiplied BGRA [height, width, 4] at time t.

    Args:
        size: width and height in pixels.
        data: from pixels [..., 2] to the plane.
        line: width of the level lines in pixels.
    """
    width, height = size
    out = np.zeros((height, width, 4), np.uint8)
    if not len(mark.times):
        return out
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    place = data(np.stack([x, y], axis=-1))
    x0, x1, y0, y1 = mark.extent
    rows, columns = mark.values.shape[1:]
    u = (place[..., 0] - x0) / (x1 - x0) * (columns - 1)
    v = (place[..., 1] - y0) / (y1 - y0) * (rows - 1)
    inside = (u >= 0) & (u <= columns - 1) & (v >= 0) & (v <= rows - 1)
    value, cover, relief = (_between(each, mark, t, u, v) for each in _parts(mark))
    edge = np.clip((cover - 0.4) / 0.2, 0.0, 1.0)
    shown = np.where(inside, cover if mark.soft else edge * edge * (3 - 2 * edge), 0.0)
    share = np.clip(value / np.maximum(cover, 1e-6) / mark.top, 0.0, 1.0)
    colour = table(mark.colours)[np.rint(share * 255).astype(np.int64)]
    stroke = _lines(relief, mark.levels, line) if mark.relief is not None else np.zeros_like(shown)
    colour = colour + stroke[..., None] * (1.0 - colour)
    alpha = shown * (ALPHA + stroke * (1.0 - ALPHA))
    out[..., :3] = (colour[..., ::-1] * alpha[..., None] * 255 + 0.5).astype(np.uint8)
    out[..., 3] = (alpha * 255 + 0.5).astype(np.uint8)
    return out


def _parts(mark: Heat) -> tuple[Callable[[int], NDArray[np.floating]], ...]:
    relief = mark.values if mark.relief is None else mark.relief
    return (lambda row: mark.values[row] * mark.cover[row], lambda row: mark.cover[row], lambda row: relief[row])


def _between(
    part: Callable[[int], NDArray[np.floating]], mark: Heat, t: float, u: NDArray[np.floating], v: NDArray[np.floating]
) -> NDArray[np.floating]:
    """A map at places (u, v) in cells and at time t: linear in all three."""
    moment = locate(mark.times, t, glide=mark.glide)
    here = part(moment.row)
    if moment.fraction > 0.0:
        here = here + moment.fraction * (part(moment.row + 1) - here)
    rows, columns = here.shape
    i = np.clip(np.floor(u).astype(np.int64), 0, columns - 2)
    j = np.clip(np.floor(v).astype(np.int64), 0, rows - 2)
    a, b = np.clip(u - i, 0.0, 1.0), np.clip(v - j, 0.0, 1.0)
    low = here[j, i] * (1 - a) + here[j, i + 1] * a
    high = here[j + 1, i] * (1 - a) + here[j + 1, i + 1] * a
    out: NDArray[np.floating] = low * (1 - b) + high * b
    return out


def _lines(relief: NDArray[np.floating], levels: tuple[float, ...], line: float) -> NDArray[np.floating]:
    """How much of each pixel a level line covers."""
    slope = np.maximum(sum(np.abs(each) for each in np.gradient(relief)), 1e-6)
    away = np.min([np.abs(relief - level) for level in levels], axis=0) / slope
    out: NDArray[np.floating] = np.clip(0.5 * line + 0.5 - away, 0.0, 1.0)
    return out
