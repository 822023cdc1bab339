"""Pictures in which every panel has its own time and caption."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QImage, QPainter, QPainterPath, QPen

from workbench.painters import fonts
from workbench.painters.bits import memory
from workbench.painters.glyphs import draw_glyph
from workbench.painters.paper import furniture
from workbench.painters.paper.brush import Brush
from workbench.painters.paper.canvas import Viewport, paint_ground, paint_numbers
from workbench.painters.paper.image_marks import paint_below, paint_words
from workbench.painters.paper.page import MARGIN, TITLE, painting, places, window_of
from workbench.painters.paper.splat import Layer
from workbench.views.marks import Scene
from workbench.views.theme import Theme

_BAR, _CAPTION = 2.0, 34.0


@dataclass(frozen=True)
class Panel:
    """A scene at one time under a caption of its own."""

    scene: Scene
    t: float
    caption: str


def paint_panels(panels: list[Panel], size: tuple[int, int], theme: Theme, *, title: str, scale: float = 1.0) -> QImage:
    """Panels in a row, each a canvas under its caption: for pictures in which every panel has its own time."""
    image = QImage(round(size[0] * scale), round(size[1] * scale), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(QColor(theme.win))
    with painting(image) as painter:
        furniture.page_title(painter, QRectF(MARGIN + 4, 0, size[0], TITLE), title, theme)
        rects = places(size, [[panel.scene for panel in panels]], TITLE)[0]
        for panel, rect in zip(panels, rects, strict=True):
            _panel(painter, rect, panel, theme, scale)
    return image


def _panel(painter: QPainter, rect: QRectF, panel: Panel, theme: Theme, scale: float) -> None:
    outline = QPainterPath()
    outline.addRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
    painter.save()
    painter.fillPath(outline, QBrush(QColor(theme.panel)))
    painter.setClipPath(outline)
    method = panel.scene.lane.method
    painter.fillRect(QRectF(rect.x(), rect.y(), rect.width(), _BAR), QColor(theme.methods[method]))
    draw_glyph(painter, method, QPointF(rect.x() + 17, rect.y() + 17), 9, theme.methods[method])
    painter.setFont(fonts.ui(13, 600))
    painter.setPen(QColor(theme.t1))
    caption = QRectF(rect.x() + 32, rect.y() + 2, rect.width() - 36, _CAPTION - 2)
    painter.drawText(caption, Qt.AlignmentFlag.AlignVCenter, panel.caption)
    below = rect.adjusted(0, _CAPTION, 0, 0)
    painter.drawImage(below.topLeft(), canvas_image(panel.scene, below, panel.t, theme, scale))
    painter.restore()
    painter.setPen(QPen(QColor(theme.line), 1))
    painter.drawPath(outline)


def canvas_image(scene: Scene, rect: QRectF, t: float, theme: Theme, scale: float, *, numbers: bool = True) -> QImage:
    """Only the canvas: a page of its own size without margin; a small picture does without ``numbers``."""
    view = Viewport(rect.width(), rect.height(), scene.extent, scene.pixels)
    whole = QRectF(0, 0, rect.width(), rect.height())
    window = window_of(whole, scale)
    image = QImage(window.width, window.height, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    brush, layer = Brush(scene.shown, view, window, scale), Layer(window.width, window.height)
    with painting(image) as painter:
        paint_ground(painter, whole, view, theme)
        paint_below(painter, whole, scene, t, view, scale)
    brush.still(layer)
    layer.onto(memory(image))
    brush.prepare(layer, t)
    brush.moving(layer, t)
    layer.onto(memory(image))
    with painting(image) as painter:
        if numbers:
            paint_numbers(painter, whole, view, theme)
        paint_words(painter, whole, scene, view, theme)
    return image
