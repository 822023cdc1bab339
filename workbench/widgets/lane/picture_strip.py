"""A strip of small pictures of scenes at stated times, noise at the left, data at the right: the forward process,
or the key frames of every lane side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PyQt6.QtWidgets import QWidget

from workbench.painters.fonts import ui
from workbench.painters.glyphs import draw_glyph
from workbench.painters.paper.panels import canvas_image
from workbench.views.marks import Method, Points, Scene, evenly
from workbench.views.theme import DARK, Theme
from workbench.views.words import first_fitting
from workbench.widgets.aside import Aside

HEIGHT = 120
EVEN = tuple(float(t) for t in np.linspace(0.0, 1.0, 9))
_TITLE, _PAD, _GAP, _BETWEEN, _SIZE, _GLYPH = 28, 8, 6, 24, 1.5, 16
_LEAST_ACROSS, _LEAST, _MOST = 56, 2, 6
"""Pixels of a picture, and how many a group has: as many of its recorded times as find room."""


@dataclass(frozen=True)
class Group:
    """Pictures of one scene under a title, at the ``times`` given, or at recorded ones spread evenly."""

    title: str
    words: str
    scene: Scene
    method: Method | None = None
    times: tuple[float, ...] | None = None


class PictureStrip(QWidget):
    """Has its pictures painted in a thread, and shows each as it comes; a click goes to a picture's time."""

    chosen = pyqtSignal(float)

    def __init__(self, parent: QWidget, name: str, tip: str) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(tip)
        self._name = name
        self._source: tuple[Group, ...] | str = ""
        self._groups: tuple[Group, ...] = ()
        self.words = ""
        self._theme = DARK
        self._t = 0.0
        self._shown: list[tuple[int, float]] = []
        self._pictures: dict[int, QImage] = {}
        self._painter = Aside[tuple[int, QImage]](self, self._painted)

    def show_groups(self, groups: Sequence[Group] | str, theme: Theme) -> None:
        """Show the particles or images of these, or words in their place. Scenes that stand already cost nothing."""
        wanted = groups if isinstance(groups, str) else tuple(groups)
        if theme is self._theme and wanted == self._source:
            return
        self._source, self._theme = wanted, theme
        self._groups = () if isinstance(wanted, str) else tuple(map(_bare, wanted))
        self.words = wanted if isinstance(wanted, str) else ", ".join(group.words for group in wanted)
        self.setAccessibleName(f"{self._name}, {self.words}")
        self._begin()

    def set_cursor(self, t: float) -> None:
        before, self._t = self.framed, t
        if self.framed != before:
            self.update()

    @property
    def times(self) -> list[float]:
        """Of all pictures, from left to right."""
        return [t for _, t in self._shown]

    @property
    def framed(self) -> list[int]:
        """The picture of each group whose time is nearest to the cursor."""
        out = []
        for group in range(len(self._groups)):
            there = [i for i, (of, _) in enumerate(self._shown) if of == group]
            out.append(min(there, key=lambda i: abs(self._shown[i][1] - self._t)))
        return out

    @property
    def complete(self) -> bool:
        """Whether every picture is painted."""
        return bool(self._shown) and len(self._pictures) == len(self._shown)

    def place(self, index: int) -> QRectF:
        """Where a picture stands, on whole pixels."""
        group = self._shown[index][0]
        first = next(i for i, (of, _) in enumerate(self._shown) if of == group)
        count = sum(of == group for of, _ in self._shown)
        left, width = self._column(group)
        each = (width + _GAP) / count
        start, end = (round(left + (index - first + k) * each) for k in (0, 1))
        return QRectF(start, _TITLE, end - _GAP - start, self.height() - _TITLE - _PAD)

    def _column(self, group: int) -> tuple[float, float]:
        """Left edge and width of a group."""
        n = max(1, len(self._groups))
        width = (self.width() - 2 * _PAD - _BETWEEN * (n - 1)) / n
        return _PAD + group * (width + _BETWEEN), width

    def _begin(self) -> None:
        self._painter.drop()
        self._pictures.clear()
        fit = int((self._column(0)[1] + _GAP) // (_LEAST_ACROSS + _GAP))
        self._shown = [(i, t) for i, group in enumerate(self._groups) for t in _times(group, fit)]
        if self._shown and self.isVisibleTo(self.parentWidget()):
            self._painter.ask(self._pictures_of_now())
        self.update()

    def _pictures_of_now(self) -> Callable[[], Iterator[tuple[int, QImage]]]:
        """What paints all of them as they are to be now: each takes a frame, and the first imports what sums ink."""
        theme, ratio = self._theme, self.devicePixelRatioF()
        asked = [(i, self._groups[of].scene, self.place(i), t) for i, (of, t) in enumerate(self._shown)]

        def work() -> Iterator[tuple[int, QImage]]:
            for i, scene, rect, t in asked:
                canvas = QRectF(0, 0, max(1.0, rect.width()), max(1.0, rect.height()))
                yield i, canvas_image(scene, canvas, t, theme, ratio, numbers=False)

        return work

    def _painted(self, one: tuple[int, QImage]) -> None:
        index, picture = one
        self._pictures[index] = picture
        self.update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._begin()

    def showEvent(self, event: QShowEvent | None) -> None:
        """What came while nobody saw it is painted now."""
        if not self.complete:
            self._begin()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        for i, (_, t) in enumerate(self._shown):
            if self.place(i).contains(event.position()):
                self.chosen.emit(t)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.win))
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.setBrush(QColor(theme.panel))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        for i, group in enumerate(self._groups):
            left, width = self._column(i)
            self._title(painter, left, width, group.title, group.words, group.method)
        if not self._groups:
            self._title(painter, *self._column(0), self._name, self.words, None)
        framed = self.framed
        for i, (_, t) in enumerate(self._shown):
            self._picture(painter, i, t, i in framed)
        painter.end()

    def _picture(self, painter: QPainter, index: int, t: float, framed: bool) -> None:
        theme, font, rect = self._theme, ui(12), self.place(index)
        advance = QFontMetricsF(font).horizontalAdvance
        said = (f"{round(t, digits):g}" for digits in (3, 2))
        text = first_fitting(said, lambda words: advance(words) + 12 <= rect.width())
        ground = QColor(theme.canvas)
        if index in self._pictures:
            painter.drawImage(rect.topLeft(), self._pictures[index])
        else:
            painter.fillRect(rect, ground)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.t1 if framed else theme.line), 2 if framed else 1))
        painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setFont(font)
        box = QRectF(rect.x() + 3, rect.bottom() - 19, advance(text) + 6 if text else 0.0, 16)
        ground.setAlphaF(0.8)
        painter.fillRect(box, ground)
        painter.setPen(QColor(theme.t1 if framed else theme.t2))
        painter.drawText(QPointF(rect.x() + 6, rect.bottom() - 6), text)

    def _title(
        self, painter: QPainter, left: float, width: float, title: str, words: str, method: Method | None
    ) -> None:
        theme, bold, x = self._theme, ui(12, 600), left + 6
        if method is not None:
            draw_glyph(painter, method, QPointF(x + 4, 14.5), 9, theme.methods[method])
            x += _GLYPH
        painter.setFont(bold)
        painter.setPen(QColor(theme.t1))
        painter.drawText(QPointF(x, 19), title)
        x += QFontMetricsF(bold).horizontalAdvance(title) + 8
        painter.setFont(ui(12))
        painter.setPen(QColor(theme.t2))
        said = QFontMetricsF(ui(12)).elidedText(words, Qt.TextElideMode.ElideRight, left + width - x)
        painter.drawText(QPointF(x, 19), said)


def _bare(group: Group) -> Group:
    """The group with its particles alone, drawn small, or with its images."""
    runs = [mark for mark in group.scene.marks if mark.overlay in ("particles", "image")]
    small = (dataclasses.replace(mark, size=_SIZE) if isinstance(mark, Points) else mark for mark in runs)
    return dataclasses.replace(group, scene=dataclasses.replace(group.scene, marks=tuple(small), overlays=None))


def _times(group: Group, fit: int) -> tuple[float, ...]:
    if group.times is not None:
        return group.times
    times = group.scene.lane.times
    return tuple(times[evenly(times, max(_LEAST, min(fit, _MOST)))].tolist())
