"""What the lanes were measured to be: a table of metrics, a column for each lane, and how far measuring is."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFontMetrics, QResizeEvent, QStandardItem, QStandardItemModel
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from core.machine.pace import time_left
from workbench.painters import fonts
from workbench.views.reports import BEST, LEGEND, LaneReport, Line, Table, table
from workbench.views.theme import DARK, GLYPHS, Theme
from workbench.widgets.controls import button, label, ruled
from workbench.widgets.icons import icon

_ROW, _METRIC, _BETTER = 36, 256, 120
"""Height of a row and widths of the first two columns, at scale 1."""
_LANE, _AROUND = (144, 176), 52
"""Width of a lane's column, at least and at most, and what of it sign and margins of its head take."""
_MARGINS = 48
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ReportPage(QWidget):
    """Shows lanes and says what is to be done with their numbers."""

    again = pyqtSignal()
    cancelled = pyqtSignal()
    copied = pyqtSignal()
    save_asked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("win")
        self._theme: Theme = DARK
        self._lanes: tuple[LaneReport, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGINS // 2, 16, _MARGINS // 2, 16)
        column.setSpacing(12)
        column.addLayout(self._head())
        self._captions = self._words("t2")
        column.addWidget(self._captions)
        column.addWidget(self._progress())
        self._model = QStandardItemModel(self)
        self.table = self._table()
        column.addWidget(self.table, 100)
        self._notes = self._words("small")
        column.addWidget(self._notes)
        column.addStretch(1)

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label("Measurements", "lead"))
        row.addStretch(1)
        self._again = button("Measure again", self.again.emit)
        self._copy = button("Copy", self.copied.emit)
        self._copy.setToolTip("The table as text")
        self._save = button("Save…", self.save_asked.emit)
        self._save.setToolTip("As JSON, CSV or text")
        for each in (self._again, self._copy, self._save):
            row.addWidget(each)
        return row

    def _words(self, role: str) -> QLabel:
        words = label("", role)
        words.setWordWrap(True)
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return words

    def _progress(self) -> QWidget:
        self.going = QWidget()
        row = QHBoxLayout(self.going)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        self._what, self._left = label("", "name"), label("", "t2")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(240)
        self._bar.setAccessibleName("Measuring")
        for part in (self._what, self._bar, self._left):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(button("Cancel", self.cancelled.emit))
        self.going.hide()
        return self.going

    def _table(self) -> QTableView:
        table = QTableView()
        table.setModel(self._model)
        _, columns = ruled(table, "Metrics")
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setIconSize(QSize(12, 12))
        columns.setSectionsClickable(False)
        return table

    # --- what is shown -------------------------------------------------------------------------------------------

    def show_lanes(self, lanes: Sequence[LaneReport]) -> None:
        """What is known of each lane."""
        self._lanes = tuple(lanes)
        shown = table(lanes)
        self._model.clear()
        self._model.setHorizontalHeaderLabels(["Metric", "Better", *(head.title for head in shown.heads)])
        self._show_heads(shown)
        for line in shown.lines:
            self._model.appendRow(self._row(line))
        self._fit()
        compared = any(cell.best for line in shown.lines for cell in line.cells)
        known = any(lane.report for lane in lanes)
        self._say(self._captions, shown.captions)
        self._say(self._notes, (*shown.notes, *((LEGEND,) if known else ()), *((f"✓ {BEST}",) if compared else ())))
        for each in (self._copy, self._save):
            each.setEnabled(known)

    def show_progress(self, what: str, done: int, total: int, seconds_left: float | None) -> None:
        """Which lane is measured, how many steps of all lanes are done, and what they will take."""
        self._what.setText(what)
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._left.setText("" if seconds_left is None else time_left(seconds_left))
        self.going.show()
        self._again.setEnabled(False)

    @property
    def progress(self) -> float:
        """The share of all steps that is done."""
        return self._bar.value() / max(1, self._bar.maximum())

    def show_end(self) -> None:
        """Nothing is measured any more."""
        self.going.hide()
        self._again.setEnabled(True)

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self.show_lanes(self._lanes)

    def _say(self, words: QLabel, lines: Sequence[str]) -> None:
        words.setText("\n".join(lines))
        words.setVisible(bool(lines))

    def _show_heads(self, shown: Table) -> None:
        for i, head in enumerate(shown.heads, start=2):
            item = self._model.horizontalHeaderItem(i)
            assert item is not None  # it was named above
            item.setIcon(icon(GLYPHS[head.method], self._theme.methods[head.method], 11))
            item.setTextAlignment(_RIGHT)
            item.setToolTip(head.title)
        for i in (0, 1):
            self._model.horizontalHeaderItem(i).setTextAlignment(_LEFT)  # type: ignore[union-attr]  # named above

    def _row(self, line: Line) -> list[QStandardItem]:
        title, better = QStandardItem(line.title), QStandardItem(line.better)
        title.setToolTip(line.title)
        better.setForeground(QColor(self._theme.t2))
        items = [title, better]
        for cell in line.cells:
            item = QStandardItem(cell.text)
            item.setTextAlignment(_RIGHT)
            item.setToolTip(cell.text)
            item.setFont(fonts.ui(13, 600 if cell.best else 400))
            if cell.best:
                item.setIcon(icon("check", self._theme.t1, 12))
                item.setData(f"{cell.text}, the best", Qt.ItemDataRole.AccessibleTextRole)
            items.append(item)
        return items

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._fit()

    def _fit(self) -> None:
        """The table as large as what it holds: numbers that are compared stand close together."""
        rows, columns = self.table.verticalHeader(), self.table.horizontalHeader()
        assert rows is not None  # every table has both
        assert columns is not None
        n = self._model.columnCount() - 2
        if n < 1:
            return
        edges, first = 2 * self.table.frameWidth(), (fonts.px(_METRIC), fonts.px(_BETTER))
        least, most = map(fonts.px, _LANE)
        each = max(least, min(most, (self.width() - _MARGINS - edges - sum(first)) // n))
        for i, width in enumerate((*first, *(each,) * n)):
            columns.resizeSection(i, width)
        words = QFontMetrics(fonts.ui(12, 600))
        for i in range(2, 2 + n):
            item = self._model.horizontalHeaderItem(i)
            assert item is not None  # every column has one
            room = each - fonts.px(_AROUND)
            item.setText(words.elidedText(item.toolTip(), Qt.TextElideMode.ElideRight, room))
        rows.setDefaultSectionSize(fonts.px(_ROW))
        self.table.setMaximumWidth(columns.length() + edges)
        bar = self.table.horizontalScrollBar()
        assert bar is not None  # every table has one
        below = bar.sizeHint().height() if columns.length() + edges > self.width() - _MARGINS else 0
        self.table.setMaximumHeight(columns.sizeHint().height() + rows.length() + edges + below)
