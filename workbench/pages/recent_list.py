"""The recent runs: newest first, what is gone greyed with a way to find it."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from workbench.model.recents import Recent, size_words, when_words
from workbench.painters import fonts
from workbench.painters.glyphs import draw_glyph
from workbench.views.theme import DARK, Theme
from workbench.widgets.controls import label
from workbench.widgets.icons import pixmap

ROW = 50
_PAD = 16.0


class RecentRow(QAbstractButton):
    """A file that was open; a click opens it, or asks where it went."""

    def __init__(self, recent: Recent, theme: Theme, *, first: bool) -> None:
        super().__init__()
        self.recent, self._missing, self._theme, self._first = recent, recent.missing, theme, first
        words = f"{recent.title}, {when_words(recent.when)}"
        self.setText(recent.title)
        self.setAccessibleName(f"{words}, missing, find it" if self._missing else f"{words}, {self.right}")
        self.setToolTip(f"{recent.path} is no longer there" if self._missing else recent.path)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFixedHeight(ROW)

    @property
    def right(self) -> str:
        """What stands at the right end."""
        return "Find it…" if self._missing else size_words(self.recent.n_bytes)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            painter.fillRect(self.rect(), QColor(theme.hover))
        if not self._first:
            painter.setPen(QPen(QColor(theme.line), 1))
            painter.drawLine(QPointF(0, 0.5), QPointF(self.width(), 0.5))
        if self._missing:
            painter.drawPixmap(12, 18, pixmap("warning", theme.t3, 14, self.devicePixelRatioF()))
        else:
            draw_glyph(painter, self.recent.method, QPointF(19, ROW / 2), 9, theme.methods[self.recent.method])
        small = fonts.ui(12)
        right = QFontMetricsF(small).horizontalAdvance(self.right)
        room = self.width() - 36 - right - _PAD - 12
        quiet = theme.t3 if self._missing else theme.t2
        self._line(painter, fonts.ui(13), theme.t3 if self._missing else theme.t1, 7, self.recent.title, room)
        self._line(painter, small, quiet, 26, when_words(self.recent.when), room)
        painter.setFont(_underlined(small) if self._missing else small)
        painter.setPen(QColor(theme.t1 if self._missing else theme.t2))
        painter.drawText(QPointF(self.width() - _PAD - right, ROW / 2 + 4.5), self.right)

    @staticmethod
    def _line(painter: QPainter, font: QFont, colour: str, top: float, text: str, room: float) -> None:
        painter.setFont(font)
        painter.setPen(QColor(colour))
        shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(36, top, room + 2, 18), Qt.AlignmentFlag.AlignVCenter, shown)


def _underlined(font: QFont) -> QFont:
    out = QFont(font)
    out.setUnderline(True)
    return out


class RecentList(QWidget):
    """A card of rows, or words where there are none."""

    opened = pyqtSignal(str)
    lost = pyqtSignal(str)
    """The path of a file that is to be found."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(1, 1, 1, 1)
        self._column.setSpacing(0)
        self._theme: Theme = DARK
        self._recents: Sequence[Recent] = ()

    @property
    def rows(self) -> list[RecentRow]:
        items = [self._column.itemAt(i) for i in range(self._column.count())]
        widgets = [item.widget() for item in items if item is not None]
        return [widget for widget in widgets if isinstance(widget, RecentRow)]

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self.show_recents(self._recents)

    def show_recents(self, recents: Sequence[Recent]) -> None:
        self._recents = recents
        while (item := self._column.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for i, recent in enumerate(recents):
            row = RecentRow(recent, self._theme, first=i == 0)
            signal = self.lost if recent.missing else self.opened
            row.clicked.connect(lambda _=False, emit=signal.emit, path=recent.path: emit(path))
            self._column.addWidget(row)
        if not recents:
            for i, text in enumerate(("No runs yet", "Open a preset or drop a trace")):
                line = label(text, "name" if i == 0 else "small")
                line.setAlignment(Qt.AlignmentFlag.AlignCenter)
                line.setContentsMargins(0, 16 if i == 0 else 2, 0, 2 if i == 0 else 16)
                self._column.addWidget(line)
