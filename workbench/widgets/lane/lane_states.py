"""What covers a lane: a message with its ways out, or the progress of what it waits for. Plain opaque widgets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QElapsedTimer, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PyQt6.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.machine.pace import time_left
from workbench.painters.fonts import px, ui
from workbench.views.theme import DARK, Theme
from workbench.widgets import icons

PROGRESS_HEIGHT = 32
_BAR = 3
_SIDE, _NARROW, _ENDS, _GAP, _FEW = 12, 4, 16, 8, 3
"""Pixels beside a message, and where it is narrow; above and below it; between buttons; rows that go before words."""
_ICON, _AFTER_ICON, _AFTER_TITLE, _AFTER_TEXT = 24, 8, 6, 12
"""Pixels of the icon, and below each part that is shown."""
_HIGH = 28
"""Pixels of a button's height in type of the usual size."""
#: Shorter waits show no progress (milliseconds).
_PATIENCE = 300
#: Type of the title and of all else on the full screen.
_BIG = ("font-size: 28px; font-weight: 600;", "font-size: 22px;")


@dataclass(frozen=True)
class MessageSpec:
    """Words over a lane. ``actions`` are (id, text of the button), the first one primary."""

    title: str
    text: str = ""
    icon: str = ""
    actions: tuple[tuple[str, str], ...] = ()
    error: bool = False


EMPTY_LANE = MessageSpec(
    "Empty lane", "Start from a preset or open a trace", "lanes",
    (("choose-preset", "Choose preset"), ("open-trace", "Open trace…")),
)  # fmt: skip


