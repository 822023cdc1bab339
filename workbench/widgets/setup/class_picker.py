"""Chips for the classes of a data set: one of each, any, or one class for all images."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QPoint, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QLayout, QLayoutItem, QWidget

from workbench.views.theme import Theme
from workbench.widgets.chip import Chip

_GAP = 6


class FlowLayout(QLayout):
    """Items from left to right in as many lines as they need."""

    def __init__(self) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem | None) -> None:
        if item is not None:
            self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._lay_out(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._lay_out(rect, move=True)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        sizes = [item.sizeHint() for item in self._items]
        return QSize(max((s.width() for s in sizes), default=0), max((s.height() for s in sizes), default=0))

    def _lay_out(self, rect: QRect, *, move: bool) -> int:
        x, y, line = rect.x(), rect.y(), 0
        for item in self._items:
            size = item.sizeHint()
            if x > rect.x() and x + size.width() > rect.right() + 1:
                x, y, line = rect.x(), y + line + _GAP, 0
            if move:
                item.setGeometry(QRect(QPoint(x, y), size))
            x, line = x + size.width() + _GAP, max(line, size.height())
        return y + line - rect.y()


class ClassPicker(QWidget):
    """Exclusive chips; ``chosen`` says a spec's label."""

    chosen = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._flow = FlowLayout()
        self.setLayout(self._flow)
        self._names: tuple[str, ...] = ()
        self.chips: dict[str, Chip] = {}

    def show_classes(self, names: Sequence[str], label: str, theme: Theme) -> None:
        """The classes of a data set, and the one that is asked for."""
        if tuple(names) != self._names:
            self._rebuild(tuple(names))
        for value, chip in self.chips.items():
            chip.setChecked(value == label)
            chip.retheme(theme)

    def _rebuild(self, names: tuple[str, ...]) -> None:
        self._names = names
        for chip in self.chips.values():
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        choices = [("One of each", ",".join(names)), ("Any", ""), *((name, name) for name in names)]
        self.chips = {}
        for text, value in choices:
            chip = Chip(f"Class: {text}", text)
            chip.setCheckable(True)
            chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            chip.clicked.connect(lambda _=False, v=value: self._choose(v))
            self._flow.addWidget(chip)
            self.chips[value] = chip
        self.updateGeometry()

    def _choose(self, value: str) -> None:
        for other, chip in self.chips.items():
            chip.setChecked(other == value)
        self.chosen.emit(value)
