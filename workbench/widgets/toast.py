"""The toast: what was done, or how far work is, above the transport bar. It goes by itself and keeps one action."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QToolButton, QWidget

from workbench.views.theme import DARK, Theme
from workbench.widgets.controls import Elided
from workbench.widgets.icons import icon, pixmap

STAY_MS = 6000
PATIENCE_MS = 300
"""Shorter work shows no progress."""
_WIDEST = 760
_KEPT = 300
_ABOVE = 112
"""Status bar, transport bar and a gap."""


class Toast(QWidget):
    """One line: a message, or the progress of work between messages."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._icon, self._text, self._more = QLabel(), Elided(where=Qt.TextElideMode.ElideMiddle), Elided()
        self._text.setObjectName("name")
        self._more.setObjectName("t2")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(160)
        self._button = QPushButton()
        self._button.setObjectName("small")
        self._close = QToolButton()
        self._close.setAccessibleName("Dismiss")
        self._close.setToolTip("Dismiss")
        self._close.setIconSize(QSize(16, 16))
        self._close.clicked.connect(self.hide)
        for each in (self._button, self._close):
            each.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 8, 8)
        row.setSpacing(12)
        for widget in (self._icon, self._text, self._more, self._bar):
            row.addWidget(widget)
        row.addSpacing(24)
        row.addWidget(self._button)
        row.addWidget(self._close)
        self._button.clicked.connect(self._pressed)
        self._act: Callable[[], None] | None = None
        self._stay, self._patience = self._timer(STAY_MS, self.hide), self._timer(PATIENCE_MS, self._show_progress)
        self._done: tuple[str, int, int, float | None, Callable[[], None]] | None = None
        self._telling, self._good = False, True
        self.retheme(DARK)
        parent.installEventFilter(self)
        self.hide()

    def _timer(self, ms: int, call: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(ms)
        timer.timeout.connect(call)
        return timer

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self._show_sign()
        self._close.setIcon(icon("close", theme.t2, 16))

    # --- what is said --------------------------------------------------------------------------------------------

    def tell(
        self, text: str, more: str = "", action: str = "", act: Callable[[], None] | None = None, *, done: bool = True
    ) -> None:  # fmt: skip
        """A message that goes by itself; progress waits until it is gone. ``done``: what was asked for was done."""
        self._telling, self._good = True, done
        self._show_sign()
        self._patience.stop()
        self._show(text, more, action, act)
        self._stay.start()

    def progress(
        self, text: str, done: int, total: int, seconds_left: float | None, cancel: Callable[[], None]
    ) -> None:
        """Work that goes on, with Cancel; shown when it lasts, until `finish` or a message takes its place."""
        first = self._done is None
        self._done = (text, done, total, seconds_left, cancel)
        if self._telling:
            return
        if self._bar.isVisible():
            self._show_progress()
        elif first or not self._patience.isActive():
            self._patience.start()

    def finish(self) -> None:
        """The work has ended and there is nothing to say about it."""
        self._patience.stop()
        self._done = None
        if not self._telling:
            self.hide()

    def withdraw(self, text: str) -> None:
        """This message is no longer true."""
        if self._telling and self._text.text() == text:
            self.hide()

    def _show_sign(self) -> None:
        name, colour = ("check", self._theme.t1) if self._good else ("warning", self._theme.methods["error"])
        self._icon.setPixmap(pixmap(name, colour, 16, self.devicePixelRatioF()))

    @property
    def text(self) -> str:
        return f"{self._text.text()} {self._more.text()}".strip()

    def _show_progress(self) -> None:
        if self._done is None:
            return
        text, done, total, seconds_left, cancel = self._done
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._show(text, "" if seconds_left is None else f"{seconds_left:.0f} s left", "Cancel", cancel)

    def _show(self, text: str, more: str, action: str, act: Callable[[], None] | None) -> None:
        self._text.setText(text)
        self._more.setText(more)
        self._more.setVisible(bool(more))
        for each in (self._text, self._more):  # however long the other is
            each.setMinimumWidth(min(each.sizeHint().width(), _KEPT))
        self._button.setText(action)
        self._button.setAccessibleName(action)
        self._button.setVisible(bool(action))
        self._icon.setVisible(self._telling)
        self._close.setVisible(self._telling)
        self._bar.setVisible(not self._telling)
        self._act = act
        self.show()
        self._place()
        self.raise_()

    def _pressed(self) -> None:
        self.hide()
        self._done = None
        if self._act is not None:
            self._act()

    # --- where ---------------------------------------------------------------------------------------------------

    def hide(self) -> None:
        self._telling = False
        self._stay.stop()
        super().hide()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if watched is self.parent() and event is not None and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _place(self) -> None:
        parent = self.parentWidget()
        assert parent is not None  # made with one
        width = min(self.sizeHint().width(), parent.width() - 32, _WIDEST)
        height = self.sizeHint().height()
        self.setGeometry((parent.width() - width) // 2, parent.height() - height - _ABOVE, width, height)
