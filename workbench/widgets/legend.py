"""Which lane is which curve: the mark and dash of each lane beside its words, in the look of the lanes' headers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QWidget

from workbench.painters.fonts import ui
from workbench.painters.glyphs import draw_glyph
from workbench.views.chart.charts import LINE, dashes
from workbench.views.marks import Method
from workbench.views.theme import DARK, Theme

_HEIGHT, _BASELINES = 48, (20.0, 37.0)
_LEFT, _SAMPLE, _GAP, _GLYPH = 16.0, 46.0, 10.0, 9.0
"""Pixels before the line that stands for a curve, of that line, behind it, and of the mark on it."""


@dataclass(frozen=True)
class Key:
    """A lane: its mark, which of the lanes with that mark it is, and the two lines of its header."""

    method: Method
    variant: int
    title: str
    subtitle: str


class Legend(QWidget):
    """One card with the lanes side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(_HEIGHT)
        self._keys: tuple[Key, ...] = ()
        self._theme: Theme = DARK

    def show_keys(self, keys: Sequence[Key], theme: Theme) -> None:
        if (tuple(keys), theme) != (self._keys, self._theme):
            self._keys, self._theme = tuple(keys), theme
            words = [f"{key.title}, {key.subtitle}" for key in keys]
            self.setAccessibleName("; ".join(words))
            self.setToolTip("\n".join(words))
            self.setVisible(bool(keys))
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for i, key in enumerate(self._keys):
            self._draw(painter, key, i * self.width() / len(self._keys), self.width() / len(self._keys))

    def _draw(self, painter: QPainter, key: Key, left: float, width: float) -> None:
        theme, colour = self._theme, self._theme.methods[key.method]
        begin, middle = QPointF(left + _LEFT, _HEIGHT / 2), QPointF(left + _LEFT + _SAMPLE / 2, _HEIGHT / 2)
        pen = QPen(QColor(colour), LINE)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if dash := dashes(key.variant):
            pen.setDashPattern(dash)
        painter.setPen(pen)
        painter.drawLine(begin, begin + QPointF(_SAMPLE, 0))
        draw_glyph(painter, key.method, middle, _GLYPH + 4, theme.panel)
        draw_glyph(painter, key.method, middle, _GLYPH, colour)
        words = left + _LEFT + _SAMPLE + _GAP
        for text, font, ink, y in zip(
            (key.title, key.subtitle), (ui(13, 600), ui(12)), (theme.t1, theme.t2), _BASELINES, strict=True
        ):
            painter.setFont(font)
            painter.setPen(QColor(ink))
            room = left + width - words - _GAP
            painter.drawText(QPointF(words, y), QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room))
