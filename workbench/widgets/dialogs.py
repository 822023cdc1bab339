"""Messages and the export dialog: cards over the dimmed window, never a native frame and never a nested event loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from workbench.export.pacing import PACINGS, frame_times
from workbench.widgets.controls import button, hairline, label
from workbench.widgets.style import mark

_BYTES_A_PIXEL = 0.07
"""Of a GIF of particles, each frame; measured .066 to .088 on the shipped runs."""


class Scrim(QWidget):
    """A dimmed window with one card in its middle, or at ``top``. The card keeps the keyboard; Escape closes it."""

    tabbed = pyqtSignal()

    def __init__(self, parent: QWidget, card: QWidget, colour: str, top: int | None = None) -> None:
        super().__init__(parent)
        self._colour = QColor(*(int(part) for part in colour.removeprefix("rgba(").rstrip(")").split(",")))
        self._top = top
        self._card, self._before = card, parent.window().focusWidget()  # type: ignore[union-attr]  # it is in one
        card.setParent(self)
        parent.installEventFilter(self)
        self._place()
        self.show()
        self.raise_()
        first = next((each for each in self._stops() if isinstance(each, QLineEdit)), self._primary() or card)
        first.setFocus()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if watched is self.parent() and event is not None and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        parent = self.parentWidget()
        assert parent is not None  # made with one
        self.setGeometry(parent.rect())
        self._card.adjustSize()
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
        if self._before is not None and self._before.isVisible():
            self._before.setFocus()


class _Card(QWidget):
    """A title, a body, and a footer below a line, with the primary button at its right."""

    def __init__(self, title: str, width: int) -> None:
        super().__init__()
        self.setObjectName("dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(width)
        self.setAccessibleName(title)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 1, 0)
        column.setSpacing(0)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(20, 18, 20, 16)
        self.body.setSpacing(8)
        self.body.addWidget(label(title, "title"))
        self.footer = QHBoxLayout()
        self.footer.setContentsMargins(20, 12, 20, 12)
        self.footer.setSpacing(8)
        column.addLayout(self.body)
        column.addWidget(hairline())
        column.addLayout(self.footer)


class Message(_Card):
    """A question or a message: title, text, and buttons named by their verbs, the primary one last."""

    done = pyqtSignal(str)

    def __init__(self, title: str, text: str, buttons: Sequence[str]) -> None:
        super().__init__(title, 400)
        body = label(text, "t2")
        body.setWordWrap(True)
        body.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.body.addWidget(body)
        self.footer.addStretch(1)
        for i, name in enumerate(buttons):
            role = "primary" if i == len(buttons) - 1 else ""
            self.footer.addWidget(button(name, partial(self.done.emit, name), role=role))


@dataclass(frozen=True)
class ExportChoice:
    """What the export dialog was asked for."""

    width: int
    height: int
    fps: int
    seconds: float
    pacing: str


@dataclass(frozen=True)
class _Number:
    """A field of the export dialog."""

    name: str
    default: str
    least: float
    most: float

    def read(self, text: str) -> float | None:
        """The number typed, or None where it is none or does not fit."""
        try:
            value = float(text.replace(",", ""))
        except ValueError:
            return None
        return value if self.least <= value <= self.most else None


_WIDTH, _HEIGHT = _Number("Width", "1200", 320, 3840), _Number("Height", "640", 240, 2160)
_FPS, _SECONDS = _Number("Frames a second", "20", 5, 50), _Number("Seconds", "5", 0.5, 60)


class ExportDialog(_Card):
    """Pacing, size and length of a GIF, with the number of frames that follows and about how much they weigh."""

    chosen = pyqtSignal(object)
    cancelled = pyqtSignal()

    def __init__(self) -> None:
        super().__init__("Export GIF", 368)
        form = QGridLayout()
        self.body.addLayout(form)  # before its parts come, so that Tab visits them in their order
        form.setVerticalSpacing(8)
        form.setColumnMinimumWidth(0, 104)
        form.setColumnStretch(1, 1)
        form.setColumnStretch(3, 1)
        self.fields = {number: self._field(number) for number in (_WIDTH, _HEIGHT, _FPS, _SECONDS)}
        self.pacing = QComboBox()
        self.pacing.addItems([name.replace("-", " ").capitalize() for name in PACINGS])
        self.pacing.setAccessibleName("Pacing")
        self.pacing.setToolTip("How time passes in the film: quadratic starts slowly, its inverse ends slowly")
        for row, name in enumerate(("Size", "Pacing", _FPS.name, _SECONDS.name)):
            form.addWidget(label(name, "t2"), row, 0)
        form.addWidget(self.fields[_WIDTH], 0, 1)
        form.addWidget(label("×", "t2"), 0, 2)
        form.addWidget(self.fields[_HEIGHT], 0, 3)
        form.addWidget(self.pacing, 1, 1, 1, 3)
        form.addWidget(self.fields[_FPS], 2, 1, 1, 3)
        form.addWidget(self.fields[_SECONDS], 3, 1, 1, 3)
        self.problem = label("", "small")
        self.problem.setWordWrap(True)
        self.body.addWidget(self.problem)
        self.summary = label("", "small")
        self.footer.addWidget(self.summary, 1)
        self.footer.addWidget(button("Cancel", self.cancelled.emit))
        self._export = button("Export", lambda: self.chosen.emit(self.choice()), role="primary")
        self.footer.addWidget(self._export)
        self._summarise()

    def _field(self, number: _Number) -> QLineEdit:
        field = QLineEdit(number.default)
        field.setAccessibleName(number.name)
        field.setToolTip(f"{number.least:g} to {number.most:,g}")
        field.textChanged.connect(self._summarise)
        return field

    def choice(self) -> ExportChoice | None:
        """What the fields say, or None where one of them makes no sense."""
        width, height, fps, seconds = (number.read(field.text()) for number, field in self.fields.items())
        if width is None or height is None or fps is None or seconds is None:
            return None
        pacing = list(PACINGS)[self.pacing.currentIndex()]
        return ExportChoice(round(width), round(height), round(fps), seconds, pacing)

    def _summarise(self) -> None:
        wrong = [number for number, field in self.fields.items() if number.read(field.text()) is None]
        for number, field in self.fields.items():
            mark(field, wrong=number in wrong)
        first = wrong[0] if wrong else None
        given = self.fields[first].text() if first else ""
        words = f"{first.name} must be {first.least:g} to {first.most:,g}. Given {given or 'nothing'}." if first else ""
        self.problem.setText(words)
        self.problem.setVisible(bool(words))
        choice = self.choice()
        self._export.setEnabled(choice is not None)
        self.summary.setText(_weight(choice) if choice else "")
        self.adjustSize()


def _weight(choice: ExportChoice) -> str:
    frames = len(frame_times(choice.pacing, choice.fps, choice.seconds))
    size = frames * choice.width * choice.height * _BYTES_A_PIXEL / 1e6
    return f"{frames:,} frames, about {size:.0f} MB" if size >= 1 else f"{frames:,} frames, under 1 MB"
