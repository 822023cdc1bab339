"""The controls of a form: each edits one field and shows what is wrong with it."""

from __future__ import annotations

import math
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QStandardItem, QStandardItemModel
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton, QSlider, QToolButton, QVBoxLayout, QWidget

from core.catalog import check_value
from core.errors import SpecError
from workbench.model.setup import Row, nearest_allowed, parse
from workbench.widgets.controls import Segments, label
from workbench.widgets.icons import icon

_LABEL, _FIELD, _STOPS = 92, 62, 400
_LOG_RANGE = 100.0


def number(value: Any) -> str:
    """A number as forms show it: 2,500 and 0.5 and 1e-04."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    return f"{value:g}".replace("-", "−") if value == 0 or abs(value) >= 1e-3 else f"{value:.0e}".replace("-", "−")


class RowWidget(QWidget):
    """A label, a control, and below them a line that appears when something is wrong."""

    changed = pyqtSignal(str, object)

    def __init__(self, row: Row) -> None:
        super().__init__()
        self.row = row
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self._line = QHBoxLayout()
        self._line.setSpacing(8)
        name = label(row.title, "t2")
        name.setFixedWidth(_LABEL)
        name.setToolTip(row.help)
        self._line.addWidget(name)
        column.addLayout(self._line)
        self._wrong = QWidget()
        wrong = QHBoxLayout(self._wrong)
        wrong.setContentsMargins(0, 0, 0, 0)
        self._why = label("", "error")
        self._why.setWordWrap(True)
        self._mend = QPushButton()
        self._mend.setObjectName("small")
        wrong.addWidget(self._why, 1)
        wrong.addWidget(self._mend)
        self._wrong.hide()
        column.addWidget(self._wrong)

    def show_value(self, row: Row) -> None:
        """Show another value of the same field."""
        raise NotImplementedError  # abstract

    @property
    def problem(self) -> str:
        """What is wrong with what was typed, or nothing."""
        return self._why.text() if not self._wrong.isHidden() else ""

    def _emit(self, value: Any) -> None:
        self._wrong.hide()
        self.changed.emit(self.row.field, value)

    def _refuse(self, error: SpecError, given: Any) -> None:
        self._why.setText(error.message)
        allowed = nearest_allowed(self.row.schema, given)
        self._mend.setVisible(allowed is not None)
        if allowed is not None:
            self._mend.setText(f"Use {number(allowed)}")
            self._mend.clicked.disconnect() if self._mend.receivers(self._mend.clicked) else None
            self._mend.clicked.connect(lambda: self._emit(allowed))
        self._wrong.show()


class ChoiceRow(RowWidget):
    """A menu of implementations; those that do not fit say why."""

    def __init__(self, row: Row) -> None:
        super().__init__(row)
        self._box = QComboBox()
        self._box.setAccessibleName(row.title)
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._box.view().setMinimumWidth(230)  # type: ignore[union-attr]  # a combo box has a view
        self._line.addWidget(self._box, 1)
        self._box.activated.connect(lambda i: self._emit(self.row.choices[i].value))
        self.show_value(row)

    def show_value(self, row: Row) -> None:
        self.row = row
        model = QStandardItemModel(self._box)
        for choice in row.choices:
            item = QStandardItem(f"{choice.title} ({choice.reason})" if choice.reason else choice.title)
            item.setEnabled(choice.reason is None)
            item.setToolTip(choice.fact)
            model.appendRow(item)
        self._box.setModel(model)
        values = [choice.value for choice in row.choices]
        self._box.setCurrentIndex(values.index(row.value) if row.value in values else -1)
        self._box.setToolTip(row.help)


_SHORT = {"posterior": "posterior", "eps": "ε", "data": "x₁", "v": "v", "score": "score", "velocity": "u", "beta": "β"}


class EnumRow(RowWidget):
    """A few exclusive values side by side."""

    def __init__(self, row: Row) -> None:
        super().__init__(row)
        values = [str(value) for value in row.schema["enum"]]
        order = [value for value in _SHORT if value in values] + [value for value in values if value not in _SHORT]
        self._segments = Segments([(value, _SHORT.get(value, value)) for value in order], row.title)
        self._segments.chosen.connect(self._emit)
        self._line.addWidget(self._segments, 1)
        self.show_value(row)

    def show_value(self, row: Row) -> None:
        self.row = row
        self._segments.set_value(str(row.value))


class NumberRow(RowWidget):
    """A number: a slider where it has two limits, and a field."""

    def __init__(self, row: Row) -> None:
        super().__init__(row)
        low, high = row.schema.get("minimum"), row.schema.get("maximum")
        self._slider: QSlider | None = None
        if low is not None and high is not None and row.field not in ("seed", "n_samples") and high <= 2048:
            self._slider = QSlider(Qt.Orientation.Horizontal)
            self._slider.setRange(0, _STOPS)
            self._slider.setAccessibleName(row.title)
            self._slider.valueChanged.connect(self._slid)
            self._line.addWidget(self._slider, 1)
        self._field = QLineEdit()
        self._field.setAccessibleName(f"{row.title} value")
        self._field.setToolTip(row.help)
        if self._slider is not None:
            self._field.setFixedWidth(_FIELD)
        self._field.editingFinished.connect(self._typed)
        self._line.addWidget(self._field, 0 if self._slider else 1)
        self.show_value(row)

    def add_dice(self, roll: Any, colour: str) -> None:
        """A button that rolls another seed."""
        dice = QToolButton()
        dice.setIcon(icon("dice", colour, 18))
        dice.setAccessibleName("Another seed")
        dice.setToolTip("Another seed")
        dice.clicked.connect(lambda: self._emit(roll()))
        self._line.addWidget(dice)

    def show_value(self, row: Row) -> None:
        self.row = row
        if not self._field.hasFocus() or not self._field.isModified():
            self._field.setText(number(row.value))
        if self._slider is not None and not self._slider.isSliderDown():
            self._slider.blockSignals(True)
            self._slider.setValue(self._stop_of(float(row.value)))
            self._slider.blockSignals(False)

    @property
    def _limits(self) -> tuple[float, float]:
        return float(self.row.schema["minimum"]), float(self.row.schema["maximum"])

    @property
    def _logarithmic(self) -> bool:
        low, high = self._limits
        return low > 0 and high / low >= _LOG_RANGE

    def _stop_of(self, value: float) -> int:
        low, high = self._limits
        place = math.log(value / low) / math.log(high / low) if self._logarithmic else (value - low) / (high - low)
        return round(_STOPS * min(1.0, max(0.0, place)))

    def _slid(self, stop: int) -> None:
        low, high = self._limits
        place = stop / _STOPS
        value: float = low * (high / low) ** place if self._logarithmic else low + place * (high - low)
        rounded = round(value) if self.row.schema.get("type") == "integer" else round(value, 3)
        if rounded != self.row.value:
            self._field.setModified(False)
            self._field.setText(number(rounded))
            self._emit(rounded)

    def _typed(self) -> None:
        if not self._field.isModified():
            return
        value = parse(self.row.schema, self._field.text())
        try:
            check_value(self.row.field, self.row.schema, value)
        except SpecError as error:
            self._mark(True)
            self._refuse(error, value)
            return
        self._field.setModified(False)
        self._mark(False)
        self._emit(value)

    def _emit(self, value: Any) -> None:
        self._mark(False)
        self._field.setModified(False)
        self._field.setText(number(value))
        super()._emit(value)

    def _mark(self, wrong: bool) -> None:
        self._field.setProperty("wrong", wrong)
        style = self._field.style()
        if style is not None:
            style.unpolish(self._field)
            style.polish(self._field)


def widget_for(row: Row) -> RowWidget:
    """The control that suits a row."""
    if row.choices:
        return ChoiceRow(row)
    if "enum" in row.schema:
        return EnumRow(row)
    return NumberRow(row)
