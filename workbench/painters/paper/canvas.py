"""The canvas of a lane: what part of the plane it shows, its grid, and its axis numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen

from workbench.painters import fonts
from workbench.views.axes import ticks
from workbench.views.image.images import even
from workbench.views.theme import Theme

#: Axis numbers lie within this many pixels of the left and of the bottom edge.
NUMBERS_ACROSS, NUMBERS_UP = 72, 28
_HALO = 2.0
_AROUND = [QPointF(_HALO * math.cos(a), _HALO * math.sin(a)) for a in np.arange(12) * math.pi / 6]


@dataclass(frozen=True)
class Viewport:
    """Maps data units to pixels of a canvas, with equal aspect, showing at least the extent."""

    width: float
    height: float
    extent: tuple[float, float, float, float]
    pixels: bool = False

    @property
    def unit(self) -> float:
        """Pixels in one data unit."""
        x0, x1, y0, y1 = self.extent
        fitting = min(self.width / (x1 - x0), self.height / (y1 - y0))
        return even(fitting) if self.pixels else fitting

    def __call__(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points [..., 2] in pixels, y down."""
        x0, x1, y0, y1 = self.extent
        out = points.astype(np.float64)
        out[..., 0] = self.width / 2 + (out[..., 0] - (x0 + x1) / 2) * self.unit
        out[..., 1] = self.height / 2 - (out[..., 1] - (y0 + y1) / 2) * self.unit
        return out

    def box(self, box: tuple[float, float, float, float]) -> QRectF:
        """A box (x0, x1, y0, y1) in pixels."""
        corners = self(np.array([[box[0], box[3]], [box[1], box[2]]]))
        return QRectF(QPointF(*corners[0]), QPointF(*corners[1]))

    def data(self, pixels: NDArray[np.floating]) -> NDArray[np.float64]:
        """The place in the plane of pixels [..., 2]: the inverse."""
        x0, x1, y0, y1 = self.extent
        out = pixels.astype(np.float64)
        out[..., 0] = (out[..., 0] - self.width / 2) / self.unit + (x0 + x1) / 2
        out[..., 1] = (self.height / 2 - out[..., 1]) / self.unit + (y0 + y1) / 2
        return out

    @property
    def seen(self) -> tuple[float, float, float, float]:
        """The part of the plane that is visible: x0, x1, y0, y1."""
        x0, x1, y0, y1 = self.extent
        half_x, half_y = self.width / 2 / self.unit, self.height / 2 / self.unit
        return ((x0 + x1) / 2 - half_x, (x0 + x1) / 2 + half_x, (y0 + y1) / 2 - half_y, (y0 + y1) / 2 + half_y)

    def ticks(self) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """Round values along x and along y, each with its place in pixels."""
        x0, x1, y0, y1 = self.seen
        across = [(float(v), float(self(np.array([v, 0.0]))[0])) for v in ticks(x0, x1, self.width)]
        up = [(float(v), float(self(np.array([0.0, v]))[1])) for v in ticks(y0, y1, self.height)]
        return across, up


def paint_ground(painter: QPainter, rect: QRectF, view: Viewport, theme: Theme) -> None:
    """Background and grid lines; under images there are none."""
    painter.fillRect(rect, QColor(theme.canvas))
    if view.pixels:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(QColor.fromRgbF(*theme.grid), 1))
    across, up = view.ticks()
    for _, x in across:
        painter.drawLine(QPointF(rect.x() + x, rect.top()), QPointF(rect.x() + x, rect.bottom()))
    for _, y in up:
        painter.drawLine(QPointF(rect.left(), rect.y() + y), QPointF(rect.right(), rect.y() + y))
    painter.restore()


def paint_numbers(painter: QPainter, rect: QRectF, view: Viewport, theme: Theme, *, outlines: bool = False) -> None:
    """Numbers inside the canvas along its left and bottom edge, each with a halo; beside images there are none.

    With ``outlines`` the halo is a stroke around the letters; as pixels it is the letters drawn all around, since Qt
    rounds outlines otherwise before a glyph is first drawn, and a first page would differ from the next.
    """
    if view.pixels:
        return
    write(painter, _labels(rect, view, QFontMetricsF(fonts.ui(12))), theme, outlines=outlines)


def write(painter: QPainter, labels: list[tuple[QPointF, str]], theme: Theme, *, outlines: bool) -> None:
    """Words, each from its place on the base line, with a halo in the canvas colour."""
    font = fonts.ui(12)
    painter.setFont(font)
    painter.setPen(QColor(theme.canvas))
    for place, text in labels:
        if outlines:
            path = QPainterPath()
            path.addText(place, font, text)
            painter.strokePath(path, QPen(QColor(theme.canvas), 2 * _HALO, join=Qt.PenJoinStyle.RoundJoin))
        else:
            for offset in _AROUND:
                painter.drawText(place + offset, text)
    painter.setPen(QColor(theme.t2))
    for place, text in labels:
        painter.drawText(place, text)


def _labels(rect: QRectF, view: Viewport, metrics: QFontMetricsF) -> list[tuple[QPointF, str]]:
    """Where each number begins, on its baseline."""
    across, up = view.ticks()
    out = []
    for value, y in up:
        if 16 < y < view.height - 30:
            out.append((QPointF(rect.x() + 6, rect.y() + y + metrics.capHeight() / 2), _number(value)))
    for value, x in across:
        if 30 < x < view.width - 16:
            left = rect.x() + x - metrics.horizontalAdvance(_number(value)) / 2
            out.append((QPointF(left, rect.bottom() - 7), _number(value)))
    return out


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")
