"""A scene of images in a widget, painted without GL: for pictures that stand beside the lanes."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSize
from PyQt6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PyQt6.QtWidgets import QWidget

from workbench.painters.paper.canvas import Viewport
from workbench.painters.paper.image_marks import paint_below, paint_words
from workbench.views.marks import Scene, locate
from workbench.views.theme import DARK, Theme

_RADIUS = 4.0


class ScenePicture(QWidget):
    """A square that shows a scene at a cursor."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self._scene: Scene | None = None
        self._theme: Theme = DARK
        self._cursor, self._row = 0.0, -1
        self.setFixedSize(QSize(side, side))

    def show_scene(self, scene: Scene | None, theme: Theme) -> None:
        self._scene, self._theme = scene, theme
        self.update()

    def set_cursor(self, t: float) -> None:
        """Repaint only when another recorded step is to be seen."""
        self._cursor = t
        row = locate(self._scene.lane.times, t, glide=False).row if self._scene is not None else -1
        if row != self._row:
            self._row = row
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect())
        outline = QPainterPath()
        outline.addRoundedRect(rect, _RADIUS, _RADIUS)
        painter.setClipPath(outline)
        painter.fillRect(rect, QColor(self._theme.canvas))
        if self._scene is not None:
            view = Viewport(rect.width(), rect.height(), self._scene.extent, pixels=True)
            paint_below(painter, rect, self._scene, self._cursor, view, self.devicePixelRatioF())
            paint_words(painter, rect, self._scene, view, self._theme)
        painter.end()
