"""What stands around the canvas of a lane on a page: box, header and foot. Words that change with t come last."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPainterPath, QPen

from workbench.painters import equations, fonts
from workbench.painters.glyphs import draw_glyph
from workbench.views.marks import Scene
from workbench.views.theme import Theme
from workbench.views.words import lane_words

HEADER, FOOT = 48, 56
_BAR = 2.0
_RADIUS = 8.0
_PAD = 14
_TOP, _BOTTOM = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
_LEFT, _RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight


def page_title(painter: QPainter, rect: QRectF, title: str, theme: Theme) -> None:
    painter.setFont(fonts.ui(15, 600))
    painter.setPen(QColor(theme.t1))
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, title)


def lane_box(painter: QPainter, rect: QRectF, scene: Scene, theme: Theme) -> None:
    """The box in the method's colour, with the words of header and foot that stay."""
    bar = QPainterPath()
    bar.addRect(QRectF(rect.x(), rect.y(), rect.width(), _BAR))
    outline = _outline(rect)
    painter.fillPath(outline, QBrush(QColor(theme.panel)))
    painter.fillPath(outline.intersected(bar), QBrush(QColor(theme.methods[scene.lane.method])))
    lane, words, inner = scene.lane, lane_words(scene.lane, 0.0), _inner(rect)
    draw_glyph(painter, lane.method, QPointF(rect.x() + 19, rect.y() + 17), 9, theme.methods[lane.method])
    _text(painter, inner, _LEFT | _TOP, _elided(lane.title, inner, words.evaluations, 13, 600), theme.t1, 13, 600)
    _text(painter, inner, _LEFT | _BOTTOM, _elided(lane.subtitle, inner, words.time, 12, 400), theme.t2, 12, 400)
    metrics = QFontMetricsF(fonts.ui(12))
    room = rect.width() - max(map(metrics.horizontalAdvance, words.facts), default=0.0) - 3 * _PAD
    px = equations.size_within(lane.equation, room)
    if px is not None:
        equations.draw(painter, lane.equation, rect.x() + _PAD, rect.bottom() - FOOT / 2 + 6, px, theme.t1)


def lane_lines(painter: QPainter, rect: QRectF, canvas: QRectF, theme: Theme) -> None:
    """The lines around the box, and above and below its canvas."""
    painter.setPen(QPen(QColor(theme.line), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for y in (canvas.top() - 0.5, canvas.bottom() + 0.5):
        painter.drawLine(QPointF(rect.left() + 0.5, y), QPointF(rect.right() - 0.5, y))
    painter.drawPath(_outline(rect))


def lane_numbers(painter: QPainter, rect: QRectF, scene: Scene, t: float, theme: Theme) -> None:
    """The words of header and foot that change with t."""
    words, inner = lane_words(scene.lane, t), _inner(rect)
    _text(painter, inner, _RIGHT | _TOP, words.evaluations, theme.t1, 13, 600)
    _text(painter, inner, _RIGHT | _BOTTOM, words.time, theme.t2, 12, 400)
    foot = QRectF(rect.x(), rect.bottom() - FOOT, rect.width() - _PAD, FOOT)
    _text(painter, foot, _RIGHT | Qt.AlignmentFlag.AlignVCenter, "\n".join(words.facts), theme.t2, 12, 400)


def _outline(rect: QRectF) -> QPainterPath:
    out = QPainterPath()
    out.addRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
    return out


def _inner(rect: QRectF) -> QRectF:
    """Where the words of the header stand."""
    return QRectF(rect.x(), rect.y(), rect.width(), HEADER).adjusted(34, 6, -_PAD, -5)


def _elided(text: str, inner: QRectF, beside: str, px: float, weight: fonts.Weight) -> str:
    """As much of a text as fits left of another."""
    metrics = QFontMetricsF(fonts.ui(px, weight))
    room = inner.width() - metrics.horizontalAdvance(beside) - 12
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)


def _text(
    painter: QPainter, rect: QRectF, flags: Qt.AlignmentFlag, text: str, colour: str, px: float, weight: fonts.Weight
) -> None:
    painter.setFont(fonts.ui(px, weight))
    painter.setPen(QColor(colour))
    painter.drawText(rect, flags, text)