class MessagePanel(QWidget):
    """A message in the middle of a lane; ``whole`` lanes have a dashed card of their own instead of the canvas."""

    action = pyqtSignal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = DARK
        self._whole = False
        self._shown: tuple[MessageSpec, Theme, bool, bool, int] | None = None
        self._big = False
        self._made: list[QPushButton] = []
        self._icon, self._title, self._text = QLabel(), QLabel(), QLabel()
        for label in (self._icon, self._title, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        for label in (self._title, self._text):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._buttons = QGridLayout()
        self._buttons.setSpacing(_GAP)
        self._buttons.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._column = column = QVBoxLayout(self)
        column.setSpacing(0)
        column.addStretch(1)
        for widget, gap in ((self._icon, _AFTER_ICON), (self._title, _AFTER_TITLE), (self._text, _AFTER_TEXT)):
            widget.setContentsMargins(0, 0, 0, gap)
            column.addWidget(widget)
        column.addLayout(self._buttons)
        column.addStretch(1)

    def show_message(self, spec: MessageSpec, theme: Theme, *, whole: bool, big: bool = False) -> None:
        """``big`` for the full screen, which is read from afar."""
        if self._shown == (shown := (spec, theme, whole, big, px(_HIGH))):
            return
        self._shown = shown
        self._theme, self._whole, self._big = theme, whole, big
        title, text = _BIG if big else ("", "")
        self._title.setFont(ui(13, 600))
        self._text.setFont(ui(12))
        if spec.icon:
            colour = theme.methods["error"] if spec.error else theme.t2
            self._icon.setPixmap(icons.pixmap(spec.icon, colour, _ICON, self.devicePixelRatioF()))
        self._title.setText(spec.title)
        self._title.setStyleSheet(f"color: {theme.t1}; background: transparent; {title}")
        self._text.setText(spec.text)
        self._text.setStyleSheet(f"color: {theme.t2}; background: transparent; {text}")
        self._fill_buttons(spec.actions)
        self.update()

    def _fill_buttons(self, actions: Sequence[tuple[str, str]]) -> None:
        while (item := self._buttons.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self._made = []
        for i, (name, text) in enumerate(actions):
            button = QPushButton(text, self)
            button.setObjectName(name)
            button.setAccessibleName(text)
            button.setFont(ui(12, 600))
            button.setFixedHeight(self._high)
            style = button_style(self._theme, primary=i == 0, pad=10 if len(actions) <= 2 else 6)
            button.setStyleSheet(style + (f"QPushButton {{ {_BIG[1]} }}" if self._big else ""))
            button.clicked.connect(lambda _=False, chosen=name: self.action.emit(chosen))
            self._made.append(button)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._arrange()

    @property
    def _high(self) -> int:
        """Pixels of a button's height."""
        return 48 if self._big else px(_HIGH)

    def _arrange(self) -> None:
        """Buttons in two columns, or in one where that is too narrow, with dots in what is wider than the lane. Of many
        the last ones that find no room are left out: menus of the other lanes reach the same."""
        for button in self._made:
            button.setText(button.accessibleName())
        widest = max((each.sizeHint().width() for each in self._made), default=0)
        side = _SIDE if widest + 2 * _SIDE <= self.width() else _NARROW
        self._column.setContentsMargins(side, _ENDS, side, _ENDS)
        columns = 2 if 2 * widest + _GAP + 2 * side <= self.width() else 1
        each = self._high + _GAP
        room = self.height() - 2 * _ENDS + _GAP
        few = each * min(_FEW, math.ceil(len(self._made) / columns))
        rows = max(1, self._show_words(room, self.width() - 2 * side, few) // each)
        for i, button in enumerate(self._made):
            self._shorten(button, self.width() - 2 * side)
            self._buttons.addWidget(button, i // columns, i % columns)
            button.setVisible(i // columns < rows)

    def _show_words(self, room: int, width: int, few: int) -> int:
        """Title, text and icon as far as there is ``room`` beside a ``few`` rows of buttons; what they leave of it."""
        if self._shown is None:
            return room
        spec = self._shown[0]
        room -= self._title.heightForWidth(width)
        for label, words, high in (
            (self._text, spec.text, self._text.heightForWidth(width)),
            (self._icon, spec.icon, _ICON + _AFTER_ICON),
        ):
            fits = bool(words) and high <= room - few
            label.setVisible(fits)
            room -= high if fits else 0
        self.setToolTip(spec.text if self._text.isHidden() else "")
        return room

    @staticmethod
    def _shorten(button: QPushButton, width: int) -> None:
        words, beside = button.accessibleName(), button.sizeHint().width()
        metrics = QFontMetrics(button.font())
        beside -= metrics.horizontalAdvance(words)
        button.setText(metrics.elidedText(words, Qt.TextElideMode.ElideRight, width - beside))
        button.setToolTip(words if button.text() != words else "")

    def paintEvent(self, event: QPaintEvent | None) -> None:
        theme = self._theme
        painter = QPainter(self)
        if not self._whole:
            painter.fillRect(self.rect(), QColor(theme.canvas))
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(self.rect(), QColor(theme.win))
            pen = QPen(QColor(theme.line2), 1)
            pen.setDashPattern([4, 3])
            painter.setPen(pen)
            painter.setBrush(QColor(theme.panel))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.end()


class ProgressStrip(QWidget):
    """A thin bar at the foot of the canvas with amount, time left and Cancel, shown where it takes more than 0.3 s."""

    cancelled = pyqtSignal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = DARK
        self._share = 0.0
        self._words = ("", "")
        self._since = QElapsedTimer()
        self._cancel = QPushButton("Cancel", self)
        self._cancel.setFont(ui(12))
        self._cancel.clicked.connect(self.cancelled)
        self.hide()

    def show_progress(
        self, done: int, total: int, seconds_left: float | None, theme: Theme, *, waited: bool = False
    ) -> None:
        if not self._since.isValid():
            self._since.start()
        if theme is not self._theme or not self._cancel.styleSheet():
            self._cancel.setStyleSheet(
                f"""QPushButton {{ color: {theme.t1}; background: transparent; border: 1px solid transparent;
                                   border-radius: 4px; text-decoration: underline; padding: 0 4px;
                                   min-height: 0; }}
                    QPushButton:hover {{ background: {theme.hover}; }}
                    QPushButton:focus {{ border: 2px solid {theme.t1}; }}"""
            )
        self._theme = theme
        self._share = min(max(done / total, 0.0), 1.0) if total > 0 else 0.0
        self._words = (f"{done:,} of {total:,}", "" if seconds_left is None else time_left(seconds_left))
        self.setAccessibleName(" ".join(self._words))
        self.setVisible(waited or self._since.hasExpired(_PATIENCE))
        self.update()

    def stop(self) -> None:
        self._since.invalidate()
        self.hide()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        wide = self._cancel.sizeHint().width()
        self._cancel.setGeometry(self.width() - wide - 10, _BAR + 3, wide, self.height() - _BAR - 6)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.panel))
        painter.fillRect(QRectF(0, 0, self.width(), _BAR), QColor(theme.line2))
        painter.fillRect(QRectF(0, 0, self._share * self.width(), _BAR), QColor(theme.prim))
        font = ui(12)
        painter.setFont(font)
        painter.setPen(QColor(theme.t2))
        line = QRectF(14, _BAR, self.width(), self.height() - _BAR)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, "   ".join(word for word in self._words if word))
        painter.end()


def button_style(theme: Theme, *, primary: bool, pad: int = 10) -> str:
    """A 28 px button in the look of the workbench."""
    ground, ink = (theme.prim, theme.on_prim) if primary else (theme.raised, theme.t1)
    edge, hover = (theme.prim, theme.t1) if primary else (theme.line2, theme.hover)
    return f"""
        QPushButton {{ color: {ink}; background: {ground}; border: 1px solid {edge}; border-radius: 6px;
                       padding: 0 {pad}px; font-weight: 600; }}
        QPushButton:hover {{ background: {hover}; border-color: {theme.ctl}; }}
        QPushButton:focus {{ border: 2px solid {theme.ctl if primary else theme.t1}; padding: 0 {pad - 1}px; }}
    """
