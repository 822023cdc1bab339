"""The value under the mouse: a small card beside the pointer, over the lane that it is in."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QWidget

from workbench.painters.fonts import ui
from workbench.painters.glyphs import draw_glyph
from workbench.views.readout import Line
from workbench.views.theme import DARK, Theme

_ROW, _PAD, _GLYPH, _GAP, _AWAY = 17, 8, 16, 12, 18


class Readout(QWidget):
    """Shows lines; the mouse passes through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._lines: tuple[Line, ...] = ()
        self._theme = DARK
        self.hide()

    @property
    def words(self) -> str:
        """All that can be read on it."""
        return "\n".join(f"{line.label} {line.value}" for line in self._lines)

    def show_lines(self, lines: tuple[Line, ...], theme: Theme, x: int, y: int, room: QRectF) -> None:
        """Show lines beside the place (x, y) of the parent, inside ``room``."""
        metrics = QFontMetricsF(ui(12))
        labels = max(metrics.horizontalAdvance(line.label) for line in lines)
        values = max(metrics.horizontalAdvance(line.value) for line in lines)
        width, height = round(2 * _PAD + _GLYPH + labels + _GAP + values), 2 * _PAD + _ROW * len(lines) - 2
        left = x + _AWAY if x + _AWAY + width < room.right() else x - _AWAY - width
        top = y + _AWAY if y + _AWAY + height < room.bottom() else y - _AWAY - height
        self.setGeometry(max(left, round(room.left())), max(top, round(room.top())), width, height)
        self._lines, self._theme = lines, theme
        self.setAccessibleName(self.words)
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.canvas))
        painter.setPen(QPen(QColor(theme.line2), 1))
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        font = ui(12)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        for i, line in enumerate(self._lines):
            baseline = _PAD + _ROW * i + 12
            if line.method is not None:
                draw_glyph(painter, line.method, QPointF(_PAD + 5, baseline - 4), 8, theme.methods[line.method])
            painter.setPen(QColor(theme.t2))
            painter.drawText(QPointF(_PAD + _GLYPH, baseline), line.label)
            painter.setPen(QColor(theme.t1))
            end = self.width() - _PAD - metrics.horizontalAdvance(line.value)
            painter.drawText(QPointF(end, baseline), line.value)
        painter.end()
