"""The bar above a lane: its method by colour and glyph, its name, evaluations spent, the time, and a menu."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PyQt6.QtWidgets import QMenu, QToolButton, QWidget

from workbench.painters.fonts import ui
from workbench.painters.glyphs import draw_glyph
from workbench.views.marks import Lane
from workbench.views.theme import DARK, Theme
from workbench.views.words import first_parts, lane_words, shortened
from workbench.widgets import icons

HEIGHT = 49
"""48 and the line under it."""
_RADIUS, _BAR, _LEFT, _RIGHT = 8.0, 2.0, 33.0, 37.0
_BASELINES = (21.0, 38.0)


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
        self.setToolTip(f"{lane.title}\n{lane.subtitle}")
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
        self._more.setGeometry(self.width() - 32, 11, 28, 28)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        self.pressed.emit()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        lane, theme, fonts = self._lane, self._theme, (ui(12, 500), ui(12))
        if lane is None:
            return
        read = (self._short(lane, fonts[0]), self._time(fonts[1]))
        ends = [
            self.width() - _RIGHT - QFontMetricsF(font).horizontalAdvance(words)
            for font, words in zip(fonts, read, strict=True)
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

    def _short(self, lane: Lane, font: QFont) -> str:
        """The evaluations in as many words as there is room for beside the name."""
        room = self.width() - _LEFT - _RIGHT - 8 - QFontMetricsF(ui(13, 600)).horizontalAdvance(lane.title)
        metrics = QFontMetricsF(font)
        return next((words for words in shortened(self._read[0]) if metrics.horizontalAdvance(words) <= room), "")

    def _time(self, font: QFont) -> str:
        """The time or the status, or nothing where it would reach into the glyph: below the lanes it stands too."""
        room = self.width() - _LEFT - _RIGHT
        return self._read[1] if QFontMetricsF(font).horizontalAdvance(self._read[1]) <= room else ""

    def _draw_still(self, painter: QPainter, lane: Lane, ends: list[float]) -> None:
        """Frame, glyph, and name and method up to where the readings begin."""
        theme = self._theme
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
        draw_glyph(painter, lane.method, QPointF(18.5, 25), 9, colour)
        room, metrics = ends[1] - _LEFT - 8, QFontMetricsF(ui(12))
        second = first_parts(lane.subtitle, lambda words: metrics.horizontalAdvance(words) <= room)
        rows = ((lane.title, ui(13, 600), theme.t1), (second, ui(12), theme.t2))
        for (words, font, ink), end, y in zip(rows, ends, _BASELINES, strict=True):
            painter.setPen(QColor(ink))
            painter.setFont(font)
            shown = QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideRight, end - _LEFT - 8)
            painter.drawText(QPointF(_LEFT, y), shown)


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
