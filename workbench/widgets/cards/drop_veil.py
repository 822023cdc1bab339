"""What lies over the page while files are dragged over it: what letting go would do, and with Ctrl."""

from __future__ import annotations

import re
from pathlib import Path

from PyQt6.QtCore import QMimeData, QRect, Qt
from PyQt6.QtGui import QColor, QDropEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QWidget

from workbench.model import kinds
from workbench.painters import fonts
from workbench.views.theme import DARK, Theme
from workbench.widgets.icons import pixmap

_LINE, _CARD, _HEIGHT = 24, 360, 144


class DropVeil(QWidget):
    """Says what a drop would do, which file it is, and what Ctrl does."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._theme: Theme = DARK
        self._name = ""
        self.words = ("", "")
        self.hide()

    def retheme(self, theme: Theme) -> None:
        self._theme = theme

    def cover(self, page: QWidget, name: str) -> None:
        """Lie over a page, for a file of this name."""
        self._name = name
        parent = self.parentWidget()
        assert parent is not None  # made with one
        self.setGeometry(page.rect().translated(page.mapTo(parent, page.rect().topLeft())))
        self.show()
        self.raise_()

    def say(self, does: str, else_: str) -> None:
        """What letting go does, and how something else is done."""
        if (does, else_) != self.words:
            self.words = (does, else_)
            self.setAccessibleName(f"{does}. {else_}".strip(". "))
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        theme, painter, middle = self._theme, QPainter(self), self.rect().center()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(*map(int, re.findall(r"\d+", theme.scrim))))
        card = QRect(0, 0, min(_CARD, self.width() - 16), _HEIGHT)
        card.moveCenter(middle)
        painter.setPen(QPen(QColor(theme.t1), 2))
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(card, 10, 10)
        painter.drawPixmap(middle.x() - 12, middle.y() - 54, pixmap("download", theme.t1, 24, self.devicePixelRatioF()))
        does, else_ = self.words
        for i, (text, colour) in enumerate(((does, theme.t1), (self._name, theme.t2), (else_, theme.t2))):
            painter.setFont(fonts.ui(12) if i else fonts.ui(13, 600))
            painter.setPen(QColor(colour))
            line = QRect(0, middle.y() - 18 + i * _LINE, self.width(), _LINE)
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, card.width() - 32)
            painter.drawText(line, Qt.AlignmentFlag.AlignCenter, shown)


def known(data: QMimeData | None) -> list[Path]:
    """The files that somebody drags and that can be opened."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()] if data is not None else []
    return [path for path in paths if kinds.openable(path)]


def replaces(event: QDropEvent) -> bool:
    """Whether a drag asks to replace what is open: Ctrl is held."""
    return bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
