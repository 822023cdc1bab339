"""The bar below a lane: its equation, and the current alpha and sigma or the lane's own facts."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, pyqtSignal
from PyQt6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PyQt6.QtWidgets import QWidget

from workbench.painters import equations
from workbench.painters.fonts import ui
from workbench.views.formulas import values
from workbench.views.marks import Lane
from workbench.views.tex import plain
from workbench.views.theme import DARK, Theme
from workbench.views.words import lane_words
from workbench.widgets.lane.lane_header import painted, rounded_end

HEIGHT = 57
"""56 and the line above it."""
_ROW, _PAD, _LABEL = 56, 14.0, 54.0
TALL = 4 * _ROW + 9
_NUMBERS = 13.0


class LaneFoot(QWidget):
    """Shows `Lane` at a cursor."""

    pressed = pyqtSignal()
    asked = pyqtSignal()
    """All equations, or one: a double click."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._lane: Lane | None = None
        self._theme = DARK
        self._selected = False
        self._facts: tuple[str, ...] = ()
        self._t = 0.0
        self._values: tuple[str, ...] = ()
        self._still: tuple[object, QPixmap] | None = None
        """What no cursor changes, and what it was painted for."""
        self.setFixedHeight(HEIGHT)

    def show_lane(self, lane: Lane, theme: Theme, t: float, *, selected: bool) -> None:
        before = (self._lane, self._theme, self._selected, self._facts, self._values)
        self._lane, self._theme, self._selected, self._t = lane, theme, selected, t
        self._facts = lane_words(lane, t).facts
        self._values = self._numbers()
        heard = [f"{each.label}: {plain(equations.boxes(each.formula))}" for each in lane.equations]
        self.setAccessibleName("; ".join(heard) or "Equation")
        self.setToolTip("\n".join([*heard, "Double click or Q: all equations"]))  # a narrow lane has no room for any
        if before != (lane, theme, selected, self._facts, self._values):
            self.update()

    def set_cursor_t(self, t: float) -> None:
        """Repaint only when the words change."""
        self._t = t
        facts = lane_words(self._lane, t).facts if self._lane is not None else ()
        numbers = self._numbers()
        if (facts, numbers) != (self._facts, self._values):
            self._facts, self._values = facts, numbers
            self.update()

    @property
    def tall(self) -> bool:
        """All equations are shown, where the lane has them."""
        return self.height() > HEIGHT and self._lane is not None and bool(self._lane.equations)

    @property
    def values(self) -> tuple[str, ...]:
        """The numbers below each equation, as formulas."""
        return self._values

    def _numbers(self) -> tuple[str, ...]:
        if self._lane is None or not self.tall:
            return ()
        return tuple(values(each, self._lane, self._t) for each in self._lane.equations)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._values = self._numbers()
        super().resizeEvent(event)

    @property
    def facts(self) -> tuple[str, ...]:
        return self._facts

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        self.asked.emit()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        self.pressed.emit()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        lane, font = self._lane, ui(12)
        if lane is None:
            return
        widths = [QFontMetricsF(font).horizontalAdvance(fact) for fact in self._facts]
        wanted = (
            lane, self._theme, self._selected, self.size(), self.devicePixelRatioF(), widths, self._values,
            font.pixelSize(),
        )  # fmt: skip
        if self._still is None or self._still[0] != wanted:
            self._still = (wanted, painted(self, lambda painter: self._draw_still(painter, lane, widths)))
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._still[1])
        if not self.tall:
            self._draw_facts(painter, widths)
        painter.end()

    def _draw_still(self, painter: QPainter, lane: Lane, widths: list[float]) -> None:
        """The frame and the equations."""
        theme = self._theme
        painter.fillRect(self.rect(), QColor(theme.win))
        frame = rounded_end(QRectF(self.rect()), 8, top=False)
        painter.fillPath(frame, QColor(theme.panel))
        painter.setPen(QPen(QColor(theme.ctl if self._selected else theme.line), 1))
        painter.drawPath(frame)
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawLine(QPointF(1, 0.5), QPointF(self.width() - 1, 0.5))
        if self.tall:
            self._draw_all(painter, lane, theme)
        else:
            room = self.width() - max(widths, default=0.0) - 3 * _PAD
            px = equations.size_within(lane.equation, room)
            if px is not None:
                equations.draw(painter, lane.equation, _PAD, 34, px, theme.t1)

    def _draw_all(self, painter: QPainter, lane: Lane, theme: Theme) -> None:
        """A row for each equation: what it is, the formula, and below it the numbers."""
        left, room = _PAD + _LABEL, self.width() - 2 * _PAD - _LABEL
        for i, (equation, numbers) in enumerate(zip(lane.equations, self._values, strict=True)):
            top = 6 + i * _ROW
            if top + _ROW > self.height():
                break  # the picture keeps its room
            painter.setFont(ui(12))
            painter.setPen(QColor(theme.t3))
            painter.drawText(QPointF(_PAD, top + 20), equation.label)
            px = equations.size_within(equation.formula, room, equations.SIZES[1:])
            if px is not None:
                equations.draw(painter, equation.formula, left, top + 21, px, theme.t1)
            x = left if equations.width(numbers, _NUMBERS) <= room else _PAD  # long ones begin below the label
            while equations.width(numbers, _NUMBERS) > self.width() - _PAD - x and ", " in numbers:
                numbers = numbers.rpartition(", ")[0]
            equations.draw(painter, numbers, x, top + 47, _NUMBERS, theme.t2)

    def _draw_facts(self, painter: QPainter, widths: list[float]) -> None:
        """Alpha and sigma at the right, or the lane's facts."""
        painter.setFont(ui(12))
        painter.setPen(QColor(self._theme.t2))
        first = 33.5 - 8 * (len(self._facts) - 1)
        for i, (fact, width) in enumerate(zip(self._facts, widths, strict=True)):
            painter.drawText(QPointF(self.width() - _PAD - width, round(first + 16 * i)), fact)
