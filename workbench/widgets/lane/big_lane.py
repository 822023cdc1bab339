"""The window from afar: a lane's name and equation, and the time line, in type that is read from the last row."""

from __future__ import annotations

import math

from PyQt6.QtCore import QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from workbench.painters import equations
from workbench.painters.fonts import elided, fixed, within
from workbench.painters.glyphs import draw_glyph
from workbench.views.marks import Lane
from workbench.views.theme import DARK, Theme
from workbench.views.time_axis import PLAIN, SYMBOLS, TimeAxis
from workbench.views.words import first_fitting, first_parts, lane_words, shortened
from workbench.widgets.icons import icon

HEAD, FOOT, BAR = 56, 80, 88
NAME_PX, READ_PX, FORMULA_PX = 28, 24, 34
_GLYPH, _FRAME = 16, 3.0
_ENDS, _TIME, _GAP = 96, 132, 16


class BigLane:
    """Two strips, above and below a lane's canvas."""

    def __init__(self, parent: QWidget) -> None:
        self.head, self.foot = _Head(parent), _Foot(parent)
        self._strips: tuple[_Strip, ...] = (self.head, self.foot)

    def show_lane(self, lane: Lane | None, theme: Theme, t: float) -> None:
        """None hides the strips."""
        for strip in self._strips:
            strip.show_lane(lane, theme, t)
            strip.setVisible(lane is not None)

    def set_cursor_t(self, t: float) -> None:
        for strip in self._strips:
            if strip.isVisible():
                strip.set_cursor_t(t)

    def place(self, area: QRect) -> None:
        """The whole lane, from the top of its head to the bottom of its foot."""
        self.head.setGeometry(area.left(), area.top(), area.width(), HEAD)
        self.foot.setGeometry(area.left(), area.bottom() + 1 - FOOT, area.width(), FOOT)


class _Strip(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._lane: Lane | None = None
        self._theme: Theme = DARK
        self._t = 0.0
        self.hide()

    def show_lane(self, lane: Lane | None, theme: Theme, t: float) -> None:
        self._lane, self._theme, self._t = lane, theme, t
        self.setAccessibleName(lane.title if lane is not None else "")
        self.update()

    def set_cursor_t(self, t: float) -> None:
        self._t = t
        self.update()


class _Head(_Strip):
    """Glyph, name, and evaluations where there is room; the method's colour as a line below."""

    def paintEvent(self, event: QPaintEvent | None) -> None:
        if self._lane is None:
            return
        theme, lane = self._theme, self._lane
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.win))
        colour = theme.methods[lane.method]
        painter.fillRect(QRectF(0, HEAD - _FRAME, self.width(), _FRAME), QColor(colour))
        draw_glyph(painter, lane.method, QPointF(14, HEAD / 2 - 2), _GLYPH, colour)
        name, read = fixed(NAME_PX, 600), fixed(READ_PX)
        area = QRectF(34, 0, self.width() - 38, HEAD - 6)
        painter.setFont(name)
        painter.setPen(QColor(theme.t1))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, elided(lane.title, name, area.width()))
        painter.setFont(read)
        painter.setPen(QColor(theme.t2))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self.spent)

    @property
    def spent(self) -> str:
        """The evaluations, in as many words as there is room for beside the name."""
        assert self._lane is not None  # asked by who paints one
        room = self.width() - 38 - 24 - QFontMetricsF(fixed(NAME_PX, 600)).horizontalAdvance(self._lane.title)
        return first_fitting(shortened(lane_words(self._lane, self._t).evaluations), within(fixed(READ_PX), room))


class _Foot(_Strip):
    """The equation in the middle; where it is too wide, what stands for it in words."""

    def paintEvent(self, event: QPaintEvent | None) -> None:
        if self._lane is None:
            return
        theme, lane = self._theme, self._lane
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.win))
        wide = equations.width(lane.equation, FORMULA_PX)
        if 0 < wide <= self.width() - 16:
            equations.draw(painter, lane.equation, (self.width() - wide) / 2, FOOT / 2 + 12, FORMULA_PX, theme.t1)
        else:
            painter.setFont(fixed(READ_PX))
            painter.setPen(QColor(theme.t2))
            said = first_parts(lane.subtitle, within(fixed(READ_PX), self.width() - 16))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, said)


