"""The page painter: scenes on a QImage, without GL and without a display. Every export goes through it.

Geometry and wording are those of the window's lanes; sizes are logical pixels, ``scale`` device pixels per logical one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen

from workbench.painters import equations, fonts
from workbench.painters.glyphs import draw_glyph
from workbench.painters.heat import heat_pixels
from workbench.painters.signs import Key, painted, places, signs
from workbench.painters.splat import Layer
from workbench.views.arrows import segments
from workbench.views.axes import ticks
from workbench.views.marks import OVERLAYS, Arrows, Heat, Mark, Points, Scene, Trails, locate
from workbench.views.theme import THEMES, Theme, ThemeName
from workbench.views.words import lane_words

HEADER, FOOT, GUTTER, MARGIN, TITLE = 48, 56, 8, 8, 40
_BAR, _CAPTION = 2.0, 34.0


@dataclass(frozen=True)
class Viewport:
    """Maps data units to pixels of a canvas, with equal aspect, showing at least the extent."""

    width: float
    height: float
    extent: tuple[float, float, float, float]

    @property
    def unit(self) -> float:
        """Pixels in one data unit."""
        x0, x1, y0, y1 = self.extent
        return min(self.width / (x1 - x0), self.height / (y1 - y0))

    def __call__(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points [..., 2] in pixels, y down."""
        x0, x1, y0, y1 = self.extent
        out = points.astype(np.float64)
        out[..., 0] = self.width / 2 + (out[..., 0] - (x0 + x1) / 2) * self.unit
        out[..., 1] = self.height / 2 - (out[..., 1] - (y0 + y1) / 2) * self.unit
        return out

    def data(self, pixels: NDArray[np.floating]) -> NDArray[np.float64]:
        """The place in the plane of pixels [..., 2]: the inverse."""
        x0, x1, y0, y1 = self.extent
        out = pixels.astype(np.float64)
        out[..., 0] = (out[..., 0] - self.width / 2) / self.unit + (x0 + x1) / 2
        out[..., 1] = (self.height / 2 - out[..., 1]) / self.unit + (y0 + y1) / 2
        return out

    @property
    def seen(self) -> tuple[float, float, float, float]:
        """The part of the plane that is visible: x0, x1, y0, y1."""
        x0, x1, y0, y1 = self.extent
        half_x, half_y = self.width / 2 / self.unit, self.height / 2 / self.unit
        return ((x0 + x1) / 2 - half_x, (x0 + x1) / 2 + half_x, (y0 + y1) / 2 - half_y, (y0 + y1) / 2 + half_y)


def paint_page(
    scenes: list[Scene], t: float, size: tuple[int, int], theme: Theme, *, title: str = "", scale: float = 1.0
) -> QImage:
    """The lanes in a row at time t, on a page of size (width, height) logical pixels."""
    with _page(size, theme, title, scale) as (image, painter):
        for scene, rect in zip(scenes, _columns(size, len(scenes), TITLE if title else MARGIN), strict=True):
            paint_lane(painter, rect, scene, t, theme)
    return image


