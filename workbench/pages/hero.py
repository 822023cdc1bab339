"""The head of the start page: one noise, two routes, with a line to drag through time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QShowEvent,
)
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from workbench.painters import fonts
from workbench.painters.glyphs import draw_glyph
from workbench.views import hero
from workbench.views.theme import DARK, GLYPHS, Theme
from workbench.widgets.aside import Aside
from workbench.widgets.controls import button, label
from workbench.widgets.icons import pixmap, put_icon

HEIGHT = 300
_TEXT_WIDTH = 352
_AHEAD, _BEHIND = 0.10, 0.62
_REST_MS = 80
_STEPS = {Qt.Key.Key_Left: -0.02, Qt.Key.Key_Right: 0.02, Qt.Key.Key_Home: -1.0, Qt.Key.Key_End: 1.0}
_TEXT = (
    "150 particles leave the same noise. Read by t, flow matching sorts them early and diffusion late. "
    "Drag the line to see where each one goes."
)


class Hero(QWidget):
    """Words and two buttons at the left, the routes at the right."""

    opened = pyqtSignal()
    help_asked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(1, 1, 1, 1)
        row.setSpacing(0)
        words = QWidget()
        words.setFixedWidth(_TEXT_WIDTH)
        column = QVBoxLayout(words)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addWidget(label("One noise, two routes", "lead"))
        text = label(f"<div style='line-height: {fonts.px(20)}px'>{_TEXT}</div>", "t2")
        text.setAccessibleName(_TEXT)
        text.setWordWrap(True)
        column.addWidget(text)
        column.addStretch(1)
        column.addLayout(self._legend())
        column.addSpacing(4)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        self.open = button("Open this run", self.opened.emit, role="primary")
        self.keys = button("Show the keys", self.help_asked.emit)
        self.keys.setToolTip("What the window can do, with the key of each")
        for each in (self.open, self.keys):
            buttons.addWidget(each)
        buttons.addStretch(1)
        column.addLayout(buttons)
        row.addWidget(words)
        self.canvas = HeroCanvas()
        row.addWidget(self.canvas, 1)

    def _legend(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self._glyphs: list[QLabel] = []
        for name in hero.NAMES.values():
            glyph = QLabel()
            self._glyphs.append(glyph)
            row.addWidget(glyph)
            row.addWidget(label(name, "loud"))
            row.addSpacing(4)
        row.addStretch(1)
        return row

    def retheme(self, theme: Theme) -> None:
        for glyph, method in zip(self._glyphs, hero.NAMES, strict=True):
            glyph.setPixmap(pixmap(GLYPHS[method], theme.methods[method], 11, self.devicePixelRatioF()))
        put_icon(self.open, "play", theme.on_prim, 12)
        self.canvas.retheme(theme)


class HeroCanvas(QWidget):
    """The quantile lines of both routes, bright before the line and faint behind it.

    A thread paints them: until it is done there are none, or the old ones are stretched.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Time of both routes")
        self.setAccessibleDescription("Arrow keys or dragging move the line through time")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setMinimumWidth(160)
        self.t = 0.8
        self._theme: Theme = DARK
        self._ink: tuple[QPixmap, QPixmap] | None = None
        self._fits = False
        """Whether the lines are of the present size and theme."""
        self._painter = Aside[tuple[QImage, ...]](self, self._show_ink)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._paint_anew)

    @property
    def ready(self) -> bool:
        """Whether its lines are painted as they are to be."""
        return self._fits

    @property
    def _routes(self) -> tuple[hero.Route, hero.Route]:
        return hero.routes()

    def retheme(self, theme: Theme) -> None:
        self._theme, self._ink = theme, None
        self._misfits()
        self.update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._misfits()

    def showEvent(self, event: QShowEvent | None) -> None:
        if not self._fits:
            self._misfits()

    def _misfits(self) -> None:
        """New lines are wanted; where there are some they are stretched while an edge is dragged."""
        self._fits = False
        self._painter.drop()
        self._rest.start(0 if self._ink is None else _REST_MS)

    def _paint_anew(self) -> None:
        if not self.isVisible():
            return
        theme, width, height, ratio = self._theme, self.width(), self.height(), self.devicePixelRatioF()

        def work() -> Iterator[tuple[QImage, ...]]:
            ahead = _AHEAD if theme.name == "dark" else 2 * _AHEAD
            yield tuple(_image(hero.ink(theme, width, height, ratio, each), ratio) for each in (_BEHIND, ahead))

        self._painter.ask(work)

    def _show_ink(self, images: tuple[QImage, ...]) -> None:
        behind, ahead = map(QPixmap.fromImage, images)
        self._ink, self._fits = (behind, ahead), True
        self.update()

    # --- moving the line -----------------------------------------------------------------------------------------

    def seek(self, t: float) -> None:
        self.t = min(max(t, 0.0), 1.0)
        self.update()

    def x_of(self, t: float) -> float:
        return hero.PAD + t * (self.width() - 2 * hero.PAD)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is not None:
            self.seek((event.position().x() - hero.PAD) / max(1.0, self.width() - 2 * hero.PAD))

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and event.key() in _STEPS:
            event.accept()  # the keys that move the line here move the playhead elsewhere
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in _STEPS:
            self.seek(self.t + _STEPS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    # --- drawing -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent | None) -> None:
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        clip = QPainterPath()
        clip.addRoundedRect(QRectF(self.rect()).adjusted(-8, 0, 0, 0), 7, 7)
        painter.setClipPath(clip)
        painter.fillRect(self.rect(), QColor(theme.canvas))
        x = self.x_of(self.t)
        if self._ink is not None:
            if self._ink[0].devicePixelRatio() != self.devicePixelRatioF() and self._fits:  # on another screen
                self._misfits()
            self._lines(painter, x, *self._ink)
            self._particles(painter, x)
        painter.fillRect(QRectF(0, 0, 1, self.height()), QColor(theme.line))
        painter.fillRect(QRectF(0, self.height() // 2, self.width(), 1), QColor(theme.line))
        for row, method in enumerate(hero.NAMES):
            draw_glyph(painter, method, QPointF(18, row * self.height() / 2 + 15), 9, theme.methods[method])
        self._words(painter, x)

    def _lines(self, painter: QPainter, x: float, behind: QPixmap, ahead: QPixmap) -> None:
        for left, wide, ink in ((0.0, x, behind), (x, self.width() - x, ahead)):
            painter.save()
            painter.setClipRect(QRectF(left, 0, wide, self.height()), Qt.ClipOperation.IntersectClip)
            painter.drawPixmap(self.rect(), ink)
            painter.restore()

    def _particles(self, painter: QPainter, x: float) -> None:
        at = round(self.t * (hero.N_TIMES - 1))
        painter.setPen(Qt.PenStyle.NoPen)
        for row, route in enumerate(self._routes):
            for value, colour in zip(route.lines[at], hero.colours(self._theme), strict=True):
                painter.setBrush(QColor.fromRgbF(*(float(part) for part in colour[:3])))
                painter.drawEllipse(QPointF(x, hero.y_of(row, float(value), self.height())), 1.9, 1.9)

    def _words(self, painter: QPainter, x: float) -> None:
        theme, middle = self._theme, self.height() / 2
        painter.setPen(QPen(QColor(theme.t1), 1))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        font = fonts.ui(12, 600)
        words = f"t = {self.t:.2f}"
        wide = QFontMetricsF(font).horizontalAdvance(words) + 20
        left = min(max(x - wide / 2, 4.0), self.width() - wide - 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.prim))
        painter.drawRoundedRect(QRectF(left, middle - 12, wide, 24), 5, 5)
        painter.setFont(font)
        painter.setPen(QColor(theme.on_prim))
        painter.drawText(QRectF(left, middle - 12, wide, 24), Qt.AlignmentFlag.AlignCenter, words)
        painter.setFont(fonts.ui(12))
        painter.setPen(QColor(theme.t2))
        foot = QRectF(12, self.height() - 24, self.width() - 24, 18)
        for side, end in ((Qt.AlignmentFlag.AlignLeft, "noise"), (Qt.AlignmentFlag.AlignRight, "data")):
            box = painter.boundingRect(foot, side, end)
            painter.fillRect(box.adjusted(-4, 0, 4, 0), QColor(theme.canvas))
            painter.drawText(foot, side, end)
        if self.hasFocus() and self.window() is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.t1), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(2, 2, -2, -2), 6, 6)


def _image(ink: NDArray[np.uint8], ratio: float) -> QImage:
    height, width, _ = ink.shape
    image = QImage(ink.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888_Premultiplied).copy()
    image.setDevicePixelRatio(ratio)
    return image
