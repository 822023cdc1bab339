"""All recorded runs: search, sort, open, compare, rename, move to the bin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PyQt6.QtCore import QItemSelectionModel, QModelIndex, QSize, QSortFilterProxyModel, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QResizeEvent, QShowEvent, QStandardItem, QStandardItemModel
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.model.library import Run
from workbench.model.recents import size_words, when_words
from workbench.painters import fonts
from workbench.views.theme import DARK, GLYPHS, Theme
from workbench.widgets.controls import button, label, ruled
from workbench.widgets.icons import icon

_NUMBERS, _RIGHT = (2, 3, 5), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
"""Columns of numbers, and how they stand."""
COLUMNS = ("Name", "Data set", "Steps", "Last loss", "Status", "Size", "When")
_WIDTHS = (150, 88, 104, 104, 96, 160)
"""Of all columns but the name, at scale 1."""
_NAMES = 230
"""Of the column of names, at least."""
_ROW = 44
_RUN, _SORT = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_WHOLE_ROW = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
MOST_COMPARED = 3


class RunsPage(QWidget):
    """Shows runs and says what is to be done with them."""

    opened = pyqtSignal(list)
    """Runs, as lanes beside each other."""
    renamed = pyqtSignal(object, str)
    thrown = pyqtSignal(list)
    shown = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("win")
        self._theme: Theme = DARK
        self._filling = False
        self._shown: list[Run] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(12)
        column.addLayout(self._head())
        self._model = QStandardItemModel(0, len(COLUMNS), self)
        self._model.setHorizontalHeaderLabels(COLUMNS)
        for i in _NUMBERS:
            self._model.horizontalHeaderItem(i).setTextAlignment(_RIGHT)  # type: ignore[union-attr]
        self._model.itemChanged.connect(self._edited)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._model)
        self._sorted.setSortRole(_SORT)
        self._sorted.setFilterKeyColumn(-1)
        self._sorted.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._stack = QStackedLayout()
        self.table = self._table()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self._nothing())
        column.addLayout(self._stack, 1)
        self._show_buttons()

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label("Runs", "lead"))
        row.addStretch(1)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search runs")
        self.search.setAccessibleName("Search runs")
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(240)
        self.search.textChanged.connect(self._filter)
        row.addWidget(self.search)
        self.open = button("Open", lambda: self.opened.emit(self.chosen))
        self.compare = button("Compare", lambda: self.opened.emit(self.chosen))
        self.compare.setToolTip("Both runs, or three, as lanes beside each other")
        self.rename = button("Rename", lambda: self.table.edit(self._name_index()))
        self.throw = button("Move to bin", lambda: self.thrown.emit(self.chosen))
        for each in (self.open, self.compare, self.rename, self.throw):
            row.addWidget(each)
        return row

    def _table(self) -> _Table:
        table = _Table(self)
        table.setModel(self._sorted)
        rows, columns = ruled(table, "Runs")
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        table.setSortingEnabled(True)
        table.setIconSize(QSize(11, 11))
        rows.setDefaultSectionSize(_ROW)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for i, width in enumerate(_WIDTHS, start=1):
            columns.resizeSection(i, fonts.px(width))
        table.sortByColumn(len(COLUMNS) - 1, Qt.SortOrder.DescendingOrder)
        table.doubleClicked.connect(lambda _: self.opened.emit(self.chosen))
        selection = table.selectionModel()
        assert selection is not None  # it has a model
        selection.selectionChanged.connect(self._show_buttons)
        return table

    def _nothing(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.addStretch(1)
        self._words = [label("", "name"), label("", "small")]
        for each in self._words:
            each.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(each)
        column.addStretch(2)
        return page

    # --- what is shown -------------------------------------------------------------------------------------------

    def show_runs(self, runs: Sequence[Run]) -> None:
        """Show these runs; a name that is being written stays open where they are those that are shown."""
        same, self._shown = list(runs) == self._shown, list(runs)
        if same and self.table.editing:
            return
        self._filling = True
        kept = {run.place for run in self.chosen}
        self._model.setRowCount(0)
        for run in runs:
            self._model.appendRow(self._row(run))
        self._filling = False
        selection = self.table.selectionModel()
        assert selection is not None  # the table has a model
        for row in range(self._sorted.rowCount()):
            index = self._sorted.index(row, 0)
            if index.data(_RUN).place in kept:
                selection.setCurrentIndex(index, _WHOLE_ROW)  # selectRow would let go of the others
        self._filter(self.search.text())

    def _row(self, run: Run) -> list[QStandardItem]:
        words: list[tuple[str, Any]] = [
            (run.name, run.name.casefold()),
            (run.data, run.data.casefold()),
            (f"{run.steps:,}" if run.steps else "", run.steps),
            ("" if run.loss is None else f"{run.loss:.4f}", -1.0 if run.loss is None else run.loss),
            (run.status, run.status),
            (size_words(run.n_bytes), run.n_bytes),
            (when_words(run.when), run.when.timestamp()),
        ]
        items: list[QStandardItem] = []
        for text, order in words:
            item = QStandardItem(text)
            item.setData(order, _SORT)
            item.setData(run, _RUN)
            item.setEditable(not items)
            if len(items) in _NUMBERS:
                item.setTextAlignment(_RIGHT)
            items.append(item)
        items[0].setIcon(icon(GLYPHS[run.method], self._theme.methods[run.method], 11))
        items[0].setToolTip(str(run.place))
        return items

    @property
    def chosen(self) -> list[Run]:
        """The selected runs in the order of the table."""
        selection = self.table.selectionModel() if hasattr(self, "table") else None
        rows = selection.selectedRows() if selection is not None else []
        return [index.data(_RUN) for index in sorted(rows, key=lambda index: index.row())]

    @property
    def names(self) -> list[str]:
        """The names as they are shown, from above."""
        return [str(self._sorted.index(row, 0).data()) for row in range(self._sorted.rowCount())]

    def _filter(self, text: str) -> None:
        self._sorted.setFilterFixedString(text)
        if self._model.rowCount() and not self._sorted.rowCount():
            words = (f"No run answers “{text}”", "Names, data sets and states are searched")
        else:
            words = ("No runs yet", "What you train is kept here")
        for each, line in zip(self._words, words, strict=True):
            each.setText(line)
        self._stack.setCurrentIndex(0 if self._sorted.rowCount() else 1)
        self._show_buttons()

    def _show_buttons(self) -> None:
        n = len(self.chosen)
        self.open.setEnabled(n == 1)
        self.compare.setEnabled(2 <= n <= MOST_COMPARED)
        self.rename.setEnabled(n == 1)
        self.throw.setEnabled(n > 0)

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self._filling = True
        for row in range(self._model.rowCount()):
            item = self._model.item(row, 0)
            if item is not None:
                method = item.data(_RUN).method
                item.setIcon(icon(GLYPHS[method], theme.methods[method], 11))
        self._filling = False

    # --- what is done --------------------------------------------------------------------------------------------

    def _name_index(self) -> QModelIndex:
        selection = self.table.selectionModel()
        assert selection is not None  # the table has a model
        return selection.selectedRows()[0]

    def _edited(self, item: QStandardItem) -> None:
        if not self._filling and item.column() == 0 and item.text() != item.data(_RUN).name:
            self.renamed.emit(item.data(_RUN), item.text())

    def showEvent(self, event: QShowEvent | None) -> None:
        self.shown.emit()


class _Table(QTableView):
    """Enter opens, Delete throws away."""

    def __init__(self, page: RunsPage) -> None:
        super().__init__()
        self._page = page

    @property
    def editing(self) -> bool:
        """Whether a name is being written."""
        return self.state() == QAbstractItemView.State.EditingState

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Names take what the others leave, and in a narrow window enough to be told apart: the rest is scrolled to."""
        columns, inside = self.horizontalHeader(), self.viewport()
        assert columns is not None  # every table has both
        assert inside is not None
        others = sum(columns.sectionSize(i) for i in range(1, columns.count()))
        columns.resizeSection(0, max(fonts.px(_NAMES), inside.width() - others))
        super().resizeEvent(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and not self.editing and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._page.opened.emit(self._page.chosen)
        elif event is not None and not self.editing and event.key() == Qt.Key.Key_Delete:
            self._page.thrown.emit(self._page.chosen)
        else:
            super().keyPressEvent(event)
