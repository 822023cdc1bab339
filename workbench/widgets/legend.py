"""The legend above the charts: a card with the keys of all lanes."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from workbench.painters.keys import HEIGHT, Key, draw_keys
from workbench.views.theme import DARK, Theme


class Legend(QWidget):
    """One card with the lanes side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self._keys: tuple[Key, ...] = ()
        self._theme: Theme = DARK

    def show_keys(self, keys: Sequence[Key], theme: Theme) -> None:
        if (tuple(keys), theme) != (self._keys, self._theme):
            self._keys, self._theme = tuple(keys), theme
            words = [key.words for key in keys]
            self.setAccessibleName("; ".join(words))
            self.setToolTip("\n".join(words))
            self.setVisible(bool(keys))
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        draw_keys(QPainter(self), QRectF(self.rect()), self._keys, self._theme)
