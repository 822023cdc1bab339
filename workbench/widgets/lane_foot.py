"""The bar below a lane: its equation, and the current alpha and sigma or the lane's own facts."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, pyqtSignal
from PyQt6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QWidget

from workbench.painters import equations
from workbench.painters.fonts import ui
from workbench.views.marks import Lane
from workbench.views.theme import DARK, Theme
from workbench.views.words import lane_words
from workbench.widgets.lane_header import rounded_end

HEIGHT = 57
"""56 and the line above it."""
_PAD = 14.0


class LaneFoot(QWidget):
    """Shows `Lane` at a cursor."""

    pressed = pyqtSignal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._lane: Lane | None = None
        self._theme = DARK
        self._selected = False
        self._facts: tuple[str, ...] = ()
        self.setFixedHeight(HEIGHT)

    def show_lane(self, lane: Lane, theme: Theme, t: float, *, selected: bool) -> None:
        self._lane, self._theme, self._selected = lane, theme, selected
        self._facts = lane_words(lane, t).facts
        self.update()

    def set_cursor_t(self, t: float) -> None:
        """Repaint only when the words change."""
        facts = lane_words(self._lane, t).facts if self._lane is not None else ()
        if facts != self._facts:
            self._facts = facts
            self.update()

    @property
    def facts(self) -> tuple[str, ...]:
        return self._facts

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        self.pressed.emit()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        if self._lane is None:
            return
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.win))
        frame = rounded_end(QRectF(self.rect()), 8, top=False)
        painter.fillPath(frame, QColor(theme.panel))
        painter.setPen(QPen(QColor(theme.ctl if self._selected else theme.line), 1))
        painter.drawPath(frame)
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawLine(QPointF(1, 0.5), QPointF(self.width() - 1, 0.5))
        font = ui(12)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        painter.setPen(QColor(theme.t2))
        first = 33.5 - 8 * (len(self._facts) - 1)
        for i, fact in enumerate(self._facts):
            x = self.width() - _PAD - metrics.horizontalAdvance(fact)
            painter.drawText(QPointF(x, round(first + 16 * i)), fact)
        taken = max((metrics.horizontalAdvance(fact) for fact in self._facts), default=0.0)
        # A formula is never cut: where there is no room for it, it is left out.
        if _PAD + equations.width(self._lane.equation, 17) <= self.width() - taken - 2 * _PAD:
            equations.draw(painter, self._lane.equation, _PAD, 34, 17, theme.t1)
        painter.end()
