"""The time as a number, in whichever way it is read."""

from __future__ import annotations

from PyQt6.QtCore import QRect, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFocusEvent, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QLineEdit

from workbench.painters import fonts
from workbench.views.theme import DARK, Theme
from workbench.views.time_axis import PLAIN, SYMBOLS, TITLES, TimeAxis
from workbench.widgets.style import mark

_WIDTHS = {"log-snr": 128, "ddpm": 136, "nfe": 96, "1-t": 108}
_WIDTH = 86
_LEFT = 11


class TimeField(QLineEdit):
    """Shows the time and takes another; what is typed is said once, on Return or when the focus leaves."""

    typed = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFont(fonts.ui(13, 500))
        self.returnPressed.connect(self._commit)
        self.textEdited.connect(lambda _: mark(self, wrong=False))
        self._t = 0.0
        self._axis = PLAIN
        self._theme: Theme = DARK
        self.set_axis(PLAIN)

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_axis(self, axis: TimeAxis) -> None:
        """Read the time this way."""
        self._axis = axis
        self.setFixedWidth(_WIDTHS.get(axis.kind, _WIDTH))
        symbol = QFontMetrics(self._symbol_font()).horizontalAdvance(SYMBOLS[axis.kind])
        self.setTextMargins(symbol + 8, 0, 2, 0)
        self.setAccessibleName(TITLES[axis.kind])
        self.setToolTip(f"{TITLES[axis.kind]}: type a number, and it goes to the nearest recorded step")
        self.show_time(self._t)

    def show_time(self, t: float) -> None:
        self._t = t
        words = self._axis.words(t)
        if not self.hasFocus() and words != self.text():
            self.setText(words)

    def refuse(self) -> None:
        """Mark what was typed; it stays to be mended as long as the field has the focus."""
        mark(self, wrong=self.hasFocus())
        self.selectAll()

    def _commit(self) -> None:
        self.setModified(False)
        self.typed.emit(self.text())
        if not self.property("wrong"):
            self.clearFocus()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        super().focusOutEvent(event)
        if self.isModified():
            self.setModified(False)
            self.typed.emit(self.text())
        mark(self, wrong=False)
        self.setText(self._axis.words(self._t))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.setModified(False)
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def _symbol_font(self) -> QFont:
        """Symbols are set as mathematics, words as words."""
        if self._axis.kind in ("t", "1-t", "sigma"):
            return fonts.maths(16, italic=self._axis.kind == "t")
        return fonts.ui(12)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setFont(self._symbol_font())
        painter.setPen(QColor(self._theme.t3))
        area = QRect(_LEFT, 0, self.width(), self.height() - (2 if self._axis.kind == "t" else 0))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, SYMBOLS[self._axis.kind])
