"""A card of the start page: what a preset looks like, its name, a line, and the methods it compares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from workbench.widgets.aside import Aside

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


@dataclass(frozen=True, eq=False)
class Still:
    """A card's films and its picture at rest."""

    card: Card
    films: tuple[Film, ...]
    image: QImage


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

    def still(self) -> Callable[[], Still]:
        """What reads the film and paints one moment of it, as it is to be now: tens of milliseconds, for a thread."""
        spec, films, theme, width, ratio = self.spec, self._films, self._theme, self.width(), self.devicePixelRatioF()

        def work() -> Still:
            read = thumbnails.load(spec.preset, list(spec.lanes)) if films is None else films
            return Still(self, read, picture(read, theme, width, ratio, still_t(read)))

        return work

    def show_still(self, still: Still) -> None:
        self._films, self._still, self._fits = still.films, QPixmap.fromImage(still.image), True
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
        self.t = still_t(self._films or ())
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
            place = QRect(0, 0, self.width(), PICTURE)
            if self.moving:
                ratio = self.devicePixelRatioF()
                painter.drawImage(place, picture(self._films or (), theme, self.width(), ratio, min(self.t, 1.0)))
            else:
                painter.drawPixmap(place, self._still)
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


def still_t(films: Sequence[Film]) -> float:
    """The moment that a card shows at rest: particles on their way, images as they end."""
    return 1.0 if films and films[0].images else STILL


def picture(films: Sequence[Film], theme: Theme, width: int, ratio: float, t: float) -> QImage:
    """All films beside each other at time t, on a transparent ground."""
    out = QImage(round(width * ratio), round(PICTURE * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    out.setDevicePixelRatio(ratio)
    out.fill(Qt.GlobalColor.transparent)
    painter = QPainter(out)
    across = width / max(1, len(films))
    for i, film in enumerate(films):
        place = QRectF(i * across, 0, across, PICTURE)
        if film.images:
            _paint_images(painter, place, film, t)
        else:
            paint_marks(painter, place, film.marks(theme), thumbnails.square(films), t)
        if i:
            painter.setPen(QPen(QColor(theme.line), 1))
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
        self._painter = Aside[Still](self, lambda still: still.card.show_still(still))
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.timeout.connect(self._prepare)

    def retheme(self, theme: Theme, *, moves: bool = True) -> None:
        for card in self.cards:
            card.moves = moves
            card.retheme(theme)
        self._paint_anew()

    def _paint_anew(self) -> None:
        """Soon: what is being painted is not as it is to be."""
        self._painter.drop()
        self._next.start(0)

    def _prepare(self) -> None:
        """The pictures that are missing, one after the other: the page stays alive while its cards come in."""
        waiting = [card.still() for card in self.cards if not card.ready]
        if waiting and self.isVisible():
            self._painter.ask(lambda: (paint() for paint in waiting))

    def showEvent(self, event: QShowEvent | None) -> None:
        self._paint_anew()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        columns = max(1, (self.width() + GAP) // (LEAST_WIDTH + GAP))
        wide = (self.width() - (columns - 1) * GAP) / columns
        for i, card in enumerate(self.cards):
            x, y = i % columns * (wide + GAP), i // columns * (HEIGHT + GAP)
            card.setGeometry(round(x), y, round(wide), HEIGHT)
        self._paint_anew()
        rows = -(-len(self.cards) // columns)
        self.setFixedHeight(rows * (HEIGHT + GAP) - GAP)