@contextmanager
def _page(size: tuple[int, int], theme: Theme, title: str, scale: float) -> Iterator[tuple[QImage, QPainter]]:
    """An empty page under its title. Its painter ends in any case: Qt kills the process if the image goes first."""
    image = QImage(round(size[0] * scale), round(size[1] * scale), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(QColor(theme.win))
    painter = QPainter(image)
    try:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.setFont(fonts.ui(15, 600))
        painter.setPen(QColor(theme.t1))
        painter.drawText(QRectF(MARGIN + 4, 0, size[0], TITLE), Qt.AlignmentFlag.AlignVCenter, title)
        yield image, painter
    finally:
        painter.end()


def _columns(size: tuple[int, int], n: int, top: float) -> list[QRectF]:
    """n places of equal width in a row."""
    across = (size[0] - 2 * MARGIN - GUTTER * (n - 1)) / n
    return [QRectF(MARGIN + i * (across + GUTTER), top, across, size[1] - top - MARGIN) for i in range(n)]


@dataclass(frozen=True)
class Panel:
    """A scene at one time under a caption of its own."""

    scene: Scene
    t: float
    caption: str


def paint_panels(panels: list[Panel], size: tuple[int, int], theme: Theme, *, title: str, scale: float = 1.0) -> QImage:
    """Panels in a row, each a canvas under its caption: for pictures in which every panel has its own time."""
    with _page(size, theme, title, scale) as (image, painter):
        for panel, rect in zip(panels, _columns(size, len(panels), TITLE), strict=True):
            _panel(painter, rect, panel, theme)
    return image


def _panel(painter: QPainter, rect: QRectF, panel: Panel, theme: Theme) -> None:
    outline = QPainterPath()
    outline.addRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
    painter.save()
    painter.fillPath(outline, QBrush(QColor(theme.panel)))
    painter.setClipPath(outline)
    method = panel.scene.lane.method
    painter.fillRect(QRectF(rect.x(), rect.y(), rect.width(), _BAR), QColor(theme.methods[method]))
    draw_glyph(painter, method, QPointF(rect.x() + 17, rect.y() + 17), 9, theme.methods[method])
    painter.setFont(fonts.ui(13, 600))
    painter.setPen(QColor(theme.t1))
    caption = QRectF(rect.x() + 32, rect.y() + 2, rect.width() - 36, _CAPTION - 2)
    painter.drawText(caption, Qt.AlignmentFlag.AlignVCenter, panel.caption)
    paint_canvas(painter, rect.adjusted(0, _CAPTION, 0, 0), panel.scene, panel.t, theme)
    painter.restore()
    painter.setPen(QPen(QColor(theme.line), 1))
    painter.drawPath(outline)


def paint_lane(painter: QPainter, rect: QRectF, scene: Scene, t: float, theme: Theme) -> None:
    """One lane with its header, canvas and foot."""
    painter.save()
    outline = QPainterPath()
    outline.addRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
    painter.fillPath(outline, QBrush(QColor(theme.panel)))
    painter.setClipPath(outline)
    painter.fillRect(QRectF(rect.x(), rect.y(), rect.width(), _BAR), QColor(theme.methods[scene.lane.method]))
    canvas = rect.adjusted(0, HEADER, 0, -FOOT)
    _header(painter, QRectF(rect.x(), rect.y(), rect.width(), HEADER), scene, t, theme)
    paint_canvas(painter, canvas, scene, t, theme)
    _foot(painter, QRectF(rect.x(), canvas.bottom(), rect.width(), FOOT), scene, t, theme)
    painter.setPen(QPen(QColor(theme.line), 1))
    for y in (canvas.top(), canvas.bottom()):
        painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))
    painter.setClipping(False)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(outline)
    painter.restore()


def _header(painter: QPainter, rect: QRectF, scene: Scene, t: float, theme: Theme) -> None:
    lane, words = scene.lane, lane_words(scene.lane, t)
    draw_glyph(painter, lane.method, QPointF(rect.x() + 19, rect.y() + 17), 9, theme.methods[lane.method])
    inner = rect.adjusted(34, 6, -14, -5)
    top, bottom = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
    left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
    painter.setPen(QColor(theme.t1))
    painter.setFont(fonts.ui(13, 600))
    painter.drawText(inner, left | top, lane.title)
    painter.setFont(fonts.ui(13, 600))
    painter.drawText(inner, right | top, words.evaluations)
    painter.setPen(QColor(theme.t2))
    painter.setFont(fonts.ui(12))
    room = inner.width() - QFontMetricsF(fonts.ui(12)).horizontalAdvance(words.time) - 12
    subtitle = QFontMetricsF(fonts.ui(12)).elidedText(lane.subtitle, Qt.TextElideMode.ElideRight, room)
    painter.drawText(inner, left | bottom, subtitle)
    painter.drawText(inner, right | bottom, words.time)


def _foot(painter: QPainter, rect: QRectF, scene: Scene, t: float, theme: Theme) -> None:
    equations.draw(painter, scene.lane.equation, rect.x() + 14, rect.center().y() + 6, 17, theme.t1)
    painter.setPen(QColor(theme.t2))
    painter.setFont(fonts.ui(12))
    text = "\n".join(lane_words(scene.lane, t).facts)
    painter.drawText(rect.adjusted(0, 0, -14, 0), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)


