"""The strip of charts below the lanes, linked to the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from workbench.views.charts import Chart
from workbench.views.theme import DARK, Theme
from workbench.widgets.controls import hairline, label

HEIGHT = 160
_MOST = 3


class ChartsStrip(QWidget):
    """Up to three charts side by side on one card."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(1, 1, 1, 1)
        self._row.setSpacing(0)
        self._cells: list[_Cell] = []
        self._charts: list[Chart] = []
        self._theme: Theme = DARK
        self._t, self._step = 0.0, 0.0

    def set_charts(self, charts: Sequence[Chart], theme: Theme) -> None:
        """Show these; pyqtgraph is imported at the first call, when the window is already up."""
        self._charts, self._theme = list(charts[:_MOST]), theme
        while len(self._cells) < len(self._charts):
            self._cells.append(_Cell(divided=bool(self._cells)))
            self._row.addWidget(self._cells[-1], 1)
        for i, cell in enumerate(self._cells):
            cell.setVisible(i < len(self._charts))
            if i < len(self._charts):
                cell.show_chart(self._charts[i], theme)
        self._move()

    def set_cursor(self, t: float) -> None:
        self._t = t
        self._move()

    def set_step(self, step: float) -> None:
        """The training step whose weights are shown."""
        self._step = step
        self._move()

    def _move(self) -> None:
        for chart, cell in zip(self._charts, self._cells, strict=False):
            cell.plot.set_cursor(self._step if chart.over_steps else self._t)


class _Cell(QWidget):
    """Title and what it is on one line, the plot below, a hairline to the chart on the left."""

    def __init__(self, *, divided: bool) -> None:
        from workbench.painters.charts import ChartPlot

        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # all charts equally wide
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        if divided:
            line = hairline()
            line.setFixedSize(1, HEIGHT - 2)
            row.addWidget(line)
        column = QVBoxLayout()
        column.setContentsMargins(16, 10, 8, 6)
        column.setSpacing(6)
        row.addLayout(column, 1)
        head = QHBoxLayout()
        head.setSpacing(8)
        self._title, self._what = label("", "name"), label("", "small")
        self._title.setStyleSheet("font-size: 12px; font-weight: 600;")
        head.addWidget(self._title)
        head.addWidget(self._what, 1)
        column.addLayout(head)
        self.plot = ChartPlot()
        self.plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        column.addWidget(self.plot, 1)

    def show_chart(self, chart: Chart, theme: Theme) -> None:
        self._title.setText(chart.title)
        self._what.setText(chart.what)
        self.plot.show_chart(chart, theme)
