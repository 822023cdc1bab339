"""What lies below particles on a page, maps and grids of images, and the words over both."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from workbench.painters import fonts
from workbench.painters.atlas import atlas
from workbench.painters.heat import heat_image
from workbench.painters.paper.canvas import Viewport, write
from workbench.views.marks import Frame, Heat, Images, Scene, locate
from workbench.views.theme import Theme

_RGB = QImage.Format.Format_RGB888


def paint_below(painter: QPainter, canvas: QRectF, scene: Scene, t: float, view: Viewport, scale: float) -> None:
    """Maps of the plane at time t, images at the recorded step before it, pixel for pixel, and their frames."""
    painter.save()
    painter.setClipRect(canvas)
    painter.translate(canvas.topLeft())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    for mark in scene.shown:
        if isinstance(mark, Heat):
            painter.drawImage(QPointF(0, 0), heat_image(mark, t, view, scale))
        elif isinstance(mark, Images) and 0 not in mark.values.shape:
            pixels = atlas(mark, locate(mark.times, t, glide=False).row)
            height, width, _ = pixels.shape
            whole = QRectF(view.box(mark.place).toRect())  # edges on pixels
            painter.drawImage(whole, QImage(pixels.tobytes(), width, height, 3 * width, _RGB))
        elif isinstance(mark, Frame):
            painter.setPen(QPen(QColor.fromRgbF(*mark.colour), mark.width, join=Qt.PenJoinStyle.MiterJoin))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            inside = mark.width / 2
            painter.drawRect(view.box(mark.box).adjusted(inside, inside, -inside, -inside))
    painter.restore()


def paint_words(
    painter: QPainter, canvas: QRectF, scene: Scene, view: Viewport, theme: Theme, *, outlines: bool = False
) -> None:
    """The words of a scene, over whatever is drawn there."""
    metrics, labels = QFontMetricsF(fonts.ui(12)), []
    for word in scene.words:
        x, y = (float(value) for value in view(np.array([word.x, word.y])))
        said = word.within(x, canvas.width(), view.unit, metrics.horizontalAdvance)
        left = x - metrics.horizontalAdvance(said) / 2 if word.centred else x
        labels.append((canvas.topLeft() + QPointF(left, y + metrics.capHeight() / 2), said))
    write(painter, labels, theme, outlines=outlines)