def paint_canvas(
    painter: QPainter, rect: QRectF, scene: Scene, t: float, theme: Theme, *, numbers: bool = True
) -> None:
    """Grid, marks and axis numbers; a small picture does without ``numbers``."""
    scale = painter.device().devicePixelRatio()  # type: ignore[union-attr]  # painting has a device
    view = Viewport(rect.width(), rect.height(), scene.extent)
    painter.drawImage(rect.topLeft(), _ground(view, theme.name, scale))
    marks = [mark for mark in scene.marks if scene.overlays is None or mark.overlay in scene.overlays]
    for mark in marks:
        if isinstance(mark, Heat):
            painter.drawImage(rect.topLeft(), _heat(mark, t, view, scale))
    still = [mark for mark in marks if isinstance(mark, Points) and len(mark.times) == 1]
    for mark in still:
        painter.drawImage(rect.topLeft(), _still(mark, view, scale))
    moving = tuple(mark for mark in marks if mark not in still and not isinstance(mark, Heat))
    if moving:
        painter.drawImage(rect.topLeft(), _layer(moving, t, view, scale))
    if numbers:
        painter.drawImage(rect.topLeft(), _numbers(view, theme.name, scale))
    shown = [sign for sign in signs(scene, scene.overlays or frozenset(OVERLAYS)) if not isinstance(sign, Key)]
    images = {sign: painted(sign, theme, scale) for sign in shown}
    size_of = lambda sign: (images[sign].width() / scale, images[sign].height() / scale)  # noqa: E731
    for sign, (x, y) in zip(shown, places(shown, size_of, (rect.width(), rect.height())), strict=True):
        painter.drawImage(rect.topLeft() + QPointF(x, y), images[sign])


def _canvas(view: Viewport, scale: float) -> QImage:
    """A transparent picture of the size of a canvas."""
    width, height = round(view.width * scale), round(view.height * scale)
    out = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    out.setDevicePixelRatio(scale)
    out.fill(0)
    return out


@lru_cache(maxsize=16)
def _ground(view: Viewport, theme_name: ThemeName, scale: float) -> QImage:
    """Background and grid lines: the same in every frame of a film."""
    theme, seen = THEMES[theme_name], view.seen
    out = _canvas(view, scale)
    out.fill(QColor(theme.canvas))
    painter = QPainter(out)
    painter.setPen(QPen(QColor.fromRgbF(*theme.grid), 1))
    for value in ticks(seen[0], seen[1], view.width):
        x = float(view(np.array([value, 0.0]))[0])
        painter.drawLine(QPointF(x, 0), QPointF(x, view.height))
    for value in ticks(seen[2], seen[3], view.height):
        y = float(view(np.array([0.0, value]))[1])
        painter.drawLine(QPointF(0, y), QPointF(view.width, y))
    painter.end()
    return out


@lru_cache(maxsize=16)
def _numbers(view: Viewport, theme_name: ThemeName, scale: float) -> QImage:
    """Axis numbers with their halo: the same in every frame of a film."""
    seen = view.seen
    out = _canvas(view, scale)
    painter = QPainter(out)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    x_ticks, y_ticks = ticks(seen[0], seen[1], view.width), ticks(seen[2], seen[3], view.height)
    _axis_numbers(painter, view, x_ticks, y_ticks, THEMES[theme_name])
    painter.end()
    return out


@lru_cache(maxsize=16)
def _still(mark: Mark, view: Viewport, scale: float) -> QImage:
    """A mark with one recorded time looks the same in every frame."""
    return _layer((mark,), 1.0, view, scale)


