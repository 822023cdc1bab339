"""The status bar: the engine's state, and what is measured. A number that nobody measured is not shown."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QWidget

from workbench.views.theme import DARK, Theme
from workbench.widgets.controls import label

NUMBERS = {
    "Display": "Frames drawn in the last second",
    "Dropped": "Frames that came too late while playing",
    "Engine": "Sampling or training steps a second",
    "Queue": "Jobs that wait for the engine",
    "Written": "Written to traces since the start",
    "Memory": "Held by window and engine together",
}


_LEFT, _RIGHT, _GAP = 12, 16, 8
_FIXED = _LEFT + 12 + _GAP + _RIGHT
"""What the dot and the margins take."""
_LEAVING = ("Memory", "Written", "Queue", "Engine", "Dropped", "Display")
"""What is left out of a narrow window after the device, in this order; a tool tip says all of it."""


class StatusBar(QWidget):
    """One line of facts."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(24)
        row = QHBoxLayout(self)
        row.setContentsMargins(_LEFT, 0, _RIGHT, 0)
        row.setSpacing(_GAP)
        self._dot = _Dot()
        self.engine = label("Engine starting", "loud")
        self.engine.setAccessibleName("Engine")
        self.device = label("", "small")
        row.addWidget(self._dot)
        row.addWidget(self.engine)
        self.device.setContentsMargins(4, 0, 0, 0)
        row.addWidget(self.device)
        row.addStretch(1)
        self._numbers: dict[str, QLabel] = {}
        self._shown: dict[str, str] = {}
        self._theme: Theme = DARK
        for name, help_text in NUMBERS.items():
            number = self._numbers[name] = label("", "small")
            number.setToolTip(help_text)
            number.setTextFormat(Qt.TextFormat.RichText)
            number.setContentsMargins(_GAP, 0, 0, 0)
            number.hide()
            row.addWidget(number)

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self._dot.retheme(theme)
        for name, value in self._shown.items():
            self._write(name, value)

    def show_engine(self, text: str, *, busy: bool = False, gone: bool = False) -> None:
        """The engine's state in words; a ring while it works, hollow when it is gone."""
        self.engine.setText(text)
        self._dot.show_state(busy=busy, gone=gone)

    def show_number(self, name: str, value: str) -> None:
        """A measured value with its unit, such as ``58.9 of 60 fps``."""
        if self._shown.get(name) != value:
            self._shown[name] = value
            self._write(name, value)

    def event(self, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.LayoutRequest:  # something says more or less than before
            self._fit()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Show what there is room for, each of it whole."""
        device = [self.device] if self.device.text() else []
        numbers = {name: self._numbers[name] for name in NUMBERS if self.number(name)}
        leaving = [*device, *(numbers[name] for name in _LEAVING if name in numbers)]
        room = self.width() - _FIXED - self.engine.sizeHint().width()
        widths = [each.sizeHint().width() + _GAP for each in leaving]
        left_out = next(n for n in range(len(leaving) + 1) if n == len(leaving) or sum(widths[n:]) <= room)
        for i, each in enumerate(leaving):
            each.setVisible(i >= left_out)
        facts = [self.engine.text(), *(each.text() for each in device)]
        facts += [f"{name} {value}" for name, value in self._shown.items() if value]
        self.setToolTip("\n".join(facts) if left_out else "")

    def number(self, name: str) -> str:
        """What is shown; nothing where nothing was measured."""
        return self._shown.get(name, "")

    def _write(self, name: str, value: str) -> None:
        first, _, rest = value.partition(" ")
        loud = f"<span style='color: {self._theme.t1}; font-weight: 600'>{first}</span>"
        self._numbers[name].setText(f"{name} {loud if first[:1].isdigit() else first} {rest}".rstrip())
        self._numbers[name].setVisible(bool(value))
        self._fit()


class _Dot(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(12, 12)
        self._theme: Theme = DARK
        self._busy = self._gone = False

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def show_state(self, *, busy: bool, gone: bool) -> None:
        self._busy, self._gone = busy, gone
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._busy and not self._gone:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme.t1))
            painter.drawEllipse(QRectF(2.5, 2.5, 7, 7))
            return
        painter.setPen(QPen(QColor(self._theme.methods["error"] if self._gone else self._theme.t1), 1.75))
        # a whole ring when the engine is gone, an open one while it works
        painter.drawArc(QRectF(2, 2, 8, 8), 90 * 16, (360 if self._gone else -270) * 16)
