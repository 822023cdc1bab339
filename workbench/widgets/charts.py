"""Charts, linked to the cursor: a strip of them below the lanes, and a page of rows. Each title is a menu of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QActionGroup
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from workbench.painters.keys import Key
from workbench.views.chart.chart_table import TABLE
from workbench.views.chart.charts import Chart, stroke
from workbench.views.theme import DARK, Theme
from workbench.widgets.chip import TitleMenu
from workbench.widgets.controls import Elided, hairline
from workbench.widgets.legend import Legend

HEIGHT = 160
MOST, ROWS = 3, 2
"""Charts of a row, and rows of the page."""
_ANY = 16_777_215
"""Qt's word for no limit."""


class ChartsStrip(QWidget):
    """Up to three charts side by side on one card."""

    chosen = pyqtSignal(int, str)
    """Another chart is wanted in a place."""
    save_asked = pyqtSignal(object, float)
    """This chart is to be saved, with the cursor at a time or training step."""

    def __init__(self, *, tall: bool = False) -> None:
        """``tall``: as high as there is room for."""
        super().__init__()
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        if not tall:
            self.setFixedHeight(HEIGHT)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(1, 1, 1, 1)
        self._row.setSpacing(0)
        self._cells: list[_Cell] = []
        self._charts: list[Chart] = []
        self._theme: Theme = DARK
        self._t, self._step = 0.0, 0.0

    def set_charts(self, charts: Sequence[Chart], theme: Theme) -> None:
        """Show these."""
        for show in self.showing(charts, theme):
            show()

    def showing(self, charts: Sequence[Chart], theme: Theme) -> list[Callable[[], None]]:
        """What draws these when it is called, one after the other: each takes most of a frame."""
        self._charts, self._theme = list(charts[:MOST]), theme
        while len(self._cells) < len(self._charts):
            self._add_cell(len(self._cells))
        for i, cell in enumerate(self._cells):
            cell.setVisible(i < len(self._charts))
            if i < len(self._charts):
                cell.show_chart(self._charts[i], theme)
            else:
                cell.plot.clear()
        self._move()
        seen = self._cells[: len(self._charts)]
        return [call for cell in seen for call in (cell.plot.make, cell.draw)]

    def _add_cell(self, place: int) -> None:
        cell = _Cell(place)
        cell.chosen.connect(lambda key: self.chosen.emit(place, key))
        cell.save_asked.connect(lambda: self._ask_save(self._charts[place]))
        self._cells.append(cell)
        self._row.addWidget(cell, 1)

    def set_cursor(self, t: float) -> None:
        self._t = t
        self._move()

    def set_step(self, step: float) -> None:
        """The training step whose weights are shown."""
        self._step = step
        self._move()

    def _move(self) -> None:
        for chart, cell in zip(self._charts, self._cells, strict=False):
            cell.plot.set_cursor(self._cursor(chart))

    def _cursor(self, chart: Chart) -> float:
        return self._step if chart.over_steps else self._t

    def _ask_save(self, chart: Chart) -> None:
        self.save_asked.emit(chart, self._cursor(chart))


class ChartsPage(QWidget):
    """Two rows of charts in the place of the lanes."""

    chosen = pyqtSignal(int, str)
    """Another chart is wanted in a place."""
    save_asked = pyqtSignal(object, float)
    """As of the strip."""

    def __init__(self) -> None:
        super().__init__()
        self._legend = Legend()
        self._rows = tuple(ChartsStrip(tall=True) for _ in range(ROWS))
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self._legend)
        for i, row in enumerate(self._rows):
            column.addWidget(row, 1)
            row.chosen.connect(lambda place, key, first=i * MOST: self.chosen.emit(first + place, key))
            row.save_asked.connect(self.save_asked)

    def showing(self, charts: Sequence[Chart], keys: Sequence[Key], theme: Theme) -> list[Callable[[], None]]:
        """As `ChartsStrip.showing`; ``keys`` say which lane is which curve: here no header does."""
        self._legend.show_keys(keys, theme)
        rows = (row.showing(charts[i * MOST : (i + 1) * MOST], theme) for i, row in enumerate(self._rows))
        return [show for row in rows for show in row]

    def set_cursor(self, t: float) -> None:
        for row in self._rows:
            row.set_cursor(t)

    def set_step(self, step: float) -> None:
        for row in self._rows:
            row.set_step(step)


class _Cell(QWidget):
    """Title and what it is on one line, the plot below, a hairline to the chart on the left."""

    chosen = pyqtSignal(str)
    save_asked = pyqtSignal()

    def __init__(self, place: int) -> None:
        from workbench.painters.charts import ChartPlot

        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # all charts equally wide
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        if place:
            line = hairline()
            line.setFixedWidth(1)
            line.setMaximumHeight(_ANY)
            row.addWidget(line)
        column = QVBoxLayout()
        column.setContentsMargins(16, 10, 8, 6)
        column.setSpacing(6)
        row.addLayout(column, 1)
        head = QHBoxLayout()
        head.setSpacing(8)
        self._title, self._what = TitleMenu("Chart", self._menu()), Elided()
        self._what.setObjectName("small")
        self._what.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        head.addWidget(self._title)
        head.addWidget(self._what, 1)
        column.addLayout(head)
        self.plot = ChartPlot(place)
        self.plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        column.addWidget(self.plot, 1)
        place_kept = self.plot.sizePolicy()
        place_kept.setRetainSizeWhenHidden(True)
        self.plot.setSizePolicy(place_kept)
        self.plot.hide()  # until it has something to show

    def _menu(self) -> QMenu:
        menu, group = QMenu(self), QActionGroup(self)
        self._actions = {key: menu.addAction(kind.title) for key, kind in TABLE.items()}
        for key, action in self._actions.items():
            assert action is not None  # Qt made it
            action.setCheckable(True)
            action.setActionGroup(group)
            action.triggered.connect(lambda _=False, k=key: self.chosen.emit(k))
        menu.addSeparator()
        self._save = menu.addAction("Save chart…")
        assert self._save is not None  # Qt made it
        self._save.triggered.connect(lambda: self.save_asked.emit())
        return menu

    def show_chart(self, chart: Chart, theme: Theme) -> None:
        action = self._actions[chart.key]
        assert action is not None  # Qt made it
        action.setChecked(True)
        assert self._save is not None  # Qt made it
        self._save.setEnabled(bool(chart.curves))
        self._title.show_title(chart.title, theme)
        over = "" if chart.over_steps or chart.axis.kind == "t" else f", over {chart.over}"
        self._what.setText(chart.what + over)
        self.plot.show_chart(chart, theme, drawn_later=True)
        # a small chart has no room for names
        self.setToolTip("\n".join(f"{each.name}: {stroke(each.variant)}" for each in chart.curves if each.name))

    def draw(self) -> None:
        self.plot.show()
        self.plot.prepare()
