"""The style sheet of a window, worn by its parts.

Qt works a sheet out anew for everything below the widget that is given another one: for a whole window that takes
several frames. So what only holds other things has none, and its parts take a new one in turns of the event loop. The
window is painted again when all that is seen has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

from PyQt6 import sip
from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QMainWindow, QWidget

from workbench.views.theme import DARK, Theme
from workbench.widgets.turns import Turns

_SHEET, _GROUND = "sheet", "ground"
_RADIUS = 8
"""Of the corners of a card."""


def ground(widget: QWidget) -> None:
    """Say that a widget only holds parts of its window, and looks like nothing of its own."""
    widget.setProperty(_GROUND, True)


def wear(part: QWidget) -> None:
    """Give what has come later, such as a dialog or a menu, what the parts of its window wear."""
    around = part.parentWidget()
    window = around.window() if around is not None else None
    if window is not None and window.property(_SHEET):
        for each in _parts(part) if part.property(_GROUND) else [part]:
            each.setStyleSheet(window.property(_SHEET))


class Ground(QWidget):
    """A plain area that parts stand on, with a line at its left where it stands beside something; ``rounded`` as a
    card, with a line around it."""

    def __init__(self, colour: Literal["win", "panel"], *, line: bool = False, rounded: bool = False) -> None:
        super().__init__()
        ground(self)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent, not rounded)
        self._colour, self._line, self._rounded = colour, line, rounded
        self._paints: Theme = DARK

    def repaint_in(self, theme: Theme) -> None:
        self._paints = theme
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter, colour = QPainter(self), QColor(getattr(self._paints, self._colour))
        if self._rounded:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QColor(self._paints.line))
            painter.setBrush(colour)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
            return
        painter.fillRect(self.rect(), colour)
        if self._line:
            painter.fillRect(0, 0, 1, self.height(), QColor(self._paints.line))


class Sheet:
    """What the parts of a window wear."""

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self._turns = Turns(window)

    @property
    def text(self) -> str:
        return str(self._window.property(_SHEET) or "")

    def change(self, text: str, then: Callable[[], None]) -> None:
        """Wear another one, and call ``then`` before the window is painted in it."""
        parts = [] if text == self.text else list(_parts(self._window))
        self._window.setProperty(_SHEET, text)
        if not parts or not self._window.isVisible():
            for part in parts:
                part.setStyleSheet(text)
            then()
            return
        seen = [part for part in parts if part.isVisible()]
        hidden = [part for part in parts if part not in seen]
        self._window.setUpdatesEnabled(False)
        self._turns.take([
            *(partial(self._wear, part) for part in seen), partial(self._show, then),
            *(partial(self._wear, part) for part in hidden),
        ])  # fmt: skip

    def _show(self, then: Callable[[], None]) -> None:
        then()
        self._window.setUpdatesEnabled(True)

    def hurry(self) -> None:
        """What is still to change changes now: it is going to be seen."""
        self._turns.hurry()

    def _wear(self, part: QWidget) -> None:
        if not sip.isdeleted(part) and part.styleSheet() != self.text:
            part.setStyleSheet(self.text)


def _parts(around: QWidget) -> Iterator[QWidget]:
    for child in around.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if child.property(_GROUND):
            yield from _parts(child)
        else:
            yield child
