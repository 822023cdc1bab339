"""The formulas of lanes, drawn with QPainter in CMU Serif from the boxes of `workbench.views.tex`."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QLineF, QPointF
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen

from workbench.painters import fonts
from workbench.views.tex import NAMED, Formula, Fraction, Root, Text, parse

_SUB_SCALE, _SUB_DROP, _SUP_RISE = 0.7, 0.22, 0.38
_FRACTION_GAP = 2.0
SIZES = (17.0, 16.0, 15.0, 14.0, 13.0, 12.0, 11.0)
"""A lane's formula that finds no room is set smaller, and left out only below the last."""


def boxes(formula: str) -> Formula:
    """Of a name, or of a formula that is written out."""
    return parse(NAMED.get(formula, formula))


def draw(painter: QPainter, formula: str, x: float, baseline: float, px: float, colour: str) -> None:
    """Draw a formula, by name or written out, with its left end at x."""
    painter.save()
    painter.setPen(QPen(QColor(colour), 1.0))
    _row(painter, boxes(formula), x, baseline, px)
    painter.restore()


def width(formula: str, px: float) -> float:
    """Width of a formula in pixels."""
    return _row_width(boxes(formula), px)


def size_within(formula: str, room: float, sizes: Sequence[float] = SIZES) -> float | None:
    """The first of some sizes at which a formula fits; None where it is to be left out, for it is never cut."""
    return next((px for px in sizes if width(formula, px) <= room), None)


def _row(painter: QPainter, items: Formula, x: float, baseline: float, px: float) -> float:
    for item in items:
        match item:
            case Text():
                _text(painter, item, x, baseline, px)
            case Fraction():
                _fraction(painter, item, x, baseline, px)
            case Root():
                _root(painter, item, x, baseline, px)
        x += _width(item, px)
    return x


def _width(item: Text | Fraction | Root, px: float) -> float:
    match item:
        case Fraction():
            small = _inner(px)
            return max(_row_width(item.over, small), _row_width(item.under, small)) + 2 * _FRACTION_GAP + 2
        case Root():
            return _row_width(item.inner, px) + 0.62 * px
        case Text():
            main = QFontMetricsF(fonts.maths(px, italic=item.italic)).horizontalAdvance(item.letters)
            beside = [_row_width(each, px * _SUB_SCALE) + 1.0 for each in (item.sub, item.sup) if each]
            return main + max(beside, default=0.0)


def _row_width(items: Formula, px: float) -> float:
    return sum(_width(item, px) for item in items)


def _inner(px: float) -> float:
    """Fractions of small formulas keep their size, those of large ones shrink a little."""
    return px if px >= 16 else max(px * 0.85, 9.0)


def _text(painter: QPainter, item: Text, x: float, baseline: float, px: float) -> None:
    font = fonts.maths(px, italic=item.italic)
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    painter.drawText(QPointF(x, baseline), item.letters)
    advance = metrics.horizontalAdvance(item.letters)
    if item.accent:
        rect = metrics.tightBoundingRect(item.letters)
        _accent(painter, item, QPointF(x + rect.center().x() + 0.06 * px, baseline + rect.top() - 0.12 * px), px)
    small = px * _SUB_SCALE
    if item.sub:
        _row(painter, item.sub, x + advance + 0.5, baseline + _SUB_DROP * px, small)
    if item.sup:
        _row(painter, item.sup, x + advance + 0.5, baseline - _SUP_RISE * px, small)


def _accent(painter: QPainter, item: Text, foot: QPointF, px: float) -> None:
    half, rise = 0.17 * px, 0.14 * px
    left, top, right = QPointF(foot.x() - half, foot.y()), foot - QPointF(0, rise), QPointF(foot.x() + half, foot.y())
    match item.accent:
        case "hat":
            painter.drawPolyline(left, top, right)
        case "bar":
            painter.drawLine(left, right)
        case "dot":
            painter.save()
            painter.setBrush(painter.pen().color())
            painter.drawEllipse(QPointF(foot.x(), foot.y() - rise / 2), 0.5, 0.5)
            painter.restore()
        case "tilde":
            wave = QPainterPath(left)
            wave.cubicTo(
                foot - QPointF(half / 2, 1.6 * rise), foot + QPointF(half / 2, 0.8 * rise), right - QPointF(0, rise)
            )
            painter.drawPath(wave)


def _fraction(painter: QPainter, item: Fraction, x: float, baseline: float, px: float) -> None:
    small, across = _inner(px), _width(item, px) - 2
    axis = baseline - 0.28 * px
    for row, y in ((item.over, axis - 0.30 * small), (item.under, axis + 0.92 * small)):
        _row(painter, row, x + (across - _row_width(row, small)) / 2, y, small)
    painter.drawLine(QLineF(x, axis, x + across, axis))


def _root(painter: QPainter, item: Root, x: float, baseline: float, px: float) -> None:
    accented = any(isinstance(each, Text) and each.accent for each in item.inner)
    top, start = baseline - (1.16 if accented else 1.0) * px, x + 0.5 * px
    end = start + _row_width(item.inner, px) + 0.06 * px
    sign = [(0.0, -0.34), (0.14, -0.42), (0.28, 0.12)]
    points = [QPointF(x + dx * px, baseline + dy * px) for dx, dy in sign]
    painter.drawPolyline(*points, QPointF(start - 0.03 * px, top), QPointF(end, top))
    _row(painter, item.inner, start + 0.02 * px, baseline, px)
