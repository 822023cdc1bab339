"""Axis numbers and signs, painted once each into one small picture from which the stage copies them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen

from workbench.painters import fonts
from workbench.painters.signs import Sign, blank, painted
from workbench.views.theme import Theme

Cell = tuple[int, int, int, int]
PX = 12
"""Of letters, at the usual size of type."""
_HALO = 4.0


class Atlas:
    """Sprites side by side in one premultiplied RGBA picture; ``cell`` says where each lies, in texels."""

    def __init__(self) -> None:
        self.pixels: NDArray[np.uint8] = np.zeros((1, 1, 4), np.uint8)
        self.halo = 0
        self._cells: dict[str | Sign, Cell] = {}
        self._made_for: tuple[Theme, float, float, frozenset[Sign]] | None = None

    def cell(self, name: str | Sign) -> Cell:
        """(left, top, right, bottom) in texels."""
        return self._cells[name]

    def size(self, name: str | Sign, ratio: float) -> tuple[float, float]:
        """Width and height in logical pixels."""
        left, top, right, bottom = self._cells[name]
        return (right - left) / ratio, (bottom - top) / ratio

    def prepare(self, texts: set[str], signs: frozenset[Sign], theme: Theme, ratio: float, zoom: float) -> bool:
        """Make sure that all of these are there, texts ``zoom`` times as large as usual; True where the picture was
        painted anew."""
        if self._made_for == (theme, ratio, zoom, signs) and texts <= self._cells.keys():
            return False
        images: dict[str | Sign, QImage] = {text: _number(text, theme, ratio * zoom) for text in sorted(texts)}
        images |= {sign: painted(sign, theme, ratio) for sign in signs}
        self.halo = round(_HALO / 2 * ratio * zoom)
        self._made_for = (theme, ratio, zoom, signs)
        self.pixels, self._cells = _packed(images)
        return True


def _packed(images: dict[str | Sign, QImage]) -> tuple[NDArray[np.uint8], dict[str | Sign, Cell]]:
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


def _number(text: str, theme: Theme, ratio: float) -> QImage:
    """An axis number with its halo, the digits in the middle of the height."""
    font = fonts.ui(PX)
    metrics = QFontMetricsF(font)
    width, height = np.ceil(metrics.horizontalAdvance(text)) + _HALO, fonts.px(PX) + _HALO
    image = blank(width, height, ratio)
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
