"""The bar above a lane: its method by colour and glyph, its name, evaluations spent, the time, and a menu."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PyQt6.QtCore import QPointF, QRectF, QSize, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PyQt6.QtWidgets import QMenu, QToolButton, QWidget

from workbench.painters.fonts import elided, fixed, px, ui, width_of, within
from workbench.painters.glyphs import draw_glyph
from workbench.views.marks import Lane
from workbench.views.theme import DARK, Theme
from workbench.views.words import first_fitting, first_parts, lane_words, shortened
from workbench.widgets import icons

HEIGHT = 49
"""48 and the line under it."""
_RADIUS, _BAR, _GAP = 8.0, 2.0, 8.0
_BASELINES = (21.0, 38.0)
_MENU = 28
_NARROW = 160
"""A lane of less (pixels at the usual size of type) has its menu beside the second line, so that its name has all of
the first."""


class _Edges(NamedTuple):
    """Where things stand in a header: the middle of its glyph, the left of its words, and what their lines leave free
    at the right."""

    glyph: float
    left: float
    right: tuple[float, float]
    menu: int


_WIDE, _TIGHT = _Edges(18.5, 33.0, (37.0, 37.0), 11), _Edges(16.5, 29.0, (10.0, 37.0), 20)


class LaneHeader(QWidget):
    """Shows `Lane` at a cursor; ``menu_requested`` hands out the empty menu to be filled with actions."""

    pressed = pyqtSignal()
    menu_requested = pyqtSignal(QMenu)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._lane: Lane | None = None
        self._theme = DARK
        self._selected = False
        self._read = ("", "")
        self._still: tuple[object, QPixmap] | None = None
        """What no cursor changes, and what it was painted for."""
        self._more = QToolButton(self)
        self._more.setObjectName("laneMore")
        self._more.setAccessibleName("Lane menu")
        self._more.setToolTip("More")
        self._more.setIconSize(QSize(20, 20))
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self._more)
        self._menu.aboutToShow.connect(self._fill)
        self._more.setMenu(self._menu)
        self.setFixedHeight(HEIGHT)

    def show_lane(self, lane: Lane, theme: Theme, t: float, *, selected: bool) -> None:
        if theme is not self._theme or self._lane is None:
            self._restyle(theme)
        same = (lane, theme, selected) == (self._lane, self._theme, self._selected)
        self._lane, self._theme, self._selected = lane, theme, selected
        self.setAccessibleName(f"{lane.title}, {lane.subtitle}")
        if self._say(t) or not same:
            self.update()

    def set_cursor_t(self, t: float) -> None:
        """Repaint only when the words change."""
        if self._say(t):
            self.update()

    @property
    def words(self) -> tuple[str, str]:
        """What stands at the right: evaluations, and the time or the status."""
        return self._read

    def _say(self, t: float) -> bool:
        if self._lane is None:
            return False
        words = lane_words(self._lane, t)
        before, self._read = self._read, (words.evaluations, words.time)
        self.setToolTip(f"{self._lane.title}\n{self._lane.subtitle}\n{words.evaluations}, {words.time}")
        return self._read != before

    def _fill(self) -> None:
        self._menu.clear()
        self.menu_requested.emit(self._menu)

    def _restyle(self, theme: Theme) -> None:
        self._more.setIcon(icons.icon("more", theme.t2, 20))
        self._more.setStyleSheet(
            f"""
            QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: 6px; }}
            QToolButton:hover, QToolButton:pressed {{ background: {theme.hover}; }}
            QToolButton:focus {{ border: 2px solid {theme.t1}; }}
            QToolButton::menu-indicator {{ image: none; width: 0; }}
            """
        )

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._more.setGeometry(self.width() - 4 - _MENU, self._edges.menu, _MENU, _MENU)

    @property
    def _edges(self) -> _Edges:
        return _TIGHT if self.width() < px(_NARROW) else _WIDE

    def _room(self, line: int) -> float:
        """What a line has for words at its left and at its right."""
        return self.width() - self._edges.left - self._edges.right[line]

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        self.pressed.emit()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        lane, theme, fonts = self._lane, self._theme, (ui(12, 500), ui(12))
        if lane is None:
            return
        read = self.read_in_room()
        ends = [
            self.width() - margin - width_of(words, font)
            for margin, font, words in zip(self._edges.right, fonts, read, strict=True)
        ]
        wanted = (lane, theme, self._selected, self.size(), self.devicePixelRatioF(), ends, fonts[0].pixelSize())
        if self._still is None or self._still[0] != wanted:
            self._still = (wanted, painted(self, lambda painter: self._draw_still(painter, lane, ends)))
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._still[1])
        for font, words, end, colour, y in zip(fonts, read, ends, (theme.t1, theme.t2), _BASELINES, strict=True):
            painter.setPen(QColor(colour))
            painter.setFont(font)
            painter.drawText(QPointF(end, y), words)
        painter.end()

    def read_in_room(self) -> tuple[str, str]:
        """What is said at the right of both lines, in as many words as there is room for.

        A lane that becomes narrow leaves out, in this order: the words around its evaluations; the time, which stands
        at the slider too, and whose place evaluations take that find none beside the name; the sampler; the
        evaluations; the end of its name. A status, such as ``stopped``, stays as long as it fits.
        """
        assert self._lane is not None  # asked by who paints one
        (evaluations, time), name, first = self._read, self._lane.title, self._lane.subtitle.partition(", ")[0]
        spent = shortened(evaluations)
        beside = first_fitting(spent, within(ui(12, 500), self._room(0) - _GAP - width_of(name, ui(13, 600))))
        alone = within(ui(12), self._room(1))
        sampler = within(ui(12), self._room(1) - _GAP - width_of(first, ui(12))) if alone(first) else alone
        if self._lane.status:
            return beside, first_fitting((time,), alone)
        if beside or not any(map(str.isdigit, evaluations)):
            return beside, first_fitting((time,), sampler)
        return "", first_fitting(spent, sampler) or first_fitting(spent, alone)

    def _draw_still(self, painter: QPainter, lane: Lane, ends: list[float]) -> None:
        """Frame, glyph, and name and method up to where the readings begin."""
        theme, edges = self._theme, self._edges
        colour = theme.methods[lane.method]
        painter.fillRect(self.rect(), QColor(theme.win))
        frame = rounded_end(QRectF(self.rect()), _RADIUS, top=True)
        painter.fillPath(frame, QColor(theme.panel))
        painter.setClipPath(frame)
        painter.fillRect(QRectF(0, 1, self.width(), _BAR), QColor(colour))
        painter.setClipping(False)
        painter.setPen(QPen(QColor(theme.ctl if self._selected else theme.line), 1))
        painter.drawPath(frame)
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawLine(QPointF(1, HEIGHT - 0.5), QPointF(self.width() - 1, HEIGHT - 0.5))
        draw_glyph(painter, lane.method, QPointF(edges.glyph, 25), 9, colour)
        rooms = [
            end - edges.left - (_GAP if end < self.width() - margin else 0.0)
            for end, margin in zip(ends, edges.right, strict=True)
        ]
        # the largest in which it is seen whole, from that of the readings where a lane is narrow, down to the smallest
        # that is used anywhere
        sizes = [ui(12 if edges is _TIGHT else 13, 600), fixed(13, 600), fixed(12, 600)]
        name = next((font for font in sizes if width_of(lane.title, font) <= rooms[0]), sizes[-1])
        second = first_parts(lane.subtitle, within(ui(12), rooms[1]))
        rows = ((elided(lane.title, name, rooms[0]), name, theme.t1), (second, ui(12), theme.t2))
        for (words, font, ink), y in zip(rows, _BASELINES, strict=True):
            painter.setPen(QColor(ink))
            painter.setFont(font)
            painter.drawText(QPointF(edges.left, y), words)


def painted(widget: QWidget, draw: Callable[[QPainter], None]) -> QPixmap:
    """A picture of a widget's size and resolution, to be painted once and shown in every frame."""
    ratio = widget.devicePixelRatioF()
    out = QPixmap(round(widget.width() * ratio), round(widget.height() * ratio))
    out.setDevicePixelRatio(ratio)
    painter = QPainter(out)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    draw(painter)
    painter.end()
    return out


def rounded_end(rect: QRectF, radius: float, *, top: bool) -> QPainterPath:
    """The outline of a card's upper or lower part: rounded at its end, open (beyond the rect) where the rest joins."""
    inside = rect.adjusted(0.5, 0.5, -0.5, -0.5)
    inside = inside.adjusted(0, 0, 0, 2 * radius) if top else inside.adjusted(0, -2 * radius, 0, 0)
    path = QPainterPath()
    path.addRoundedRect(inside, radius, radius)
    return path
