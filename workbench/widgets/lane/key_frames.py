"""The strip of key frames below the lanes: one image of every lane at recorded times, each frame at its true t."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from workbench.painters.atlas import as_bytes, sheet, viridis
from workbench.painters.fonts import ui
from workbench.painters.glyphs import draw_glyph
from workbench.views.image.images import TITLES, UNITS
from workbench.views.image.key_frames import LEAST_GAP, History, KeyFrames
from workbench.views.theme import DARK, Theme

_FRAME, _LEAST_FRAME, _APART = 30.0, 18.0, 6.0
"""Side of a frame, in a low window too, and distance of two lanes' frames."""
_HEAD, _FOOT = 46.0, 8.0
_SPACING = 8
_LEFT, _BAR = 44.0, 86.0
"""Room for the glyphs, and for the colour bar at the right."""


class KeyFrameStrip(QWidget):
    """Frames of x at the left, of the size of the field at the right, and its bar."""

    room_changed = pyqtSignal()
    """Another number of frames fits now."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._frames: KeyFrames | None = None
        self._sheets: list[tuple[QImage, QImage | None]] = []
        self._theme: Theme = DARK
        self._cursor = 0.0
        self._current: list[int] = []
        self._gap = self.gap
        self._room = math.inf
        self.hide()

    def show_frames(self, frames: KeyFrames | None, theme: Theme) -> None:
        """None, or no lane at all, hides the strip."""
        self._frames, self._theme = frames, theme
        there = frames is not None and len(frames.histories) > 0
        self.setVisible(there)
        if frames is None or not there:
            return
        self._sheets = [_sheets(history, frames.limit) for history in frames.histories]
        self._set_height()
        self.setAccessibleName(f"Key frames, {frames.title}")
        self._current = self._rows()
        self.update()

    def set_cursor(self, t: float) -> None:
        """Repaint only when another frame is the current one."""
        self._cursor = t
        if self._frames is not None and self._current != self._rows():
            self._current = self._rows()
            self.update()

    def fit(self, room: float) -> None:
        """Take at most so much height, as far as frames can be made smaller for it."""
        self._room = room
        if self._frames is not None:
            self._set_height()
            self.update()

    @property
    def _side(self) -> float:
        """Of a frame."""
        assert self._frames is not None  # asked by who has some
        fits = math.floor((self._room - _HEAD - _FOOT) / len(self._frames.histories)) if self._room < math.inf else 99
        return min(_FRAME, max(_LEAST_FRAME, fits - _APART))

    def _set_height(self) -> None:
        assert self._frames is not None  # asked by who has some
        self.setFixedHeight(round(_HEAD + (self._side + _APART) * len(self._frames.histories) + _FOOT))

    @property
    def gap(self) -> float:
        """How far apart in t two frames stand, so that none covers another."""
        way = (self.width() - _BAR - 2 * _LEFT) / 2 - _FRAME - 16
        return min(1.0, max(LEAST_GAP, round((_FRAME + 6) / max(way, 1.0), 3)))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        if self.gap != self._gap:
            self._gap = self.gap
            self.room_changed.emit()

    def sizeHint(self) -> QSize:
        return QSize(400, self.height())

    def frame_at(self, lane: int, frame: int) -> QRectF:
        """Where a frame of x stands in the widget."""
        assert self._frames is not None  # a frame is asked for
        left, width = self._columns()[0]
        return self._box(left, width, lane, float(self._frames.histories[lane].times[frame]))

    def _rows(self) -> list[int]:
        """The current frame of each lane."""
        assert self._frames is not None  # asked by who has some
        return [history.current(self._cursor) for history in self._frames.histories]

    def _columns(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Left edge and width of the middles' way from t = 0 to t = 1, of both strips."""
        assert self._frames is not None  # asked by who has some
        each = (self.width() - _BAR - 2 * _LEFT) / 2
        way = each - _FRAME - 16
        return (_LEFT + _FRAME / 2, way), (2 * _LEFT + each + _FRAME / 2, way)

    def _box(self, left: float, width: float, lane: int, t: float) -> QRectF:
        side = self._side
        return QRectF(round(left + t * width - side / 2), _HEAD + lane * (side + _APART), side, side)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        if self._frames is None or not self._frames.histories:
            return
        painter, frames = QPainter(self), self._frames
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        heat = any(sheet is not None for _, sheet in self._sheets)
        columns = self._columns()
        titles = [("Key frames", f"{frames.title}, at its true t")]
        if heat:
            titles.append((TITLES[frames.kind], "per pixel, one scale for all lanes and times"))
        for (left, width), title, pick in zip(columns, titles, (_first, _second), strict=False):
            self._strip(painter, left, width, title, pick)
        if heat:
            self._bar(painter)
        painter.end()

    def _strip(
        self, painter: QPainter, left: float, width: float, title: tuple[str, str],
        pick: Callable[[tuple[QImage, QImage | None]], QImage | None],
    ) -> None:  # fmt: skip
        assert self._frames is not None  # the painter has asked
        theme, x = self._theme, left - _FRAME / 2 - 28
        _write(painter, x, 19, title[0], theme.t1, 600)
        start = x + QFontMetricsF(ui(12, 600)).horizontalAdvance(title[0]) + 8
        room = self._end_of(left) - start
        said = QFontMetricsF(ui(12)).elidedText(title[1], Qt.TextElideMode.ElideRight, room)
        _write(painter, start, 19, said, theme.t2)
        self._times(painter, left, width)
        for lane, (history, sheets) in enumerate(zip(self._frames.histories, self._sheets, strict=True)):
            middle = QPointF(x + 5, self._box(left, width, lane, 0.0).center().y())
            draw_glyph(painter, history.method, middle, 9, theme.methods[history.method])
            image = pick(sheets)
            if image is None:
                continue
            side = image.height()
            for i, t in enumerate(history.times):
                box = self._box(left, width, lane, float(t))
                painter.drawImage(box, image, QRectF(i * side, 0, side, side))
            box = self._box(left, width, lane, float(history.times[self._current[lane]]))
            painter.setPen(QPen(QColor(theme.t1), 2))
            painter.drawRect(box.adjusted(-2, -2, 2, 2))

    def _end_of(self, left: float) -> float:
        """Where the title of the strip at ``left`` ends at the latest: at the next strip, or at the unit."""
        assert self._frames is not None  # the painter has asked
        following = [other for other, _ in self._columns() if other > left]
        if following and any(sheet is not None for _, sheet in self._sheets):
            return min(following) - _FRAME / 2 - 28 - 12
        unit = QFontMetricsF(ui(12)).horizontalAdvance(UNITS[self._frames.kind])
        return self.width() - 14 - unit - 12

    def _times(self, painter: QPainter, left: float, width: float) -> None:
        """The t of the first lane's frames, as many as can be read; the current one louder."""
        assert self._frames is not None  # the painter has asked
        first, end = self._frames.histories[0], -1e9
        for i, t in enumerate(first.times):
            text, current = f"{t:.2f}", i == self._current[0]
            metrics = QFontMetricsF(ui(12, 600))
            x = left + float(t) * width - metrics.horizontalAdvance(text) / 2
            if x > end + 4:
                _write(painter, x, 38, text, self._theme.t1 if current else self._theme.t2, 600 if current else 400)
                end = x + metrics.horizontalAdvance(text)

    def _bar(self, painter: QPainter) -> None:
        """The colour bar, its numbers and its unit."""
        assert self._frames is not None  # the painter has asked
        theme, limit = self._theme, self._frames.limit
        x, top, bottom = self.width() - _BAR + 12, _HEAD - 2.0, self.height() - _FOOT - 6
        unit = UNITS[self._frames.kind]
        end = self.width() - 14 - QFontMetricsF(ui(12)).horizontalAdvance(unit)
        _write(painter, end, 19, unit, theme.t2)
        colours = np.ascontiguousarray(viridis()[::-1, None, :])
        image = QImage(colours.tobytes(), 1, len(colours), 3, QImage.Format.Format_RGB888)
        painter.drawImage(QRectF(x, top, 12, bottom - top), image)
        labels = [(f"≥ {limit:g}", 0.0), ("0", 1.0)]
        if bottom - top > 48:
            labels.insert(1, (f"{limit / 2:g}", 0.5))
        for text, place in labels:
            _write(painter, x + 18, top + place * (bottom - top) + 4, text, theme.t2)