def _layer(marks: tuple[Mark, ...], t: float, view: Viewport, scale: float) -> QImage:
    """Marks together: a layer blends independently of order, and what is nearly opaque outweighs what is faint."""
    width, height = round(view.width * scale), round(view.height * scale)
    layer = Layer(width, height)
    with np.errstate(invalid="ignore", over="ignore"):  # a particle that has diverged is left out
        for mark in marks:
            match mark:
                case Points():
                    _points(layer, mark, t, view, scale)
                case Trails():
                    _trails(layer, mark, t, view, scale)
                case Arrows():
                    _arrows(layer, mark, t, view, scale)
    pixels = layer.premultiplied().tobytes()
    image = QImage(pixels, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()
    image.setDevicePixelRatio(scale)
    return image


def _heat(mark: Heat, t: float, view: Viewport, scale: float) -> QImage:
    size = (round(view.width * scale), round(view.height * scale))
    pixels = heat_pixels(mark, t, size, lambda place: view.data(place / scale), scale)
    image = QImage(pixels.tobytes(), *size, 4 * size[0], QImage.Format.Format_ARGB32_Premultiplied).copy()
    image.setDevicePixelRatio(scale)
    return image


def at(rows: NDArray[np.floating], times: NDArray[np.float64], t: float, *, glide: bool) -> NDArray[np.floating]:
    """The rows [N, ...] at time t, blended where the mark glides."""
    moment = locate(times, t, glide=glide)
    here: NDArray[np.floating] = rows[moment.row]
    return here if moment.fraction == 0.0 else here + moment.fraction * (rows[moment.row + 1] - here)


def _points(layer: Layer, mark: Points, t: float, view: Viewport, scale: float) -> None:
    if len(mark.times):
        where = at(mark.positions, mark.times, t, glide=mark.glide)
        line = scale if mark.hollow else 0.0
        layer.discs(scale * view(where), 0.5 * mark.size * scale, mark.colours, line)


def _trails(layer: Layer, mark: Trails, t: float, view: Viewport, scale: float) -> None:
    moment = locate(mark.times, t, glide=mark.glide)
    first = int(np.searchsorted(mark.times, t - mark.span))
    rows = list(range(max(0, first - 1), moment.row + 1))
    if not rows or len(mark.times) < 2:
        return
    ways, times = [mark.positions[row] for row in rows], [float(mark.times[row]) for row in rows]
    if moment.fraction > 0.0:
        ways.append(at(mark.positions, mark.times, t, glide=True).astype(np.float32))
        times.append(t)
    if times[0] < t - mark.span and len(times) > 1:  # the oldest segment is cut where the span begins
        share = (t - mark.span - times[0]) / (times[1] - times[0])
        ways[0] = ways[0] + np.float32(share) * (ways[1] - ways[0])
        times[0] = t - mark.span
    middle = (np.array(times[:-1]) + np.array(times[1:])) / 2
    age = np.clip((middle - (t - mark.span)) / mark.span, 0.0, 1.0) ** 1.4
    colours = np.tile(mark.colours, (len(middle), 1))
    colours[:, 3] *= np.repeat(age, len(mark.colours)).astype(np.float32)
    way = scale * view(np.stack(ways))
    layer.lines(way[:-1].reshape(-1, 2), way[1:].reshape(-1, 2), mark.width * scale, colours)


def _arrows(layer: Layer, mark: Arrows, t: float, view: Viewport, scale: float) -> None:
    if not len(mark.times):
        return
    vectors = at(mark.vectors, mark.times, t, glide=True)
    presence = at(mark.presence, mark.times, t, glide=True)
    start, end, alpha = segments(mark, vectors, presence, view.unit)
    colours = np.tile(np.array(mark.colour, np.float32), (len(start), 1))
    colours[:, 3] = alpha
    layer.lines(scale * view(start), scale * view(end), 1.15 * scale, colours)


def _axis_numbers(
    painter: QPainter, view: Viewport, x_ticks: NDArray[np.float64], y_ticks: NDArray[np.float64], theme: Theme
) -> None:
    """Numbers inside the canvas along its left and bottom edge, each with a halo in the canvas colour."""
    font = fonts.ui(12)
    metrics = QFontMetricsF(font)
    labels = []
    for value in y_ticks:
        y = float(view(np.array([0.0, value]))[1])
        if 16 < y < view.height - 30:
            labels.append((6.0, y + metrics.capHeight() / 2, _number(value)))
    for value in x_ticks:
        x, text = float(view(np.array([value, 0.0]))[0]), _number(value)
        if 30 < x < view.width - 16:
            labels.append((x - metrics.horizontalAdvance(text) / 2, view.height - 7, text))
    path = QPainterPath()
    for x, y, text in labels:
        path.addText(QPointF(x, y), font, text)
    painter.strokePath(path, QPen(QColor(theme.canvas), 4, join=Qt.PenJoinStyle.RoundJoin))
    painter.fillPath(path, QBrush(QColor(theme.t2)))


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")
