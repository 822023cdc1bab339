"""Toasts, messages, the export dialog and the help sheet: plain child widgets over the window, never a native frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PyQt6.QtCore import QEvent, QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from workbench import actions
from workbench.export.pacing import PACINGS
from workbench.widgets.controls import button, hairline, label

_TOAST_MS = 6000


class Scrim(QWidget):
    """A dimmed window with one card in its middle; Escape or a click beside it closes it."""

    def __init__(self, parent: QWidget, card: QWidget, colour: str) -> None:
        super().__init__(parent)
        self._colour = QColor(*(int(part) for part in colour.removeprefix("rgba(").rstrip(")").split(",")))
        self._card = card
        card.setParent(self)
        card.setObjectName("dialog")
        card.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        parent.installEventFilter(self)
        self.setGeometry(parent.rect())
        self._place()
        self.show()
        self.raise_()
        card.setFocus()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if watched is self.parent() and event is not None and event.type() == QEvent.Type.Resize:
            self.setGeometry(self.parent().rect())  # type: ignore[union-attr]  # it is a QWidget
            self._place()
        return False

    def _place(self) -> None:
        self._card.adjustSize()
        self._card.move((self.width() - self._card.width()) // 2, (self.height() - self._card.height()) // 2)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        QPainter(self).fillRect(self.rect(), self._colour)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and not self._card.geometry().contains(event.position().toPoint()):
            self.close_()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.close_()

    def close_(self) -> None:
        self.hide()
        self.deleteLater()


class Message(QWidget):
    """A question or a message: title, text, and buttons named by their verbs, the primary one last."""

    done = pyqtSignal(str)

    def __init__(self, title: str, text: str, buttons: Sequence[str]) -> None:
        super().__init__()
        self.setFixedWidth(400)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addWidget(label(title, "title"))
        body = label(text, "t2")
        body.setWordWrap(True)
        body.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(body)
        column.addWidget(hairline())
        row = QHBoxLayout()
        row.addStretch(1)
        for i, name in enumerate(buttons):
            role = "primary" if i == len(buttons) - 1 else ""
            row.addWidget(button(name, partial(self.done.emit, name), role=role))
        column.addLayout(row)


@dataclass(frozen=True)
class ExportChoice:
    """What the export dialog was asked for."""

    width: int
    height: int
    fps: int
    seconds: float
    pacing: str


class ExportDialog(QWidget):
    """Size, pacing and length of a GIF, with the number of frames that follows."""

    chosen = pyqtSignal(object)
    cancelled = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(360)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addWidget(label("Export GIF", "title"))
        form = QGridLayout()
        form.setVerticalSpacing(8)
        self._fields = {name: QLineEdit(text) for name, text in _EXPORT_DEFAULTS.items()}
        for line, (name, field) in enumerate(self._fields.items()):
            field.setAccessibleName(name)
            field.textChanged.connect(self._summarise)
            form.addWidget(label(name, "t2"), line, 0)
            form.addWidget(field, line, 1)
        self._pacing = QComboBox()
        self._pacing.addItems([name.capitalize() for name in PACINGS])
        self._pacing.setAccessibleName("Pacing")
        form.addWidget(label("Pacing", "t2"), len(self._fields), 0)
        form.addWidget(self._pacing, len(self._fields), 1)
        column.addLayout(form)
        column.addWidget(hairline())
        row = QHBoxLayout()
        self._summary = label("", "small")
        row.addWidget(self._summary, 1)
        row.addWidget(button("Cancel", self.cancelled.emit))
        self._export = button("Export", self._done, role="primary")
        row.addWidget(self._export)
        column.addLayout(row)
        self._summarise()

    def choice(self) -> ExportChoice | None:
        """What the fields say, or None where one of them makes no sense."""
        try:
            width, height, fps = (int(self._fields[name].text()) for name in ("Width", "Height", "Frames a second"))
            seconds = float(self._fields["Seconds"].text())
        except ValueError:
            return None
        fits = 320 <= width <= 3840 and 240 <= height <= 2160 and 5 <= fps <= 50 and 0.5 <= seconds <= 60
        pacing = list(PACINGS)[self._pacing.currentIndex()]
        return ExportChoice(width, height, fps, seconds, pacing) if fits else None

    def _summarise(self) -> None:
        choice = self.choice()
        self._export.setEnabled(choice is not None)
        if choice is None:
            self._summary.setText("320 to 3,840 × 240 to 2,160,\n5 to 50 a second, 0.5 to 60 s")
        else:
            self._summary.setText(f"{round(choice.fps * choice.seconds):,} frames")

    def _done(self) -> None:
        self.chosen.emit(self.choice())


_EXPORT_DEFAULTS = {"Width": "1200", "Height": "640", "Frames a second": "20", "Seconds": "5"}


class HelpSheet(QWidget):
    """Every shortcut, from the table of actions."""

    def __init__(self) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(24, 20, 24, 20)
        grid.setHorizontalSpacing(28)
        grid.setVerticalSpacing(6)
        grid.addWidget(label("Shortcuts", "lead"), 0, 0, 1, 4)
        groups: dict[str, list[actions.Spec]] = {}
        for spec in actions.TABLE:
            if spec.keys:
                groups.setdefault(spec.group, []).append(spec)
        rows = [0, 0]
        for i, (group, specs) in enumerate(groups.items()):
            side = 0 if i in (0, 1, 2) else 1
            rows[side] += 1
            grid.addWidget(label(group, "section"), rows[side] + 1, 2 * side, 1, 2)
            for spec in specs:
                rows[side] += 1
                grid.addWidget(label(spec.text.rstrip("…"), "t2"), rows[side] + 1, 2 * side)
                grid.addWidget(label(" or ".join(spec.keys), "t2"), rows[side] + 1, 2 * side + 1)


class Toast(QWidget):
    """Says what was done, or how far it is, at the bottom of the window; stays six seconds and keeps one action."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 8, 8)
        row.setSpacing(12)
        self._text = label("", "name")
        self._more = label("", "t2")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(160)
        self._button = QPushButton()
        self._button.setObjectName("small")
        self._button.clicked.connect(self._pressed)
        for each in (self._text, self._more, self._bar, self._button):
            row.addWidget(each)
        self._act: Callable[[], None] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_TOAST_MS)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def tell(self, text: str, more: str = "", action: str = "", act: Callable[[], None] | None = None) -> None:
        """A message that goes by itself."""
        self._show(text, more, action or "Dismiss", act)
        self._bar.hide()
        self._timer.start()

    def progress(
        self, text: str, done: int, total: int, seconds_left: float | None, cancel: Callable[[], None]
    ) -> None:
        """Work that goes on, with Cancel."""
        left = "" if seconds_left is None else f"{seconds_left:.0f} s left"
        self._timer.stop()
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._bar.show()
        self._show(text, left, "Cancel", cancel)

    @property
    def text(self) -> str:
        return f"{self._text.text()} {self._more.text()}".strip()

    def _show(self, text: str, more: str, action: str, act: Callable[[], None] | None) -> None:
        self._text.setText(text)
        self._more.setText(more)
        self._button.setText(action)
        self._act = act
        self.show()
        self.place()
        self.raise_()

    def _pressed(self) -> None:
        self.hide()
        if self._act is not None:
            self._act()

    def place(self) -> None:
        """Stay above the transport bar, in the middle."""
        parent = self.parentWidget()
        assert parent is not None  # made with one
        self._text.setWordWrap(False)
        self.adjustSize()
        self.setFixedWidth(min(self.sizeHint().width(), parent.width() - 32))
        self.move((parent.width() - self.width()) // 2, parent.height() - self.height() - 108)
