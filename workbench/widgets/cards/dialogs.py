"""Cards over the dimmed window, never a native frame and never a nested event loop."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PyQt6 import sip
from PyQt6.QtCore import QEvent, QObject, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from workbench.painters import fonts
from workbench.views.theme import Theme
from workbench.widgets.controls import button, hairline, label

_MARGIN = 24
"""Pixels of the window that are seen around a card that could be larger."""


class Scrim(QWidget):
    """A dimmed window with one card in its middle, or at ``top``. The card keeps the keyboard; Escape closes it."""

    tabbed = pyqtSignal()

    def __init__(
        self, parent: QWidget, card: QWidget, theme: Theme, top: int | None = None, sheet: str = ""
    ) -> None:  # fmt: skip
        """``sheet`` is the style sheet of the card, where the parent has none."""
        super().__init__(parent)
        self.setStyleSheet(sheet)
        self._top = top
        self._card, self._before = card, parent.window().focusWidget()  # type: ignore[union-attr]  # it is in one
        self.retheme(theme)
        card.setParent(self)
        parent.installEventFilter(self)
        self._place()
        self.show()
        self.raise_()
        self._place()  # the style sheet's heights are known only of what is shown
        first = next((each for each in self._stops() if isinstance(each, QLineEdit)), self._primary() or card)
        first.setFocus()

    def retheme(self, theme: Theme) -> None:
        """The window's theme has changed, as it does with the system's."""
        self._colour = QColor(*(int(part) for part in theme.scrim.removeprefix("rgba(").rstrip(")").split(",")))
        self.update()
        if isinstance(self._card, Card):
            self._card.retheme(theme)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if watched is self.parent() and event is not None and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        parent = self.parentWidget()
        assert parent is not None  # made with one
        self.setGeometry(parent.rect())
        self._card.adjustSize()
        self._card.resize(self._card.size().boundedTo(self.size() - QSize(2 * _MARGIN, 2 * _MARGIN)))
        self._card.move((self.width() - self._card.width()) // 2, self._height_of_card())

    def _height_of_card(self) -> int:
        """Where the card begins: in the middle, or at a height of its own if it fits there."""
        room = self.height() - self._card.height()
        return room // 2 if self._top is None else max(0, min(self._top, room))

    def _primary(self) -> QPushButton | None:
        return self._card.findChild(QPushButton, "primary")

    def _focused(self) -> QWidget | None:
        window = self.window()
        return window.focusWidget() if window is not None else None

    def _stops(self) -> list[QWidget]:
        """What Tab reaches inside the card, in its order."""
        out, widget = [], self._card.nextInFocusChain()
        while widget is not None and widget is not self._card:
            if (
                self._card.isAncestorOf(widget)
                and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
                and widget.isEnabled()
            ):
                out.append(widget)
            widget = widget.nextInFocusChain()
        return out

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab stays inside the card."""
        stops, here = self._stops(), self._focused()
        if stops:
            at = stops.index(here) if here in stops else -1 if next else 0
            reason = Qt.FocusReason.TabFocusReason if next else Qt.FocusReason.BacktabFocusReason
            stops[(at + (1 if next else -1)) % len(stops)].setFocus(reason)
        self.tabbed.emit()
        return True

    def event(self, event: QEvent | None) -> bool:
        # no shortcut of the window reaches past an open card: Escape closes it and does not stop the run
        if event is not None and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        QPainter(self).fillRect(self.rect(), self._colour)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and not self._card.geometry().contains(event.position().toPoint()):
            self.close_()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        primary = self._primary()
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.close_()
        elif event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and primary is not None:
            here = self._focused()
            (here if isinstance(here, QPushButton) else primary).click()

    def close_(self) -> None:
        self.hide()
        self.deleteLater()
        before = self._before
        # a form may have been made anew below the card
        if before is not None and not sip.isdeleted(before) and before.isVisible():
            before.setFocus()


class Card(QWidget):
    """A title, a body, and a footer below a line, with the primary button at its right."""

    def __init__(self, title: str, width: int) -> None:
        super().__init__()
        self.setObjectName("dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(fonts.px(width))
        self.setAccessibleName(title)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 1, 0)
        column.setSpacing(0)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(20, 18, 20, 16)
        self.body.setSpacing(8)
        head = label(title, "title")
        head.setTextFormat(Qt.TextFormat.PlainText)  # it may hold the name of a file
        self.body.addWidget(head)
        self.footer = QHBoxLayout()
        self.footer.setContentsMargins(20, 12, 20, 12)
        self.footer.setSpacing(8)
        column.addLayout(self.body)
        column.addWidget(hairline())
        column.addLayout(self.footer)

    def retheme(self, theme: Theme) -> None:
        """Cards that show a theme's colours, or a choice that follows it, do more than the style sheet does."""


class Message(Card):
    """A question or a message: title, text, and buttons named by their verbs, the primary one last."""

    done = pyqtSignal(str)

    def __init__(self, title: str, text: str, buttons: Sequence[str]) -> None:
        super().__init__(title, 400)
        body = label(text, "t2")
        body.setWordWrap(True)
        body.setTextFormat(Qt.TextFormat.PlainText)
        body.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.body.addWidget(body)
        self.footer.addStretch(1)
        for i, name in enumerate(buttons):
            role = "primary" if i == len(buttons) - 1 else ""
            self.footer.addWidget(button(name, partial(self.done.emit, name), role=role))
