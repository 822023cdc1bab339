"""Marks as shapes, for SVG and PDF: circles and lines that stay sharp at any size and can be edited one by one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPainterPath, QPen

from workbench.painters.paper.brush import ARROW_WIDTH, marks_image
from workbench.painters.paper.canvas import Viewport
from workbench.painters.paper.image_marks import paint_below
from workbench.painters.paper.splat import cut
from workbench.painters.paper.tails import at, pieces
from workbench.views.arrows import segments
from workbench.views.marks import Arrows, Frame, Heat, Images, Mark, Points, Scene, Trails

MOST_SHAPES = 20_000
"""In one lane. Beyond it a file takes seconds to open and its shapes can no longer be told apart."""
_PICTURE_SCALE = 2.0
_FAINTEST = 0.01
_SHADES = 24
"""Lines come in this many steps of red, green, blue and opacity."""


def draw_marks(painter: QPainter, rect: QRectF, scene: Scene, t: float, view: Viewport) -> bool:
    """The marks of a scene at time t within ``rect``. Returns whether they are shapes.

    A lane with more than `MOST_SHAPES` of them becomes a picture of twice the resolution; its words stay text.
    """
    with np.errstate(invalid="ignore", over="ignore"):  # a particle that has diverged is left out
        paint_below(painter, rect, scene, t, view, _PICTURE_SCALE)
        if sum(_count(mark, t) for mark in scene.shown) > MOST_SHAPES:
            painter.drawImage(rect, marks_image(scene.shown, t, view, _PICTURE_SCALE))
            return False
        painter.save()
        painter.translate(rect.topLeft())
        for mark in scene.shown:
            _draw(painter, mark, t, view)
        painter.restore()
    return True


def _draw(painter: QPainter, mark: Mark, t: float, view: Viewport) -> None:
    if isinstance(mark, Frame) or not len(mark.times):
        return
    match mark:
        case Points():
            _points(painter, mark, t, view)
        case Trails():
            now = pieces(mark, t)
            if now:
                old, new = np.concatenate([p.start for p in now]), np.concatenate([p.end for p in now])
                colours = np.tile(mark.colours, (len(now), 1))
                colours[:, 3] *= np.repeat([piece.share for piece in now], len(mark.colours)).astype(np.float32)
                _lines(painter, view(old), view(new), colours, mark.width, view)
        case Arrows():
            vectors = at(mark.vectors, mark.times, t, glide=True)
            presence = at(mark.presence, mark.times, t, glide=True)
            start, end, alpha = segments(mark, vectors, presence, view.unit)
            colours = np.tile(np.array(mark.colour, np.float32), (len(start), 1))
            colours[:, 3] = alpha
            _lines(painter, view(start), view(end), colours, ARROW_WIDTH, view)


def _points(painter: QPainter, mark: Points, t: float, view: Viewport) -> None:
    where = view(at(mark.positions, mark.times, t, glide=mark.glide))
    seen = ((where >= 0) & (where <= [view.width, view.height])).all(axis=1)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    radius = (mark.size - mark.line) / 2
    shape = painter.drawRect if mark.square else painter.drawEllipse
    for (x, y), colour in zip(where[seen].tolist(), mark.colours[seen].tolist(), strict=True):
        if mark.line:
            painter.setPen(QPen(QColor.fromRgbF(*colour), mark.line, join=Qt.PenJoinStyle.MiterJoin))
        else:
            painter.setBrush(QColor.fromRgbF(*colour))
        shape(QRectF(x - radius, y - radius, 2 * radius, 2 * radius))


def _lines(
    painter: QPainter, start: NDArray[np.float64], end: NDArray[np.float64], colours: NDArray[np.float32],
    width: float, view: Viewport,
) -> None:  # fmt: skip
    """Lines of one colour go together: a file would otherwise repeat its pen for every one of them."""
    start, end, colours = cut(start, end, colours, np.zeros(2), np.array([view.width, view.height]))
    shown = colours[:, 3] > _FAINTEST
    start, end = start[shown], end[shown]
    shades, which = np.unique(np.round(colours[shown] * _SHADES).astype(int), axis=0, return_inverse=True)
    for i, shade in enumerate(shades):
        painter.setPen(QPen(QColor.fromRgbF(*(shade / _SHADES)), width))
        path = QPainterPath()
        for a, b in zip(start[which.ravel() == i].tolist(), end[which.ravel() == i].tolist(), strict=True):
            path.moveTo(*a)
            path.lineTo(*b)
        painter.drawPath(path)


def _count(mark: Mark, t: float) -> int:
    """How many shapes a mark is at time t, at most."""
    match mark:
        case Points():
            return int(mark.positions.shape[1])
        case Trails():
            return int(mark.positions.shape[1]) * len(pieces(mark, t))
        case Arrows():
            return 3 * len(mark.origins)
        case Heat() | Images() | Frame():
            return 0
