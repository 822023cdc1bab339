"""Signs on the canvas: the key to the particles' colours, the bars of colour maps, and notes in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QImage, QLinearGradient, QPainter, QPen

from workbench.painters.fonts import ui
from workbench.views.maps import MapName, bar_labels, table
from workbench.views.marks import Heat, Overlay, Scene
from workbench.views.theme import Theme, noise_colours

_PX = 12
_KEY_TEXT = "colour: place in noise"
_DISC = 24.0
_BAR_WIDTH, _BAR_HEIGHT, _PAD, _EDGE = 176.0, 8.0, 7.0, 6.0
_SHARE = 3
"""A canvas is at least so many times as high as a sign on it."""


class Key(NamedTuple):
    """The disc "colour: place in noise"; it stands at the top right."""


class Bar(NamedTuple):
    """The scale of a colour map; it stands at the bottom right."""

    colours: MapName
    top: float
    label: str


class Note(NamedTuple):
    """A line in words; it stands at the top left."""

    text: str


Sign = Key | Bar | Note


def signs(scene: Scene, overlays: frozenset[Overlay]) -> tuple[Sign, ...]:
    """What stands in a lane that shows these overlays."""
    maps = [mark for mark in scene.marks if isinstance(mark, Heat) and mark.overlay in overlays]
    bars = dict.fromkeys(Bar(mark.colours, mark.top, mark.label) for mark in maps)
    notes = list(scene.notes)
    if any(mark.relief is not None for mark in maps):
        notes.append("White: density of xₜ. Blank: no particles")
    return (*([Key()] if scene.colour_key else []), *bars, *map(Note, notes))


def places(
    shown: Sequence[Sign], size_of: Callable[[Sign], tuple[float, float]], canvas: tuple[float, float]
) -> list[tuple[float, float] | None]:
    """Left and top of each sign on a canvas: notes below each other under the key, bars above each other; None for one
    that is too large for it."""
    top, bottom, out = 6.0, canvas[1] - 28.0, list[tuple[float, float] | None]()
    for sign in shown:
        width, height = size_of(sign)
        if width + 2.0 > canvas[0] or _SHARE * height > canvas[1]:
            out.append(None)
            continue
        match sign:
            case Note():
                out.append((8.0, top))
                top += height + 4.0
            case Key():
                out.append((canvas[0] - width - 6.0, 5.0))
                top = 5.0 + height + 4.0
            case Bar():
                bottom -= height
                out.append((canvas[0] - width - min(_EDGE, (canvas[0] - width) / 2), bottom))
                bottom -= 4.0
    return out


def painted(sign: Sign, theme: Theme, ratio: float) -> QImage:
    match sign:
        case Key():
            return _colour_key(theme, ratio)
        case Bar():
            return _bar(sign, theme, ratio)
        case Note():
            return _note(sign.text, theme, ratio)


def blank(width: float, height: float, ratio: float) -> QImage:
    """A transparent picture of a size in logical pixels."""
    image = QImage(round(width * ratio), round(height * ratio), QImage.Format.Format_RGBA8888_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    return image


def _board(width: float, height: float, theme: Theme, ratio: float, *, framed: bool = False) -> tuple[QImage, QPainter]:
    """A picture with a ground of the canvas's colour, to be painted on."""
    image = blank(width, height, ratio)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.line), 1) if framed else Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.canvas))
    painter.drawRoundedRect(QRectF(0, 0, width, height).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
    return image, painter


def _note(text: str, theme: Theme, ratio: float) -> QImage:
    font = ui(_PX, 400)
    metrics = QFontMetricsF(font)
    height = 24.0
    image, painter = _board(float(np.ceil(metrics.horizontalAdvance(text))) + 16, height, theme, ratio)
    painter.setFont(font)
    painter.setPen(QColor(theme.t1))
    painter.drawText(QPointF(8, round((height + metrics.capHeight()) / 2)), text)
    painter.end()
    return image


def _bar(bar: Bar, theme: Theme, ratio: float) -> QImage:
    """The map from 0 to its top, its labels below, what it measures above."""
    font = ui(_PX, 400)
    metrics = QFontMetricsF(font)
    width = max(_BAR_WIDTH, metrics.horizontalAdvance(bar.label)) + 2 * _PAD
    image, painter = _board(float(np.ceil(width)), 58.0, theme, ratio, framed=True)
    run = width - 2 * _PAD
    colours = table(bar.colours, 33)
    gradient = QLinearGradient(_PAD, 0, _PAD + run, 0)
    for i, (r, g, b) in enumerate(colours):
        gradient.setColorAt(i / (len(colours) - 1), QColor.fromRgbF(float(r), float(g), float(b)))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(gradient)
    painter.drawRoundedRect(QRectF(_PAD, 25, run, _BAR_HEIGHT), 2, 2)
    painter.setFont(font)
    painter.setPen(QColor(theme.t2))
    painter.drawText(QPointF(_PAD, 17), bar.label)
    painter.setPen(QColor(theme.t1))
    for share, text in bar_labels(bar.top):
        painter.drawText(QPointF(_PAD + share * (run - metrics.horizontalAdvance(text)), 49), text)
    painter.end()
    return image


def _colour_key(theme: Theme, ratio: float) -> QImage:
    """The words, and the disc that shows which colour stands for which place in the noise."""
    font = ui(_PX, 400)
    metrics = QFontMetricsF(font)
    text = np.ceil(metrics.horizontalAdvance(_KEY_TEXT))
    width, height = 12 + text + 8 + _DISC + 5, _DISC + 9
    image, painter = _board(width, height, theme, ratio)
    painter.setFont(font)
    painter.setPen(QColor(theme.t1))
    painter.drawText(QPointF(12, round((height + metrics.capHeight()) / 2)), _KEY_TEXT)
    painter.drawImage(QPointF(width - 5 - _DISC, 4.5), _disc(theme, ratio))
    painter.end()
    return image


def _disc(theme: Theme, ratio: float) -> QImage:
    """The noise seen from above, out to |x0| = 1.6 where the colour is fullest."""
    side = round(_DISC * ratio)
    axis = (np.arange(side) + 0.5) / side * 2 - 1
    x, y = np.meshgrid(axis, -axis)
    places = np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float32)
    colours = noise_colours(places * 1.6, theme).reshape(side, side, 4)
    cover = np.clip((1 - np.hypot(x, y)) * side / 2 + 0.5, 0, 1)
    pixels = (np.clip(colours, 0, 1) * cover[..., None] * 255 + 0.5).astype(np.uint8).tobytes()
    image = QImage(pixels, side, side, 4 * side, QImage.Format.Format_RGBA8888_Premultiplied).copy()
    image.setDevicePixelRatio(ratio)
    return image
