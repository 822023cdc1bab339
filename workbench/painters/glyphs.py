"""The shapes of methods: disc, diamond, triangle, square, ring, cross."""

from __future__ import annotations

import math

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QColor, QPainter, QPainterPath, QPen

from workbench.views.marks import Method
from workbench.views.theme import GLYPHS


def draw_glyph(painter: QPainter, method: Method, centre: QPointF, px: float, colour: str) -> None:
    """The glyph of a method, px wide, around a point."""
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    shape, r = GLYPHS[method], px / 2
    if shape == "disc":
        painter.drawEllipse(centre, r, r)
    elif shape in ("ring", "cross"):
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colour), px / 4.5))
        if shape == "ring":
            painter.drawEllipse(centre, r * 0.8, r * 0.8)
        else:
            for sign in (-1, 1):
                painter.drawLine(centre + QPointF(-r, -sign * r) * 0.8, centre + QPointF(r, sign * r) * 0.8)
    else:
        painter.drawPath(_polygon(shape, centre, r))
    painter.restore()


def _polygon(shape: str, centre: QPointF, r: float) -> QPainterPath:
    corners, turn, reach = {
        "diamond": (4, -math.pi / 2, 1.2 * r),
        "square": (4, -math.pi / 4, 1.25 * r),
        "triangle": (3, -math.pi / 2, 1.2 * r),
    }[shape]
    path = QPainterPath()
    for i in range(corners):
        angle = turn + 2 * math.pi * i / corners
        point = centre + QPointF(math.cos(angle), math.sin(angle)) * reach
        if i == 0:
            path.moveTo(point)
        else:
            path.lineTo(point)
    path.closeSubpath()
    return path
