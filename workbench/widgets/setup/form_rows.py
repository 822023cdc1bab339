"""The rows of a form: each edits one field and says what is wrong with it."""

from __future__ import annotations

import html
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QStandardItem, QStandardItemModel
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from core.errors import SpecError
from workbench.model.setup import Row, nearest_allowed
from workbench.painters import fonts
from workbench.painters.fonts import MATHS
from workbench.views.theme import Theme
from workbench.views.words import SHORT
from workbench.widgets.controls import Segments, label
from workbench.widgets.icons import pixmap
from workbench.widgets.setup.choices import REASON, SIDE, ComboBox

LABEL = 92
_SIGN = 14


def number(value: Any) -> str:
    """A number as forms show it: 2,500 and 0.5 and 1e−4."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    if value == 0 or abs(value) >= 1e-3:
        return f"{value:,.10g}".replace("-", "−")
    digits, _, power = f"{value:.4e}".partition("e")
    return f"{float(digits):g}e{int(power)}".replace("-", "−")


class RowWidget(QWidget):
    """A label, a control, and below them a line that appears when something is wrong."""

    changed = pyqtSignal(str, object)

    def __init__(self, row: Row, theme: Theme) -> None:
        super().__init__()
        self.row, self._theme = row, theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self._line = QHBoxLayout()
        self._line.setSpacing(8)
        self._name = label(_rich(row), "t2")
        self._name.setFixedWidth(fonts.px(LABEL))
        self._name.setToolTip(row.help)
        self._line.addWidget(self._name)
        column.addLayout(self._line)
        self._column = column
        self._wrong: _Wrong | None = None

    def retheme(self, theme: Theme) -> None:
        """Other colours; what the style sheet says follows by itself."""
        self._theme = theme
        if self._wrong is not None:
            self._wrong.retheme(theme)

    def show_row(self, row: Row) -> None:
        """Show another state of the same field; where nothing changed, what is wrong stays as it was typed."""
        if row != self.row:
            self.row = row
            self._name.setToolTip(row.help)
            self._clear()
            self._show()

    @property
    def control(self) -> QWidget:
        """What takes the focus."""
        raise NotImplementedError  # abstract

    @property
    def problem(self) -> str:
        """What is wrong with what was typed, or nothing."""
        return self._wrong.words if self._wrong is not None and not self._wrong.isHidden() else ""

    def _show(self) -> None:
        """Put the row's value into the control."""
        raise NotImplementedError  # abstract

    def _clear(self) -> None:
        if self._wrong is not None:
            self._wrong.hide()

    def _emit(self, value: Any) -> None:
        self._clear()
        self.changed.emit(self.row.field, value)
        if self.row.value != value:  # it was refused
            self._show()

    def _refuse(self, error: SpecError, given: Any) -> None:
        if self._wrong is None:  # few rows ever need it
            self._wrong = _Wrong(self._theme)
            self._wrong.mended.connect(self._emit)
            self._column.addWidget(self._wrong)
        self._wrong.say(error.message, nearest_allowed(self.row.schema, given))


class _Wrong(QWidget):
    """What is wrong with what was typed, and a button that puts the nearest allowed value."""

    mended = pyqtSignal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 4)
        line.setSpacing(8)
        self._sign = label("")
        line.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        self._why = label("", "error")
        self._why.setWordWrap(True)
        self._why.setTextFormat(Qt.TextFormat.PlainText)  # it repeats what was typed
        self._mend = QPushButton()
        self._mend.setObjectName("small")
        self._mend.clicked.connect(lambda: self.mended.emit(self._allowed))
        self._allowed: Any = None
        line.addWidget(self._why, 1)
        line.addWidget(self._mend)
        self.retheme(theme)

    @property
    def words(self) -> str:
        return self._why.text()

    def retheme(self, theme: Theme) -> None:
        self._sign.setPixmap(pixmap("warning", theme.methods["error"], _SIGN, self.devicePixelRatioF()))

    def say(self, why: str, allowed: Any) -> None:
        """Show this, with a button where there is an allowed value."""
        self._why.setText(why)
        self._allowed = allowed
        self._mend.setVisible(allowed is not None)
        self._mend.setText(f"Use {number(allowed)}")
        self._mend.setAccessibleName(self._mend.text())
        self.show()


def _rich(row: Row) -> str:
    """The title, its symbol in the formula font."""
    symbol = row.schema.get("symbol")
    if not symbol:
        return html.escape(row.title)
    title = html.escape(row.title.removesuffix(f" {symbol}"))
    return f"{title} <span style='font-family: {MATHS}; font-style: italic'>{html.escape(symbol)}</span>"


class ChoiceRow(RowWidget):
    """A menu with facts beside its entries; those that do not fit say why."""

    def __init__(self, row: Row, theme: Theme) -> None:
        super().__init__(row, theme)
        self._box = ComboBox(theme)
        self._box.setAccessibleName(row.title)
        self._box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._line.addWidget(self._box, 1)
        self._box.activated.connect(self._choose)
        self._show()

    def retheme(self, theme: Theme) -> None:
        super().retheme(theme)
        self._box.theme = theme

    @property
    def control(self) -> QWidget:
        return self._box

    def _choose(self, index: int) -> None:
        if self.row.choices[index].value != self.row.value:
            self._emit(self.row.choices[index].value)

    def _show(self) -> None:
        model = QStandardItemModel(self._box)
        for choice in self.row.choices:
            item = QStandardItem(choice.title)
            item.setEnabled(choice.reason is None)
            item.setData(choice.reason or choice.fact, SIDE)
            item.setData(choice.reason is not None, REASON)
            reason = f", {choice.reason}" if choice.reason else ""
            item.setData(f"{choice.title}{reason}", Qt.ItemDataRole.AccessibleTextRole)
            model.appendRow(item)
        self._box.setModel(model)
        values = [choice.value for choice in self.row.choices]
        self._box.setCurrentIndex(values.index(self.row.value) if self.row.value in values else -1)
        self._box.setToolTip(self.row.help)


class SegmentRow(RowWidget):
    """A few exclusive values side by side; yes or no is off and on."""

    def __init__(self, row: Row, theme: Theme) -> None:
        super().__init__(row, theme)
        options = row.schema.get("enum", (False, True))
        places = [*(value for value in SHORT if value in options), *(v for v in options if v not in SHORT)]
        self._values = {_word(value): value for value in places}
        self._segments = Segments([(word, word) for word in self._values], row.title)
        self._segments.setToolTip(row.help)
        self._segments.chosen.connect(lambda word: self._emit(self._values[word]))
        self._line.addWidget(self._segments, 1)
        self._show()

    @property
    def control(self) -> QWidget:
        chosen = next((each for each in self._segments.findChildren(QPushButton) if each.isChecked()), None)
        return chosen or self._segments

    def _show(self) -> None:
        self._segments.set_value(_word(self.row.value))


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return SHORT.get(value, str(value))
