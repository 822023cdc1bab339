"""The row of a number: a slider where it has two limits, and a field to type into."""

from __future__ import annotations

import math
import random
from typing import Any

from PyQt6.QtCore import QEvent, Qt, QTimer
from PyQt6.QtGui import QKeyEvent, QKeySequence, QWheelEvent
from PyQt6.QtWidgets import QAbstractSlider, QLineEdit, QSlider, QToolButton, QWidget

from core.errors import SpecError
from core.parts.schema import check_value
from workbench.model.setup import Row, parse
from workbench.painters import fonts
from workbench.views.theme import Theme
from workbench.widgets.icons import icon
from workbench.widgets.setup.form_rows import RowWidget, number
from workbench.widgets.style import mark

_FIELD, _STOPS, _WIDEST = 62, 400, 2048
_LOG_RANGE = 100.0
_TYPED = ("n_samples", "threads")
"""What is used lies far below the upper limit."""
_EVERY_MS = 16
"""A dragged slider tells its value at most this often."""
_MOST_SEEDS = 1000
_STEPS = {QAbstractSlider.SliderAction.SliderSingleStepAdd: 1, QAbstractSlider.SliderAction.SliderSingleStepSub: -1}


class NumberRow(RowWidget):
    """Slider and field hold the same value; text that is no number where none is asked for passes as it is."""

    def __init__(self, row: Row, theme: Theme) -> None:
        super().__init__(row, theme)
        self._slider: _Slider | None = None
        if _slides(row):
            self._slider = _Slider(row.title)
            self._slider.valueChanged.connect(self._slid)
            self._slider.actionTriggered.connect(self._stepped)
            self._line.addWidget(self._slider, 1)
        self._field = _Field()
        self._field.setAccessibleName(f"{row.title} value" if self._slider else row.title)
        if self._slider is not None:
            self._field.setFixedWidth(fonts.px(_FIELD))
        self._field.editingFinished.connect(self._typed)
        self._line.addWidget(self._field, 0 if self._slider else 1)
        self._dice = self._add_dice() if row.field == "seed" else None
        self._waiting: Any = None
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._send)
        self._show()

    @property
    def control(self) -> QWidget:
        return self._slider or self._field

    def retheme(self, theme: Theme) -> None:
        super().retheme(theme)
        if self._dice is not None:
            self._dice.setIcon(icon("dice", theme.t2, 18))

    def _add_dice(self) -> QToolButton:
        """A button that rolls another seed."""
        dice = QToolButton()
        dice.setIcon(icon("dice", self._theme.t2, 18))
        dice.setAccessibleName("Another seed")
        dice.setToolTip("Another seed")
        dice.clicked.connect(lambda: self._emit(random.SystemRandom().randrange(_MOST_SEEDS)))
        self._line.addWidget(dice)
        return dice

    def _show(self) -> None:
        self._field.setToolTip(self.row.help)
        if not (self._field.hasFocus() and self._field.isModified()):
            self._field.setText(number(self.row.value))
            self._field.setCursorPosition(0)
        if self._slider is not None and not self._slider.isSliderDown():
            self._slider.place(self._stop_of(float(self.row.value)))

    def _clear(self) -> None:
        super()._clear()
        self._field.setModified(False)
        mark(self._field, wrong=False)

    # --- the slider ----------------------------------------------------------------------------------------------

    @property
    def _limits(self) -> tuple[float, float]:
        return float(self.row.schema["minimum"]), float(self.row.schema["maximum"])

    @property
    def _whole(self) -> bool:
        return self.row.schema.get("type") == "integer"

    @property
    def _logarithmic(self) -> bool:
        low, high = self._limits
        return low > 0 and high / low >= _LOG_RANGE

    def _stop_of(self, value: float) -> int:
        low, high = self._limits
        value = min(max(value, low), high)
        place = math.log(value / low) / math.log(high / low) if self._logarithmic else (value - low) / (high - low)
        return round(_STOPS * place)

    def _slid(self, stop: int) -> None:
        low, high = self._limits
        place = stop / _STOPS
        value: float = low * (high / low) ** place if self._logarithmic else low + place * (high - low)
        self._set(round(value) if self._whole else float(f"{value:.3g}"))

    def _stepped(self, action: int) -> None:
        """An arrow key: the next whole number, which may lie between two of the slider's stops or many stops away."""
        by = _STEPS.get(QAbstractSlider.SliderAction(action))
        if by is None or not self._whole or self._slider is None:
            return
        low, high = self._limits
        value = int(min(max((self.row.value if self._waiting is None else self._waiting) + by, low), high))
        self._slider.place(self._stop_of(value))
        self._set(value)

    def _set(self, value: Any) -> None:
        """Show a value now, and tell it now or, while many come, with the last one a moment later."""
        if value == (self.row.value if self._waiting is None else self._waiting):
            return
        self._field.setText(number(value))
        self._waiting = value
        if not self._timer.isActive():
            self._send()

    def _send(self) -> None:
        if self._waiting is not None:
            value, self._waiting = self._waiting, None
            self._timer.start()
            self._emit(value)

    # --- the field -----------------------------------------------------------------------------------------------

    def _typed(self) -> None:
        if not self._field.isModified():
            return
        value = parse(self.row.schema, self._field.text())
        try:
            check_value(self.row.field, self.row.schema, value)
        except SpecError as error:
            mark(self._field, wrong=True)
            self._refuse(error, value)
            return
        self._emit(value)

    def _emit(self, value: Any) -> None:
        self._field.setText(number(value))
        super()._emit(value)


def _slides(row: Row) -> bool:
    low, high = row.schema.get("minimum"), row.schema.get("maximum")
    return low is not None and high is not None and high <= _WIDEST and row.field not in _TYPED


class _Field(QLineEdit):
    """A field that takes back what is typed, and leaves it to the window to take back what was entered."""

    def event(self, a0: QEvent | None) -> bool:
        if isinstance(a0, QKeyEvent) and a0.type() == QEvent.Type.ShortcutOverride and not self.isModified():
            keys = QKeySequence.StandardKey
            if a0.matches(keys.Undo) or a0.matches(keys.Redo):
                a0.ignore()
                return False
        return super().event(a0)


class _Slider(QSlider):
    """A slider that the wheel does not move: it scrolls the form."""

    def __init__(self, name: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setAccessibleName(name)
        self.setRange(0, _STOPS)
        self.setPageStep(_STOPS // 10)

    def place(self, stop: int) -> None:
        """Move the handle without telling anybody."""
        self.blockSignals(True)
        self.setValue(stop)
        self.blockSignals(False)

    def wheelEvent(self, e: QWheelEvent | None) -> None:
        if e is not None:
            e.ignore()
