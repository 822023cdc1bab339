"""Which lane is which curve: the mark and dash of each lane beside its words, in the look of the lanes' headers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from workbench.painters.fonts import ui
from workbench.painters.glyphs import draw_glyph
from workbench.views.chart.charts import LINE, dashes
from workbench.views.marks import Method
from workbench.views.theme import Theme

HEIGHT = 48
_BASELINES = (20.0, 37.0)
_LEFT, _SAMPLE, _GAP, _GLYPH = 16.0, 46.0, 10.0, 9.0
"""Pixels before the line that stands for a curve, of that line, behind it, and of the mark on it."""


@dataclass(frozen=True)
class Key:
    """A lane: its mark, which of the lanes with that mark it is, and the two lines of its header."""

    method: Method
    variant: int
    title: str
    subtitle: str

    @property
    def words(self) -> str:
        return f"{self.title}, {self.subtitle}"


def draw_keys(painter: QPainter, rect: QRectF, keys: Sequence[Key], theme: Theme) -> None:
    """The keys side by side."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    width = rect.width() / max(1, len(keys))
    for i, key in enumerate(keys):
        _draw(painter, key, QRectF(rect.x() + i * width, rect.y(), width, rect.height()), theme)


def _draw(painter: QPainter, key: Key, rect: QRectF, theme: Theme) -> None:
    colour = theme.methods[key.method]
    begin = QPointF(rect.x() + _LEFT, rect.y() + HEIGHT / 2)
    pen = QPen(QColor(colour), LINE)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if dash := dashes(key.variant):
        pen.setDashPattern(dash)
    painter.setPen(pen)
    painter.drawLine(begin, begin + QPointF(_SAMPLE, 0))
    middle = begin + QPointF(_SAMPLE / 2, 0)
    draw_glyph(painter, key.method, middle, _GLYPH + 4, theme.panel)
    draw_glyph(painter, key.method, middle, _GLYPH, colour)
    words = begin.x() + _SAMPLE + _GAP
    for text, font, ink, y in zip(
        (key.title, key.subtitle), (ui(13, 600), ui(12)), (theme.t1, theme.t2), _BASELINES, strict=True
    ):
        painter.setFont(font)
        painter.setPen(QColor(ink))
        elided = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, rect.right() - words - _GAP)
        painter.drawText(QPointF(words, rect.y() + y), elided)
