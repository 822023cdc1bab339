"""The page painter: scenes as pixels or as vectors, without GL and without a display. Every export goes through it.

Geometry and wording are those of the window's lanes; sizes are logical pixels, ``scale`` device pixels per logical one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QColor, QImage, QPainter

from workbench.painters.bits import image_on, memory
from workbench.painters.paper import furniture, vector
from workbench.painters.paper.brush import Brush, marks_image
from workbench.painters.paper.canvas import NUMBERS_ACROSS, NUMBERS_UP, Viewport, paint_ground, paint_numbers
from workbench.painters.paper.furniture import FOOT, HEADER
from workbench.painters.paper.image_marks import paint_below, paint_words
from workbench.painters.paper.splat import Layer, Window
from workbench.painters.signs import Key, Sign, painted, signs
from workbench.painters.signs import places as sign_places
from workbench.views.lane2d import FOUR, with_whole_ways
from workbench.views.marks import OVERLAYS, Heat, Images, Mark, Scene
from workbench.views.theme import Theme

GUTTER, MARGIN, TITLE = 8, 8, 40

_LEAST_ACROSS, _LEAST_DOWN = 120, 72
"""Pixels of a canvas below which nothing can be seen."""
_SMOOTH = QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing

Rows = Sequence[Sequence[Scene]]


@dataclass(frozen=True, eq=False)
class _Cell:
    """Where a scene lies on the page: all of it, and its canvas."""

    scene: Scene
    rect: QRectF
    canvas: QRectF
    view: Viewport


class Page:
    """Lanes in rows on one page, painted at any time. What stands still is drawn once, what moves in every frame.

    ``words`` shows each lane's header and foot. `paint` gives pixels, `draw` goes to any painter, as vectors.
    """

    def __init__(
        self, rows: Rows, size: tuple[int, int], theme: Theme, *, title: str = "", scale: float = 1.0,
        words: bool = True,
    ) -> None:  # fmt: skip
        self.size, self.theme, self.title, self.scale, self.words = size, theme, title, scale, words
        self.cells = [
            self._cell(with_whole_ways(scene) if len(row) == FOUR else scene, rect)
            for row, rects in zip(rows, places(size, rows, TITLE if title else MARGIN), strict=True)
            for scene, rect in zip(row, rects, strict=False)
        ]
        self._still: NDArray[np.uint8] | None = None
        self._numbers: list[tuple[QRectF, QImage]] = []
        self._signs: dict[Sign, QImage] = {}

    def _cell(self, scene: Scene, rect: QRectF) -> _Cell:
        canvas = rect.adjusted(0, HEADER, 0, -FOOT) if self.words else rect
        return _Cell(scene, rect, canvas, Viewport(canvas.width(), canvas.height(), scene.extent, scene.pixels))

    # --- pixels --------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the pixels: height, width, 4 (BGRA)."""
        return (round(self.size[1] * self.scale), round(self.size[0] * self.scale), 4)

    def paint(self, t: float) -> QImage:
        """The page at time t."""
        height, width, _ = self.shape
        image = QImage(width, height, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(self.scale)
        self.paint_into(memory(image), t, image)
        return image

    def paint_into(self, page: NDArray[np.uint8], t: float, image: QImage | None = None) -> None:
        """Paint on ``page`` [height, width, 4], C-contiguous; ``image``, if given, must lie on the same memory."""
        if self._still is None:
            self._prepare()
        assert self._still is not None  # made just now
        np.copyto(page, self._still)
        target = image or image_on(page, self.scale)
        if any(isinstance(mark, Heat | Images) for cell in self.cells for mark in cell.scene.shown):
            with painting(target) as painter:
                for cell in self.cells:
                    paint_below(painter, cell.canvas, cell.scene, t, cell.view, self.scale)
        for brush in self._brushes:
            brush.prepare(self._layer, t)
        for brush in self._brushes:
            brush.moving(self._layer, t)
        self._layer.onto(page)
        with painting(target) as painter:
            for strip, numbers in self._numbers:
                painter.drawImage(strip.topLeft(), numbers)
            for cell in self.cells:
                paint_words(painter, cell.canvas, cell.scene, cell.view, self.theme)
            self._paint_signs(painter)
            self._paint_words(painter, t)

    def _prepare(self) -> None:
        height, width, _ = self.shape
        self._layer = Layer(width, height)
        self._brushes = [
            Brush(cell.scene.shown, cell.view, window_of(cell.canvas, self.scale), self.scale) for cell in self.cells
        ]
        self._still = np.empty(self.shape, np.uint8)
        with painting(image_on(self._still, self.scale)) as painter:
            self._paint_furniture(painter)
        for brush in self._brushes:
            brush.still(self._layer)
        self._layer.onto(self._still)
        self._numbers = [strip for cell in self.cells if not cell.scene.pixels
            for strip in _number_strips(cell, self.theme, self.scale)
        ]  # fmt: skip

    # --- the same on any painter ---------------------------------------------------------------------------------

    def draw(self, painter: QPainter, t: float) -> bool:
        """The page at time t as shapes and text. Returns whether no lane had too many marks for that."""
        painter.setRenderHints(_SMOOTH)
        self._paint_furniture(painter)
        shapes = [vector.draw_marks(painter, cell.canvas, cell.scene, t, cell.view) for cell in self.cells]
        for cell in self.cells:
            paint_numbers(painter, cell.canvas, cell.view, self.theme, outlines=True)
            paint_words(painter, cell.canvas, cell.scene, cell.view, self.theme, outlines=True)
        self._paint_signs(painter)
        self._paint_words(painter, t)
        return all(shapes)

    def _paint_signs(self, painter: QPainter) -> None:
        """Bars of maps, and notes; the key to the particles' colours stands on the stage alone."""
        for cell in self.cells:
            overlays = frozenset(OVERLAYS) if cell.scene.overlays is None else cell.scene.overlays
            images = {sign: self._sign(sign) for sign in signs(cell.scene, overlays) if not isinstance(sign, Key)}
            size_of = {sign: image.deviceIndependentSize() for sign, image in images.items()}
            corners = sign_places(
                list(images), lambda sign, of=size_of: (of[sign].width(), of[sign].height()),  # type: ignore[misc]
                (cell.canvas.width(), cell.canvas.height()),
            )  # fmt: skip
            for image, corner in zip(images.values(), corners, strict=True):
                if corner is not None:
                    painter.drawImage(cell.canvas.topLeft() + QPointF(*corner), image)

    def _sign(self, sign: Sign) -> QImage:
        if sign not in self._signs:
            self._signs[sign] = painted(sign, self.theme, self.scale)
        return self._signs[sign]

    def _paint_furniture(self, painter: QPainter) -> None:
        painter.fillRect(QRectF(0, 0, *self.size), QColor(self.theme.win))
        furniture.page_title(painter, QRectF(MARGIN + 4, 0, self.size[0] - 2 * MARGIN, TITLE), self.title, self.theme)
        for cell in self.cells:
            if self.words:
                furniture.lane_box(painter, cell.rect, cell.scene, self.theme)
            paint_ground(painter, cell.canvas, cell.view, self.theme)
            if self.words:
                furniture.lane_lines(painter, cell.rect, cell.canvas, self.theme)

    def _paint_words(self, painter: QPainter, t: float) -> None:
        if self.words:
            for cell in self.cells:
                furniture.lane_numbers(painter, cell.rect, cell.scene, t, self.theme)


def paint_page(
    scenes: Sequence[Scene], t: float, size: tuple[int, int], theme: Theme, *, title: str = "", scale: float = 1.0
) -> QImage:
    """The lanes in a row at time t, on a page of size (width, height) logical pixels."""
    return Page([scenes], size, theme, title=title, scale=scale).paint(t)


def least_size(rows: Rows, words: bool = True) -> tuple[int, int]:
    """The least width and height of a page on which every canvas can still be seen."""
    columns, down = max(len(row) for row in rows), _LEAST_DOWN + (HEADER + FOOT if words else 0)
    return (2 * MARGIN + columns * (_LEAST_ACROSS + GUTTER), TITLE + MARGIN + len(rows) * (down + GUTTER))


def window_of(rect: QRectF, scale: float) -> Window:
    return Window(*(round(scale * value) for value in (rect.x(), rect.y(), rect.width(), rect.height())))


def _number_strips(cell: _Cell, theme: Theme, scale: float) -> list[tuple[QRectF, QImage]]:
    """Axis numbers with their halo as two transparent pictures: the same in every frame."""
    rect = cell.canvas
    left = QRectF(rect.x(), rect.y(), min(NUMBERS_ACROSS, rect.width()), rect.height() - NUMBERS_UP)
    bottom = QRectF(rect.x(), rect.bottom() - NUMBERS_UP, rect.width(), NUMBERS_UP)
    out = []
    for strip in (left, bottom):
        image = QImage(
            round(strip.width() * scale), round(strip.height() * scale), QImage.Format.Format_ARGB32_Premultiplied
        )
        image.setDevicePixelRatio(scale)
        image.fill(0)
        with painting(image) as painter:
            paint_numbers(painter, rect.translated(-strip.topLeft()), cell.view, theme)
        out.append((strip, image))
    return out


@contextmanager
def painting(image: QImage) -> Iterator[QPainter]:
    """A painter that ends in any case: Qt kills the process if the image goes first."""
    painter = QPainter(image)
    try:
        painter.setRenderHints(_SMOOTH)
        yield painter
    finally:
        painter.end()


def places(size: tuple[int, int], rows: Rows, top: float) -> list[list[QRectF]]:
    """A place for every scene, on whole pixels: rows of equal height, columns of equal width, to the very pixel, since
    images are drawn at whole multiples and in a place one pixel wider could be larger. What is over goes to the rim."""
    columns, n = max((1, *map(len, rows))), max(len(rows), 1)
    across, over_x = divmod(size[0] - 2 * MARGIN + GUTTER, columns)
    down, over_y = divmod(round(size[1] - top - MARGIN + GUTTER), n)
    xs = [MARGIN + over_x // 2 + i * across for i in range(columns)]
    ys = [round(top) + over_y // 2 + i * down for i in range(n)]
    return [[QRectF(x, y, across - GUTTER, down - GUTTER) for x in xs] for y in ys]


def paint_marks(
    painter: QPainter, rect: QRectF, marks: tuple[Mark, ...], extent: tuple[float, float, float, float], t: float
) -> None:
    """Marks alone, without grid or numbers, what lies in the extent (left, right, bottom, top) in a rectangle."""
    scale = painter.device().devicePixelRatio()  # type: ignore[union-attr]  # painting has a device
    view = Viewport(rect.width(), rect.height(), extent)
    painter.drawImage(rect.topLeft(), marks_image(marks, t, view, scale))
