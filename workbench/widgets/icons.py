"""Line icons from resources/icons, in any colour and size."""

from __future__ import annotations

from functools import lru_cache

from PyQt6.QtCore import QByteArray, QRectF, Qt
from PyQt6.QtGui import QIcon, QPainter, QPixmap
from PyQt6.QtSvg import QSvgRenderer

import resources

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


def icon(name: str, colour: str, px: int) -> QIcon:
    """The same as a QIcon, sharp at 1x and 2x."""
    made = QIcon(pixmap(name, colour, px, 1.0))
    made.addPixmap(pixmap(name, colour, px, 2.0))
    return made
