"""The forward process as a strip of pictures: q(x_t) at nine times, from noise at the left to data at the right."""

from __future__ import annotations

import dataclasses

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QColor, QFontMetricsF, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PyQt6.QtWidgets import QWidget

from workbench.painters.fonts import ui
from workbench.painters.paper.panels import canvas_image
from workbench.views.marks import Points, Scene
from workbench.views.theme import DARK, Theme

HEIGHT = 120
TIMES = tuple(float(t) for t in np.linspace(0.0, 1.0, 9))
_TITLE, _PAD, _GAP, _SIZE = 28, 8, 6, 1.5


class ForwardStrip(QWidget):
    """Paints one picture a turn of the event loop, so that no turn is long; a click goes to a picture's time."""

    chosen = pyqtSignal(float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Data run to noise, read from right to left")
        self._scene: Scene | None = None
        self._source: Scene | str = ""
        self.words = ""
        self._theme = DARK
        self._t = 0.0
        self._pictures: dict[int, QImage] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._paint_next)

    def show_scene(self, scene: Scene | str, theme: Theme) -> None:
        """Show the forward process of this scene, or these words in its place."""
        if theme is self._theme and (scene is self._source or (isinstance(scene, str) and scene == self._source)):
            return
        self._source, self._theme, self._scene = scene, theme, None
        self.words = scene if isinstance(scene, str) else f"q(xₜ), {scene.lane.subtitle}"
        if isinstance(scene, Scene):
            runs = [mark for mark in scene.marks if mark.overlay in ("particles", "image")]
            small = (dataclasses.replace(mark, size=_SIZE) if isinstance(mark, Points) else mark for mark in runs)
            self._scene = dataclasses.replace(scene, marks=tuple(small))
        self.setAccessibleName(f"Forward process, {self.words}")
        self._begin()

    def set_cursor(self, t: float) -> None:
        before, self._t = self.nearest, t
        if self.nearest != before:
            self.update()

    @property
    def nearest(self) -> int:
        """The picture whose time is nearest to the cursor: the framed one."""
        return int(np.argmin(np.abs(np.array(TIMES) - self._t)))

    @property
    def complete(self) -> bool:
        """Whether every picture is painted."""
        return len(self._pictures) == len(TIMES)

    def place(self, index: int) -> QRectF:
        """Where a picture stands."""
        room = (self.width() - 2 * _PAD - _GAP * (len(TIMES) - 1)) / len(TIMES)
        return QRectF(_PAD + index * (room + _GAP), _TITLE, room, self.height() - _TITLE - _PAD)

    def _begin(self) -> None:
        self._pictures.clear()
        if self._scene is not None and self.isVisibleTo(self.parentWidget()):
            self._timer.start()
        self.update()

    def _paint_next(self) -> None:
        index = next((i for i in range(len(TIMES)) if i not in self._pictures), None)
        if index is None or self._scene is None:
            self._timer.stop()
            return
        rect, ratio = self.place(index), self.devicePixelRatioF()
        canvas = QRectF(0, 0, max(1.0, rect.width()), max(1.0, rect.height()))
        t = TIMES[index]
        self._pictures[index] = canvas_image(self._scene, canvas, t, self._theme, ratio, numbers=False)
        self.update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._begin()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        for i, t in enumerate(TIMES):
            if self.place(i).contains(event.position()):
                self.chosen.emit(t)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.win))
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.setBrush(QColor(theme.panel))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        self._title(painter)
        font, ground = ui(12), QColor(theme.canvas)
        metrics = QFontMetricsF(font)
        ground.setAlphaF(0.8)
        painter.setFont(font)
        for i, t in enumerate(TIMES):
            rect = self.place(i)
            if i in self._pictures:
                painter.drawImage(rect.topLeft(), self._pictures[i])
            else:
                painter.fillRect(rect, QColor(theme.canvas))
            framed = i == self.nearest
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.t1 if framed else theme.line), 2 if framed else 1))
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            text = f"{t:g}"
            box = QRectF(rect.x() + 3, rect.bottom() - 19, metrics.horizontalAdvance(text) + 6, 16)
            painter.fillRect(box, ground)
            painter.setPen(QColor(theme.t1 if framed else theme.t2))
            painter.drawText(QPointF(rect.x() + 6, rect.bottom() - 6), text)
        painter.end()

    def _title(self, painter: QPainter) -> None:
        theme, bold = self._theme, ui(12, 600)
        painter.setFont(bold)
        painter.setPen(QColor(theme.t1))
        painter.drawText(QPointF(_PAD + 6, 19), "Forward process")
        painter.setFont(ui(12))
        painter.setPen(QColor(theme.t2))
        x = _PAD + 14 + QFontMetricsF(bold).horizontalAdvance("Forward process")
        room = self.width() - _PAD - x
        words = QFontMetricsF(ui(12)).elidedText(self.words, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(x, 19), words)
