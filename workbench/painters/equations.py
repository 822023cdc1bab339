"""The formulas of lanes, laid out as small boxes and drawn with QPainter in CMU Serif."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QLineF, QPointF
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from workbench.painters import fonts

_SUB_SCALE, _SUB_DROP = 0.7, 0.22


@dataclass(frozen=True)
class Text:
    """A run of letters; italic for Latin variables."""

    letters: str
    italic: bool = False
    hat: bool = False
    sub: str = ""
    sub_italic: bool = False


@dataclass(frozen=True)
class Fraction:
    over: tuple[Text, ...]
    under: tuple[Text, ...]


Formula = tuple[Text | Fraction, ...]


def _v(letter: str, sub: str = "", *, hat: bool = False) -> Text:
    return Text(letter, True, hat, sub, sub.isalpha() and sub.isascii())


def _g(letter: str, sub: str = "") -> Text:
    return Text(letter, False, False, sub, True)


_SPACE = Text(" ")
_ODE: Formula = (
    Fraction((Text("d"), _v("x")), (Text("d"), _v("t"))), Text(" = "), Text("v", True, False, "θ"), Text("("), _v("x"),
    Text(", "), _v("t"), Text(")"),
)  # fmt: skip
_DDIM: Formula = (
    _v("x", "s"), Text(" = "), _g("α", "s"), _SPACE, _v("x", "1", hat=True), Text(" + "), _g("σ", "s"), _SPACE,
    _v("x", "0", hat=True),
)  # fmt: skip
_DDPM: Formula = (
    _v("x", "s"), Text(" ∼ "), _v("q"), Text("("), _v("x", "s"), Text(" | "), _v("x", "t"), Text(", "),
    _v("x", "1", hat=True), Text(")"),
)  # fmt: skip
_SDE: Formula = (
    Text("d"), _v("x"), Text(" = ("), Text("v", True, False, "θ"), Text(" + ½ "), _v("g"), Text("²"), _SPACE,
    Text("s", True, False, "θ"), Text(") d"), _v("t"), Text(" + "), _v("g"), Text(" d"), _v("W"),
)  # fmt: skip
_JUMP: Formula = (
    _v("x", "s"), Text(" = "), _v("x", "t"), Text(" + ("), _v("s"), Text(" − "), _v("t"), Text(") "),
    Text("u", True, False, "θ"), Text("("), _v("x", "t"), Text(", "), _v("t"), Text(", "), _v("s"), Text(")"),
)  # fmt: skip
_CONSISTENCY: Formula = (
    _v("x", "1", hat=True), Text(" = "), Text("f", True, False, "θ"), Text("("), _v("x", "t"), Text(", "), _v("t"),
    Text(")"),
)  # fmt: skip
_DATA: Formula = (_v("x", "1"), Text(" ∼ "), Text("p", True, False, "data"))
_EXACT: Formula = (
    Text("v", True, False, "∗"), Text("("), _v("x"), Text(", "), _v("t"), Text(") = E [ "),
    Fraction((Text("d"), _v("x", "t")), (Text("d"), _v("t"))), Text(" | "), _v("x", "t"), Text(" = "), _v("x"),
    Text(" ]"),
)  # fmt: skip
_ERROR: Formula = (
    Text("| "), Text("v", True, False, "θ"), Text(" − "), Text("v", True, False, "∗"), Text(" |"),
)  # fmt: skip
_FORWARD: Formula = (
    _v("x", "t"), Text(" = "), _g("α", "t"), _SPACE, _v("x", "1"), Text(" + "), _g("σ", "t"), _SPACE, _v("x", "0"),
)  # fmt: skip

FORMULAS: dict[str, Formula] = {
    "ode": _ODE, "ddim": _DDIM, "ddpm": _DDPM, "sde": _SDE, "jump": _JUMP, "consistency": _CONSISTENCY,
    "data": _DATA, "exact": _EXACT, "error": _ERROR, "forward": _FORWARD,
}  # fmt: skip


def draw(painter: QPainter, name: str, x: float, baseline: float, px: float, colour: str) -> None:
    """Draw a formula with its left end at x; an unknown name draws nothing."""
    painter.save()
    painter.setPen(QPen(QColor(colour), 1.0))
    for item in FORMULAS.get(name, ()):
        x += (
            _fraction(painter, item, x, baseline, px)
            if isinstance(item, Fraction)
            else _text(painter, item, x, baseline, px)
        )
    painter.restore()


def width(name: str, px: float) -> float:
    """Width of a formula in pixels."""
    return sum(
        max(_row_width(item.over, px), _row_width(item.under, px)) + 6
        if isinstance(item, Fraction)
        else _width(item, px)
        for item in FORMULAS.get(name, ())
    )


def _width(item: Text, px: float) -> float:
    main = QFontMetricsF(fonts.maths(px, italic=item.italic)).horizontalAdvance(item.letters)
    if not item.sub:
        return main
    return main + QFontMetricsF(fonts.maths(px * _SUB_SCALE, italic=item.sub_italic)).horizontalAdvance(item.sub) + 1.0


def _row_width(items: tuple[Text, ...], px: float) -> float:
    return sum(_width(item, px) for item in items)


def _text(painter: QPainter, item: Text, x: float, baseline: float, px: float) -> float:
    font = fonts.maths(px, italic=item.italic)
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    painter.drawText(QPointF(x, baseline), item.letters)
    advance = metrics.horizontalAdvance(item.letters)
    if item.hat:
        rect = metrics.tightBoundingRect(item.letters)
        middle, top = x + rect.center().x() + 0.06 * px, baseline + rect.top() - 0.12 * px
        half, rise = 0.17 * px, 0.14 * px
        painter.drawLine(QLineF(middle - half, top, middle, top - rise))
        painter.drawLine(QLineF(middle, top - rise, middle + half, top))
    if item.sub:
        painter.setFont(fonts.maths(px * _SUB_SCALE, italic=item.sub_italic))
        painter.drawText(QPointF(x + advance + 0.5, baseline + _SUB_DROP * px), item.sub)
    return _width(item, px)


def _fraction(painter: QPainter, item: Fraction, x: float, baseline: float, px: float) -> float:
    across = max(_row_width(item.over, px), _row_width(item.under, px)) + 2
    axis = baseline - 0.28 * px
    for row, y in ((item.over, axis - 0.30 * px), (item.under, axis + 0.92 * px)):
        left = x + (across - _row_width(row, px)) / 2
        for text in row:
            left += _text(painter, text, left, y, px)
    painter.drawLine(QLineF(x, axis, x + across, axis))
    return across + 4
