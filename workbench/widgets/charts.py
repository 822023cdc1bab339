"""The strip of charts below the lanes, linked to the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from workbench.views.charts import Chart
from workbench.views.theme import DARK, Theme
from workbench.widgets.controls import label

if TYPE_CHECKING:
    from workbench.painters.charts import ChartPlot

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
        self._row.setContentsMargins(12, 8, 12, 4)
        self._row.setSpacing(16)
        self._cells: list[tuple[QWidget, QLabel, QLabel, ChartPlot]] = []
        self._charts: list[Chart] = []
        self._theme: Theme = DARK
        self._t, self._step = 0.0, 0.0

    def set_charts(self, charts: Sequence[Chart], theme: Theme) -> None:
        """Show these; pyqtgraph is imported at the first call, when the window is already up."""
        self._charts, self._theme = list(charts[:_MOST]), theme
        while len(self._cells) < len(self._charts):
            self._add_cell()
        for i, (cell, title, what, plot) in enumerate(self._cells):
            cell.setVisible(i < len(self._charts))
            if i < len(self._charts):
                title.setText(self._charts[i].title)
                what.setText(self._charts[i].what)
                plot.show_chart(self._charts[i], theme)
        self._move()

    def set_cursor(self, t: float) -> None:
        self._t = t
        self._move()

    def set_step(self, step: float) -> None:
        """The training step whose weights are shown."""
        self._step = step
        self._move()

    def _move(self) -> None:
        for chart, (_, _, _, plot) in zip(self._charts, self._cells, strict=False):
            plot.set_cursor(self._step if chart.over_steps else self._t)

    def _add_cell(self) -> None:
        from workbench.painters.charts import ChartPlot

        cell = QWidget()
        cell.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # all charts equally wide
        column = QVBoxLayout(cell)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        head = QHBoxLayout()
        title, what = label("", "name"), label("", "small")
        title.setStyleSheet("font-size: 12px; font-weight: 600;")
        head.addWidget(title)
        head.addSpacing(4)
        head.addWidget(what)
        head.addStretch(1)
        column.addLayout(head)
        plot = ChartPlot()
        column.addWidget(plot, 1)
        self._row.addWidget(cell, 1)
        plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._cells.append((cell, title, what, plot))