class BigBar(QWidget):
    """Play, a time line from noise to data, and the time."""

    played = pyqtSignal()
    moved = pyqtSignal(float)

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(BAR)
        self._theme: Theme = DARK
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 24, 0)
        row.setSpacing(16)
        self.play = QToolButton()
        self.play.setObjectName("play")
        self.play.setAccessibleName("Play or pause")
        self.play.setFixedSize(52, 52)
        self.play.setIconSize(QSize(24, 24))
        self.play.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.play.clicked.connect(lambda: self.played.emit())
        row.addWidget(self.play)
        self.line = _Line()
        self.line.moved.connect(self.moved)
        row.addWidget(self.line, 1)
        self._playing = False

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self.line.retheme(theme)
        self.show_playing(self._playing)

    def show_playing(self, playing: bool) -> None:
        self._playing = playing
        self.play.setIcon(icon("pause" if playing else "play", self._theme.on_prim, 24))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        QPainter(self).fillRect(self.rect(), QColor(self._theme.win))


class _Line(QWidget):
    """A slider from noise to data between its two words, and the time, read as on the slider that it stands for."""

    moved = pyqtSignal(float)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Time")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._theme: Theme = DARK
        self._axis, self._t, self._room = PLAIN, 0.0, _TIME

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_axis(self, axis: TimeAxis) -> None:
        """Read time by this table from now on."""
        self._axis = axis
        metrics = QFontMetricsF(fixed(NAME_PX, 600))
        longest = max(metrics.horizontalAdvance(self.words(place / 10)) for place in range(11))
        self._room = max(_TIME, math.ceil(longest) + _GAP)
        self.update()

    def words(self, t: float) -> str:
        """What is read at a time."""
        match self._axis.kind:
            case "t":
                return f"t = {t:.2f}"
            case "ddpm" | "nfe" as kind:
                return f"{SYMBOLS[kind]} {self._axis.words(t)}"
            case kind:
                return f"{SYMBOLS[kind]} = {self._axis.words(t)}"

    def set_t(self, t: float) -> None:
        self._t = t
        self.update()

    def x_of(self, t: float) -> float:
        return _ENDS + self._axis.place(t) * self._length

    @property
    def _length(self) -> float:
        return max(1.0, self.width() - 2 * _ENDS - self._room)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is not None:
            place = (event.position().x() - _ENDS) / self._length
            self.moved.emit(self._axis.time(min(max(place, 0.0), 1.0)))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        theme, middle = self._theme, self.height() / 2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        first, here, last = _ENDS, self.x_of(self._t), _ENDS + self._length
        for start, end, colour in ((first, last, theme.line2), (first, here, theme.prim)):
            painter.setPen(QPen(QColor(colour), 6, cap=Qt.PenCapStyle.RoundCap))
            painter.drawLine(QPointF(start, middle), QPointF(end, middle))
        painter.setPen(QPen(QColor(theme.win), 4))
        painter.setBrush(QColor(theme.prim))
        painter.drawEllipse(QPointF(here, middle), 13, 13)
        painter.setFont(fixed(READ_PX))
        painter.setPen(QColor(theme.t2))
        top = middle - 20
        painter.drawText(QRectF(0, top, _ENDS - 20, 40), Qt.AlignmentFlag.AlignVCenter, "noise")
        painter.drawText(QRectF(last + 20, top, _ENDS, 40), Qt.AlignmentFlag.AlignVCenter, "data")
        painter.setFont(fixed(NAME_PX, 600))
        painter.setPen(QColor(theme.t1))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(QRectF(self.width() - self._room, top, self._room, 40), right, self.words(self._t))
