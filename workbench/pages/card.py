"""A card of the start page: what a preset looks like, its name, a line, and the methods it compares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QFontMetricsF,
    QHideEvent,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QShowEvent,
)
from PyQt6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from workbench.painters import fonts
from workbench.painters.glyphs import draw_glyph
from workbench.painters.paper.page import paint_marks
from workbench.views.image import thumbnails
from workbench.views.image.thumbnails import Film
from workbench.views.marks import Method
from workbench.views.theme import DARK, Theme

PICTURE, HEIGHT, LEAST_WIDTH, GAP = 148, 228, 250, 12
STILL, HELP_LINES = 0.85, 2
_FRAME_MS, _SECONDS, _REST = 50, 3.0, 0.25
_PAD = 12.0


@dataclass(frozen=True)
class CardSpec:
    """What a card shows: a preset's name, title, help line, its lanes and their methods."""

    preset: str
    title: str
    help: str
    lanes: tuple[str, ...]
    methods: tuple[Method, ...]


class Card(QAbstractButton):
    """Shows its data still, and moves while the pointer or the focus is on it."""

    def __init__(self, spec: CardSpec) -> None:
        super().__init__()
        self.spec = spec
        self.setText(spec.title)
        self.setAccessibleName(spec.title)
        self.setAccessibleDescription(spec.help)
        self.setToolTip(spec.help)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.moves = True
        self.t = 1.0
        self._theme: Theme = DARK
        self._films: tuple[Film, ...] | None = None
        self._still: QPixmap | None = None
        self._fits = False
        """Whether the still picture is of the card's present size and theme."""
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._tick)

    def sizeHint(self) -> QSize:
        return QSize(LEAST_WIDTH, HEIGHT)

    def retheme(self, theme: Theme) -> None:
        self._theme, self._still, self._fits = theme, None, False
        self.update()

    @property
    def ready(self) -> bool:
        """Whether its picture is painted as it is to be."""
        return self._fits

    @property
    def moving(self) -> bool:
        return self._timer.isActive()

    @property
    def still_t(self) -> float:
        """The moment that it shows at rest: particles on their way, images as they end."""
        return 1.0 if self._films and self._films[0].images else STILL

    def prepare(self) -> None:
        """Read the film and paint one moment of it: tens of milliseconds, so that one card at a time does it."""
        if self._films is None:
            self._films = thumbnails.load(self.spec.preset, list(self.spec.lanes))
        self._still, self._fits = self._picture(self.still_t), True
        self.update()

    # --- moving --------------------------------------------------------------------------------------------------

    def enterEvent(self, event: QEnterEvent | None) -> None:
        self._start()

    def leaveEvent(self, event: QEvent | None) -> None:
        if not self.hasFocus():
            self._stop()

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        super().focusInEvent(event)
        self._start()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        super().focusOutEvent(event)
        if not self.underMouse():
            self._stop()

    def hideEvent(self, event: QHideEvent | None) -> None:
        self._stop()

    def _start(self) -> None:
        if self.moves and self._films:
            self.t = 0.0
            self._timer.start()
        self.update()

    def _stop(self) -> None:
        self._timer.stop()
        self.t = self.still_t
        self.update()

    def _tick(self) -> None:
        self.t += _FRAME_MS / 1000 / _SECONDS
        if self.t > 1.0 + _REST:
            self.t = 0.0
        self.update()

    # --- drawing -------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._fits = False  # until it is painted anew the old one is stretched

    def paintEvent(self, event: QPaintEvent | None) -> None:
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        near = self.underMouse() or self.hasFocus()
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.fillPath(outline, QColor(theme.hover if near else theme.panel))
        painter.save()
        painter.setClipPath(outline)
        painter.fillRect(QRectF(0, 0, self.width(), PICTURE), QColor(theme.canvas))
        if self._still is not None:
            shown = self._picture(min(self.t, 1.0)) if self.moving else self._still
            painter.drawPixmap(QRect(0, 0, self.width(), PICTURE), shown)
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawLine(QPointF(0, PICTURE + 0.5), QPointF(self.width(), PICTURE + 0.5))
        painter.restore()
        painter.setPen(QPen(QColor(theme.ctl if near else theme.line), 1))
        painter.drawPath(outline)
        self._words(painter)

    def _words(self, painter: QPainter) -> None:
        theme = self._theme
        x = self.width() - _PAD - 5
        for method in reversed(self.spec.methods):
            draw_glyph(painter, method, QPointF(x, PICTURE + 22), 9, theme.methods[method])
            x -= 18
        name = fonts.ui(13, 600)
        painter.setFont(name)
        painter.setPen(QColor(theme.t1))
        shown = QFontMetricsF(name).elidedText(self.spec.title, Qt.TextElideMode.ElideRight, x - _PAD)
        painter.drawText(QRectF(_PAD, PICTURE + 12, x - _PAD, 20), Qt.AlignmentFlag.AlignVCenter, shown)
        painter.setFont(fonts.ui(12))
        painter.setPen(QColor(theme.t2))
        small = QFontMetricsF(fonts.ui(12))
        for i, line in enumerate(lines(self.spec.help, small, self.width() - 2 * _PAD, HELP_LINES)):
            painter.drawText(QPointF(_PAD, PICTURE + 34 + small.ascent() + i * small.lineSpacing()), line)

    def _picture(self, t: float) -> QPixmap:
        """All films beside each other at time t, on a transparent ground."""
        ratio = self.devicePixelRatioF()
        out = QPixmap(round(self.width() * ratio), round(PICTURE * ratio))
        out.setDevicePixelRatio(ratio)
        out.fill(Qt.GlobalColor.transparent)
        films = self._films or ()
        painter = QPainter(out)
        across = self.width() / max(1, len(films))
        for i, film in enumerate(films):
            place = QRectF(i * across, 0, across, PICTURE)
            if film.images:
                _paint_images(painter, place, film, t)
            else:
                paint_marks(painter, place, film.marks(self._theme), thumbnails.square(films), t)
            if i:
                painter.setPen(QPen(QColor(self._theme.line), 1))
                painter.drawLine(QPointF(i * across, 14), QPointF(i * across, PICTURE - 14))
        painter.end()
        return out


