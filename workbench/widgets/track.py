"""A slider over time with a tick at every recorded step: the first method above the line, the second below."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from workbench.painters import fonts
from workbench.views.marks import Method
from workbench.views.theme import DARK, Theme

_MARGIN, _HEAD = 30.0, 14.0
_TICK, _GAP = 7.0, 4.0
_MOST_TICKS = 200


@dataclass(frozen=True)
class Ticks:
    """The recorded places of one lane on the track, in [0, 1], in its method's colour."""

    places: NDArray[np.float64]
    method: Method


class Track(QWidget):
    """Emits where it is dragged to, as a place in [0, 1]; shows the place it is told."""

    moved = pyqtSignal(float)
    grabbed = pyqtSignal()
    released = pyqtSignal()
    stepped = pyqtSignal(int)

    def __init__(self, name: str, labels: tuple[tuple[float, str], ...]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(180)
        self._labels = labels
        self._ticks: list[Ticks] = []
        self._place = 0.0
        self._theme: Theme = DARK

    def sizeHint(self) -> QSize:
        return QSize(560, 52)

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_labels(self, labels: tuple[tuple[float, str], ...]) -> None:
        self._labels = labels
        self.update()

    def set_ticks(self, ticks: list[Ticks]) -> None:
        self._ticks = ticks[:2]
        self.update()

    def set_place(self, place: float) -> None:
        self._place = place
        self.update()

    @property
    def place(self) -> float:
        return self._place

    def x_of(self, place: float) -> float:
        """Pixel of a place."""
        return _MARGIN + place * (self.width() - 2 * _MARGIN)

    def _place_of(self, x: float) -> float:
        return min(1.0, max(0.0, (x - _MARGIN) / (self.width() - 2 * _MARGIN)))

    # --- hands ---------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.grabbed.emit()
            self.moved.emit(self._place_of(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self.moved.emit(self._place_of(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.released.emit()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.stepped.emit(1 if event.key() == Qt.Key.Key_Right else -1)
        else:
            super().keyPressEvent(event)

    # --- picture -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        y, theme, x = 22.0, self._theme, self.x_of(self._place)
        painter.setPen(Qt.PenStyle.NoPen)
        for left, right, colour in ((self.x_of(0), self.x_of(1), theme.line2), (self.x_of(0), x, theme.t1)):
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(left, y - 1.5, right - left, 3), 1.5, 1.5)
        for i, ticks in enumerate(self._ticks):
            self._draw_ticks(painter, ticks, y - _GAP - _TICK if i == 0 else y + _GAP)
        self._draw_labels(painter)
        painter.setPen(QPen(QColor(theme.prim), 2))
        painter.drawLine(QLineF(x, y - 14, x, y + 14))
        painter.setPen(QPen(QColor(theme.panel), 2))
        painter.setBrush(QColor(theme.prim))
        painter.drawEllipse(QPointF(x, y), _HEAD / 2, _HEAD / 2)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.t1), 2))
            painter.drawEllipse(QPointF(x, y), _HEAD / 2 + 3, _HEAD / 2 + 3)

    def _draw_ticks(self, painter: QPainter, ticks: Ticks, top: float) -> None:
        colour = QColor(self._theme.methods[ticks.method])
        every = max(1, len(ticks.places) // _MOST_TICKS)
        for place in ticks.places[::every]:
            colour.setAlphaF(1.0 if place <= self._place + 1e-9 else 0.5)
            painter.setPen(QPen(colour, 1.25))
            painter.drawLine(QLineF(self.x_of(place), top, self.x_of(place), top + _TICK))

    def _draw_labels(self, painter: QPainter) -> None:
        painter.setFont(fonts.ui(12))
        painter.setPen(QColor(self._theme.t2))
        for place, text in self._labels:
            painter.drawText(QRectF(self.x_of(place) - 60, 37, 120, 16), Qt.AlignmentFlag.AlignCenter, text)
