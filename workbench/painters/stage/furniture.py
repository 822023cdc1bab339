"""What stands still in the canvas: lane grounds, grid lines and borders under the marks, numbers and the key above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtGui import QFontMetricsF
from vispy import gloo

from workbench.painters import fonts
from workbench.painters.signs import Sign, places
from workbench.painters.stage import shaders
from workbench.painters.stage.camera import BORDER, Camera
from workbench.painters.stage.labels import PX, Atlas
from workbench.views.axes import ticks
from workbench.views.marks import Words
from workbench.views.theme import Rgba, Theme, rgba

#: Nearer to the left edge than this, the numbers of the two axes would meet (logical pixels).
_CORNER = 40.0
_LEFT, _BOTTOM, _EDGE = 8.0, 11.0, 6.0


@dataclass(frozen=True)
class Ground:
    """One lane of the canvas, in logical pixels: its place, its camera, and what stands in it."""

    left: int
    width: int
    height: int
    camera: Camera
    axes: bool
    selected: bool
    signs: tuple[Sign, ...]
    words: tuple[Words, ...] = ()


class Furniture:
    """Two draw calls for all lanes: flat rectangles below the marks, text sprites above them."""

    def __init__(self) -> None:
        self._flat = gloo.Program(shaders.FLAT_VERTEX, shaders.FLAT_FRAGMENT)
        self._places, self._colours = gloo.VertexBuffer(), gloo.VertexBuffer()
        self._sprites = gloo.Program(shaders.SPRITE_VERTEX, shaders.SPRITE_FRAGMENT)
        self._sprite_places, self._texels = gloo.VertexBuffer(), gloo.VertexBuffer()
        self._atlas = Atlas()
        self._texture: gloo.Texture2D | None = None
        self._any_sprites = False

    def arrange(
        self, grounds: list[Ground], size: tuple[int, int], ratio: float, theme: Theme, zoom: float = 1.0
    ) -> None:
        """Lay everything out anew, for a canvas of ``size`` physical pixels; words are ``zoom`` times as large as
        usual."""
        boxes = _Boxes(ratio)
        for ground in grounds:
            _ground(boxes, ground, theme)
        self._places.set_data(boxes.places())
        self._colours.set_data(boxes.colours())
        self._flat["a_place"], self._flat["a_colour"] = self._places, self._colours
        self._flat["u_canvas"] = self._sprites["u_canvas"] = size
        self._write(grounds, ratio, theme, zoom)

    def draw_below(self) -> None:
        self._flat.draw("triangles")

    def draw_above(self) -> None:
        if self._any_sprites:
            self._sprites.draw("triangles")

    def _write(self, grounds: list[Ground], ratio: float, theme: Theme, zoom: float) -> None:
        labels = [label for ground in grounds for label in _labels(ground, zoom)]
        signs = frozenset(sign for ground in grounds for sign in ground.signs)
        texts = {text for text, _, _, _ in labels}
        if self._atlas.prepare(texts, signs, theme, ratio, zoom) or self._texture is None:
            self._upload(self._atlas.pixels)
        corners: list[tuple[float, float, float, float]] = []
        texels: list[tuple[int, int, int, int]] = []
        for text, x, y, anchor in labels:
            cell = self._atlas.cell(text)
            width, height = cell[2] - cell[0], cell[3] - cell[1]
            left = round(x * ratio - anchor * width) - (self._atlas.halo if anchor == 0 else 0)
            top = round(y * ratio - height / 2)
            corners.append((left, top, left + width, top + height))
            texels.append(cell)
        for ground in grounds:
            where = places(ground.signs, lambda sign: self._atlas.size(sign, ratio), (ground.width, ground.height))
            for sign, place in zip(ground.signs, where, strict=True):
                if place is None:
                    continue
                cell = self._atlas.cell(sign)
                corner = (round((ground.left + place[0]) * ratio), round(place[1] * ratio))
                corners.append((*corner, corner[0] + cell[2] - cell[0], corner[1] + cell[3] - cell[1]))
                texels.append(cell)
        self._any_sprites = bool(corners)
        if corners:
            self._sprite_places.set_data(_triangles(corners))
            self._texels.set_data(_triangles(texels))
            self._sprites["a_place"], self._sprites["a_texel"] = self._sprite_places, self._texels

    def _upload(self, pixels: NDArray[np.uint8]) -> None:
        if self._texture is None:
            self._texture = gloo.Texture2D(pixels.shape, format="rgba", interpolation="nearest")
            self._sprites["u_image"] = self._texture
        self._texture.set_data(pixels)
        self._sprites["u_atlas"] = (pixels.shape[1], pixels.shape[0])


def _triangles(boxes: list[tuple[float, float, float, float]] | list[tuple[int, int, int, int]]) -> NDArray[np.float32]:
    """Two triangles for each (left, top, right, bottom): [boxes * 6, 2]."""
    return np.array(boxes, np.float32)[:, [0, 1, 2, 1, 0, 3, 0, 3, 2, 1, 2, 3]].reshape(-1, 2)


class _Boxes:
    """Rectangles given in logical pixels, snapped to physical ones."""

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio
        self._boxes: list[tuple[float, float, float, float]] = []
        self._fills: list[Rgba] = []

    def add(self, left: float, top: float, width: float, height: float, fill: Rgba) -> None:
        x, y = round(left * self._ratio), round(top * self._ratio)
        w, h = max(1, round(width * self._ratio)), max(1, round(height * self._ratio))
        self._boxes.append((x, y, x + w, y + h))
        self._fills.append(fill)

    def places(self) -> NDArray[np.float32]:
        return _triangles(self._boxes)

    def colours(self) -> NDArray[np.float32]:
        return np.repeat(np.array(self._fills, np.float32), 6, axis=0)


def _ground(boxes: _Boxes, ground: Ground, theme: Theme) -> None:
    left, width, height, camera = ground.left, ground.width, ground.height, ground.camera
    boxes.add(left, 0, width, height, rgba(theme.canvas))
    if ground.axes:
        x_ticks, y_ticks = _axes(ground)
        for value in x_ticks:
            boxes.add(left + width / 2 + (value - camera.x) * camera.scale - 0.5, 0, 1, height, theme.grid)
        for value in y_ticks:
            boxes.add(left, height / 2 - (value - camera.y) * camera.scale - 0.5, width, 1, theme.grid)
    border = rgba(theme.ctl if ground.selected else theme.line)
    boxes.add(left, 0, BORDER, height, border)
    boxes.add(left + width - BORDER, 0, BORDER, height, border)


def _axes(ground: Ground) -> tuple[list[float], list[float]]:
    """The round numbers that are seen along x and along y."""
    camera = ground.camera
    across, up = ground.width / 2 / camera.scale, ground.height / 2 / camera.scale
    return (
        ticks(camera.x - across, camera.x + across, ground.width).tolist(),
        ticks(camera.y - up, camera.y + up, ground.height).tolist(),
    )


def _labels(ground: Ground, zoom: float = 1.0) -> list[tuple[str, float, float, float]]:
    """(text, x, y of its middle, anchor: 0 left, 0.5 middle) of each axis number and word, in logical pixels."""
    camera, metrics, made = ground.camera, QFontMetricsF(fonts.ui(PX)), []
    for word in ground.words:
        x = ground.width / 2 + (word.x - camera.x) * camera.scale
        y = ground.height / 2 - (word.y - camera.y) * camera.scale
        wide, unit = (ground.width - 2 * BORDER) / zoom, camera.scale / zoom
        if said := word.within(x / zoom, wide, unit, metrics.horizontalAdvance):
            made.append((said, ground.left + x, y, 0.5 if word.centred else 0.0))
    if not ground.axes:
        return made
    x_ticks, y_ticks = _axes(ground)
    for value in x_ticks:
        x = ground.width / 2 + (value - camera.x) * camera.scale
        if _CORNER <= x <= ground.width - 12:
            made.append((_number(value), ground.left + x, ground.height - _BOTTOM, 0.5))
    for value in y_ticks:
        y = ground.height / 2 - (value - camera.y) * camera.scale
        if _EDGE <= y <= ground.height - 24:
            made.append((_number(value), ground.left + _LEFT, y, 0.0))
    return made


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")