def lines(text: str, metrics: QFontMetricsF, width: float, most: int) -> list[str]:
    """The text in lines of whole words, no wider than that and no more than those; the last one ends in dots."""
    out: list[str] = []
    words = text.split()
    while words and len(out) < most - 1:
        n = len(words)
        while n > 1 and metrics.horizontalAdvance(" ".join(words[:n])) > width:
            n -= 1
        out.append(" ".join(words[:n]))
        words = words[n:]
    rest = metrics.elidedText(" ".join(words), Qt.TextElideMode.ElideRight, width)
    return [*out, rest] if rest else out


def _paint_images(painter: QPainter, place: QRectF, film: Film, t: float) -> None:
    """The images in rows, each pixel enlarged as it is; the recorded step before t, never a blend."""
    row = max(0, int(np.searchsorted(film.times, t + 1e-6, side="right")) - 1)
    images = thumbnails.as_bytes(film.x[row])
    n, channels, height, width = images.shape
    side, columns = max(
        (min((place.width() - 24) / each, (place.height() - 12) * each / n) - 4, each)
        for each in range(1, n + 1) if n % each == 0
    )  # fmt: skip
    rows = n // columns
    left = place.center().x() - columns * (side + 4) / 2 + 2
    top = place.center().y() - rows * (side + 4) / 2 + 2
    kind = QImage.Format.Format_Grayscale8 if channels == 1 else QImage.Format.Format_RGB888
    for i, image in enumerate(images):
        pixels = np.ascontiguousarray(image[0] if channels == 1 else image.transpose(1, 2, 0)).tobytes()
        picture = QImage(pixels, width, height, channels * width, kind)
        painter.drawImage(QRectF(left + i % columns * (side + 4), top + i // columns * (side + 4), side, side), picture)


class CardGrid(QWidget):
    """Cards in as many columns as there is room for."""

    chosen = pyqtSignal(str)

    def __init__(self, specs: list[CardSpec]) -> None:
        super().__init__()
        self.cards = [Card(spec) for spec in specs]
        for card in self.cards:
            card.setParent(self)
            card.clicked.connect(lambda _=False, name=card.spec.preset: self.chosen.emit(name))
        self._next = QTimer(self)
        self._next.setInterval(0)
        self._next.timeout.connect(self._prepare_one)

    def retheme(self, theme: Theme, *, moves: bool = True) -> None:
        for card in self.cards:
            card.moves = moves
            card.retheme(theme)
        self._next.start()

    def _prepare_one(self) -> None:
        """One picture a turn of the event loop: the page stays alive while its cards come in."""
        waiting = next((card for card in self.cards if not card.ready), None)
        if waiting is None or not self.isVisible():
            self._next.stop()
        else:
            waiting.prepare()

    def showEvent(self, event: QShowEvent | None) -> None:
        self._next.start()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        columns = max(1, (self.width() + GAP) // (LEAST_WIDTH + GAP))
        wide = (self.width() - (columns - 1) * GAP) / columns
        for i, card in enumerate(self.cards):
            x, y = i % columns * (wide + GAP), i // columns * (HEIGHT + GAP)
            card.setGeometry(round(x), y, round(wide), HEIGHT)
        self._next.start()
        rows = -(-len(self.cards) // columns)
        self.setFixedHeight(rows * (HEIGHT + GAP) - GAP)