class Stacked(QWidget):
    """A widget that takes the room, and below it key frames, which take what they need as far as the widget leaves
    it to them."""

    resized = pyqtSignal()

    def __init__(self, above: QWidget, below: KeyFrameStrip) -> None:
        super().__init__()
        self._above, self._below = above, below
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_SPACING)
        column.addWidget(above, 1)
        column.addWidget(below)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._below.fit(self.height() - _SPACING - self._above.minimumHeight())
        self.resized.emit()


def _write(
    painter: QPainter, x: float, baseline: float, text: str, colour: str, weight: Literal[400, 500, 600] = 400
) -> None:
    painter.setFont(ui(12, weight))
    painter.setPen(QColor(colour))
    painter.drawText(QPointF(x, baseline), text)


def _first(sheets: tuple[QImage, QImage | None]) -> QImage | None:
    return sheets[0]


def _second(sheets: tuple[QImage, QImage | None]) -> QImage | None:
    return sheets[1]


def _sheets(history: History, limit: float) -> tuple[QImage, QImage | None]:
    """All frames of a lane side by side, as they are and as magnitudes."""
    count = len(history.times)
    plain = _image(sheet(as_bytes(history.images), count))
    return plain, None if history.sizes is None else _image(sheet(as_bytes(history.sizes, limit), count))


def _image(pixels: NDArray[np.uint8]) -> QImage:
    height, width, _ = pixels.shape
    return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
