"""Axis numbers and the colour key, painted once each into one small picture from which the stage copies them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen

from workbench.painters.fonts import ui
from workbench.views.theme import Theme, noise_colours

Cell = tuple[int, int, int, int]
_PX = 12
_HALO = 4.0
_KEY_TEXT = "colour: place in noise"
_DISC = 24.0


class Atlas:
    """Sprites side by side in one premultiplied RGBA picture; ``cell`` says where each lies, in texels."""

    KEY = "colour key"

    def __init__(self) -> None:
        self.pixels: NDArray[np.uint8] = np.zeros((1, 1, 4), np.uint8)
        self.halo = 0
        self._cells: dict[str, Cell] = {}
        self._made_for: tuple[Theme, float, bool] | None = None

    def cell(self, name: str) -> Cell:
        """(left, top, right, bottom) in texels."""
        return self._cells[name]

    def prepare(self, texts: set[str], key: bool, theme: Theme, ratio: float) -> bool:
        """Make sure that all of these are there; True where the picture was painted anew."""
        if self._made_for == (theme, ratio, key) and texts <= self._cells.keys():
            return False
        images = {text: _number(text, theme, ratio) for text in sorted(texts)}
        if key:
            images[self.KEY] = _colour_key(theme, ratio)
        self.halo = round(_HALO / 2 * ratio)
        self._made_for = (theme, ratio, key)
        self.pixels, self._cells = _packed(images)
        return True


def _packed(images: dict[str, QImage]) -> tuple[NDArray[np.uint8], dict[str, Cell]]:
    """All images below each other: there are a few dozen small ones."""
    arrays = {name: _pixels(image) for name, image in images.items()}
    sheet = np.zeros(
        (max(1, sum(len(a) for a in arrays.values())), max([1, *(a.shape[1] for a in arrays.values())]), 4), np.uint8
    )
    cells, top = {}, 0
    for name, array in arrays.items():
        sheet[top : top + len(array), : array.shape[1]] = array
        cells[name] = (0, top, array.shape[1], top + len(array))
        top += len(array)
    return sheet, cells


def _pixels(image: QImage) -> NDArray[np.uint8]:
    bits = image.constBits()
    assert bits is not None
    lines = np.frombuffer(bits.asstring(image.sizeInBytes()), np.uint8).reshape(
        image.height(), image.bytesPerLine() // 4, 4
    )
    return lines[:, : image.width()].copy()


def _blank(width: float, height: float, ratio: float) -> QImage:
    image = QImage(round(width * ratio), round(height * ratio), QImage.Format.Format_RGBA8888_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    return image


def _number(text: str, theme: Theme, ratio: float) -> QImage:
    """An axis number with its halo, the digits in the middle of the height."""
    font = ui(_PX, 400)
    metrics = QFontMetricsF(font)
    width, height = np.ceil(metrics.horizontalAdvance(text)) + _HALO, float(_PX) + _HALO
    image = _blank(width, height, ratio)
    path = QPainterPath()
    path.addText(QPointF(_HALO / 2, round((height + metrics.capHeight()) / 2)), font, text)
    with_halo = QPen(QColor(theme.canvas), _HALO, join=Qt.PenJoinStyle.RoundJoin)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.strokePath(path, with_halo)
    painter.setFont(font)
    painter.setPen(QColor(theme.t2))
    painter.drawText(QPointF(_HALO / 2, round((height + metrics.capHeight()) / 2)), text)
    painter.end()
    return image


def _colour_key(theme: Theme, ratio: float) -> QImage:
    """The words, and the disc that shows which colour stands for which place in the noise."""
    font = ui(_PX, 400)
    metrics = QFontMetricsF(font)
    text = np.ceil(metrics.horizontalAdvance(_KEY_TEXT))
    width, height = 12 + text + 8 + _DISC + 5, _DISC + 9
    image = _blank(width, height, ratio)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ground = QColor(theme.canvas)
    ground.setAlphaF(0.86)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(QRectF(0, 0, width, height), 6, 6)
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
