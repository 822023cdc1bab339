"""Marks as pixels: the marks of one lane on a layer, at any time."""

from __future__ import annotations

import numpy as np
from PyQt6.QtGui import QImage

from workbench.painters.paper.canvas import Viewport
from workbench.painters.paper.splat import Ink, Layer, Window
from workbench.painters.paper.tails import Piece, at, pieces
from workbench.views.arrows import segments
from workbench.views.marks import Arrows, Heat, Mark, Points, Trails

ARROW_WIDTH = 1.15


def marks_image(marks: tuple[Mark, ...], t: float, view: Viewport, scale: float) -> QImage:
    """Marks at time t over nothing, as a picture of a canvas's size."""
    width, height = round(view.width * scale), round(view.height * scale)
    layer = Layer(width, height)
    brush = Brush(marks, view, layer.all, scale)
    brush.prepare(layer, t)
    brush.still(layer)
    brush.moving(layer, t)
    data = layer.premultiplied()
    image = QImage(data.tobytes(), width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()
    image.setDevicePixelRatio(scale)
    return image


def is_still(mark: Mark) -> bool:
    """A mark with one recorded time looks the same in every frame."""
    return isinstance(mark, Points) and len(mark.times) == 1


class Brush:
    """Draws marks into a window of a layer, ``scale`` device pixels to a logical one.

    Between frames it keeps the pixels of trails between recorded steps: each step is drawn once in a film.
    """

    def __init__(self, marks: tuple[Mark, ...], view: Viewport, window: Window, scale: float) -> None:
        self._view, self._window, self._scale = view, window, scale
        # what stands still lies under a map as well, and a map changes
        mapped = any(isinstance(mark, Heat) for mark in marks)
        self._still = [mark for mark in marks if is_still(mark) and not mapped]
        self._moving = [mark for mark in marks if not is_still(mark) or mapped]
        self._kept: dict[Trails, dict[int, Ink]] = {}

    def still(self, layer: Layer) -> None:
        self._draw(self._still, layer, 1.0)

    def moving(self, layer: Layer, t: float) -> None:
        """Deposit what moves; `prepare` must have been called for this time."""
        self._draw(self._moving, layer, t)

    def prepare(self, layer: Layer, t: float) -> None:
        """Draw the steps of trails that are not kept yet; the layer must be empty, and is afterwards."""
        with np.errstate(invalid="ignore", over="ignore"):
            for mark in self._moving:
                if isinstance(mark, Trails):
                    self._keep(mark, pieces(mark, t), layer)

    def _draw(self, marks: list[Mark], layer: Layer, t: float) -> None:
        with np.errstate(invalid="ignore", over="ignore"):  # a particle that has diverged is left out
            for mark in marks:
                match mark:
                    case Points():
                        self._points(mark, layer, t)
                    case Trails():
                        self._trails(mark, layer, t)
                    case Arrows():
                        self._arrows(mark, layer, t)

    def _points(self, mark: Points, layer: Layer, t: float) -> None:
        if len(mark.times):
            where = at(mark.positions, mark.times, t, glide=mark.glide)
            radius, line = 0.5 * mark.size * self._scale, mark.line * self._scale
            centres = self._scale * self._view(where)
            layer.discs(self._window, centres, radius, mark.colours, line, square=mark.square)

    def _trails(self, mark: Trails, layer: Layer, t: float) -> None:
        for piece in pieces(mark, t):
            if piece.row is None:
                self._piece(mark, piece, layer, piece.share)
            else:
                layer.add(self._kept[mark][piece.row], piece.share)

    def _keep(self, mark: Trails, now: list[Piece], layer: Layer) -> None:
        before = self._kept.get(mark, {})
        self._kept[mark] = {}
        for piece in now:
            if piece.row is None:
                continue
            if piece.row not in before:
                self._piece(mark, piece, layer, 1.0)
                before[piece.row] = layer.take()
            self._kept[mark][piece.row] = before[piece.row]

    def _piece(self, mark: Trails, piece: Piece, layer: Layer, share: float) -> None:
        start, end = (self._scale * self._view(place) for place in (piece.start, piece.end))
        layer.lines(self._window, start, end, mark.width * self._scale, mark.colours, share)

    def _arrows(self, mark: Arrows, layer: Layer, t: float) -> None:
        if not len(mark.times):
            return
        vectors = at(mark.vectors, mark.times, t, glide=True)
        presence = at(mark.presence, mark.times, t, glide=True)
        start, end, alpha = segments(mark, vectors, presence, self._view.unit)
        colours = np.tile(np.array(mark.colour, np.float32), (len(start), 1))
        colours[:, 3] = alpha
        scale = self._scale
        layer.lines(self._window, scale * self._view(start), scale * self._view(end), ARROW_WIDTH * scale, colours)
