"""Line icons from resources/icons, in any colour and size."""

from __future__ import annotations

from functools import lru_cache

from PyQt6.QtCore import QByteArray, QRectF, QSize, Qt
from PyQt6.QtGui import QIcon, QPainter, QPixmap
from PyQt6.QtSvg import QSvgRenderer
from PyQt6.QtWidgets import QPushButton

import resources

_GAP = 6
_FAINT = 0.5
"""Opacity of an icon that does nothing now."""
_DRAWN, _LEAST = 1.6, 1.4
"""Width of the strokes as drawn, of 24; and on the screen, where small icons would become hairlines (pixels)."""


@lru_cache(maxsize=256)
def pixmap(name: str, colour: str, px: int, ratio: float) -> QPixmap:
    """The icon ``name``, its strokes in ``colour`` (#RRGGBB), ``px`` logical pixels wide and high."""
    svg = resources.path("icons", f"{name}.svg").read_text(encoding="utf-8")
    stroke = max(_DRAWN, _LEAST * 24 / px)
    svg = svg.replace("currentColor", colour).replace(f'stroke-width="{_DRAWN}"', f'stroke-width="{stroke:.2f}"')
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    image = QPixmap(round(px * ratio), round(px * ratio))
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, image.width(), image.height()))
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


@lru_cache(maxsize=256)
def icon(name: str, colour: str, px: int, gap: int = 0) -> QIcon:
    """The same as a QIcon, sharp at 1x and 2x; a ``gap`` at its right is part of it."""
    made = QIcon()
    for ratio in (1.0, 2.0):
        drawn = pixmap(name, colour, px, ratio)
        if gap:
            drawn = drawn.copy(0, 0, round((px + gap) * ratio), drawn.height())
        made.addPixmap(drawn)
        made.addPixmap(_faint(drawn), QIcon.Mode.Disabled)  # Qt's own would be a grey brighter than the colour
    return made


def put_icon(button: QPushButton, name: str, colour: str, px: int) -> None:
    """An icon before a button's words, at some distance: the style leaves four pixels, which look like none."""
    button.setIcon(icon(name, colour, px, _GAP))
    button.setIconSize(QSize(px + _GAP, px))


def _faint(drawn: QPixmap) -> QPixmap:
    out = QPixmap(drawn.size())
    out.setDevicePixelRatio(drawn.devicePixelRatio())
    out.fill(Qt.GlobalColor.transparent)
    painter = QPainter(out)
    painter.setOpacity(_FAINT)
    painter.drawPixmap(0, 0, drawn)
    painter.end()
    return out
