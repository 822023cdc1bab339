"""The chart painter (pyqtgraph): curves in the methods' colours, a cursor line with the methods' glyphs on it."""

from __future__ import annotations

import sys

import numpy as np
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from workbench.painters import fonts
from workbench.painters.glyphs import draw_glyph
from workbench.views.charts import Chart, value_at
from workbench.views.theme import Theme

_hook = sys.excepthook
import pyqtgraph as pg  # noqa: E402  # it replaces sys.excepthook when imported, so the old one is kept around it

sys.excepthook = _hook

_LINE = 1.75


class ChartPlot(QWidget):
    """One chart: the plot and, above it as a transparent child, the cursor."""

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._plot = pg.PlotWidget()
        self._plot.setMenuEnabled(False)
        self._plot.setMouseEnabled(False, False)
        self._plot.hideButtons()
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column.addWidget(self._plot)
        self._cursor = _Cursor(self, self._plot)
        self._chart: Chart | None = None

    def show_chart(self, chart: Chart, theme: Theme) -> None:
        """Draw the curves; ranges follow the data."""
        self._chart = chart
        plot = self._plot.getPlotItem()
        plot.clear()
        self._plot.setBackground(theme.panel)
        plot.setLogMode(False, chart.log)
        plot.showGrid(x=True, y=True, alpha=0.12)
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            axis.setPen(pg.mkPen(theme.line))
            axis.setTextPen(pg.mkPen(theme.t2))
            axis.setStyle(tickFont=fonts.ui(12), tickLength=0, autoExpandTextSpace=False, tickTextWidth=34)
        plot.getAxis("left").setWidth(44)
        plot.getAxis("bottom").setHeight(22)
        self._draw(chart, theme)
        self._cursor.show_chart(chart, theme)

    def _draw(self, chart: Chart, theme: Theme) -> None:
        plot = self._plot.getPlotItem()
        for curve in chart.curves:
            colour = QColor(theme.methods[curve.method])
            if curve.raw is not None:
                faint = QColor(colour)
                faint.setAlphaF(0.25)
                plot.plot(curve.x, curve.raw, pen=pg.mkPen(faint, width=1))
            plot.plot(curve.x, curve.y, pen=pg.mkPen(colour, width=_LINE), antialias=True)
        ends = [curve.x[-1] for curve in chart.curves if len(curve.x)]
        plot.setXRange(0.0, max(ends, default=1.0) if chart.over_steps else 1.0, padding=0.02)
        heights = [curve.y[np.isfinite(curve.y)] for curve in chart.curves]
        values = np.concatenate([h[h > 0] if chart.log else h for h in heights]) if heights else np.zeros(0)
        if len(values):
            low, high = (np.log10(values.min()), np.log10(values.max())) if chart.log else (0.0, values.max())
            plot.setYRange(low, high if high > low else low + 1.0, padding=0.08)

    def set_cursor(self, x: float | None) -> None:
        self._cursor.move_to(x)


class _Cursor(QWidget):
    """A line across the plot and a glyph on each curve. It lies over the plot: moving it draws no curve again."""

    def __init__(self, parent: QWidget, plot: pg.PlotWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._plot = plot
        self._chart: Chart | None = None
        self._theme: Theme | None = None
        self._x: float | None = None

    def show_chart(self, chart: Chart, theme: Theme) -> None:
        self._chart, self._theme = chart, theme
        self.raise_()
        self.update()

    def move_to(self, x: float | None) -> None:
        self._x = x
        self.setGeometry(self._plot.geometry())
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        if self._chart is None or self._theme is None or self._x is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = self._plot.getPlotItem().getViewBox()
        area = self._plot.mapFromScene(box.sceneBoundingRect()).boundingRect()
        x = self._pixel(self._x, 0.0).x()
        painter.setPen(QPen(QColor(self._theme.t1), 1))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        drawn: list[QPointF] = []
        for curve in self._chart.curves:
            y = value_at(curve, self._x)
            if y is None or not np.isfinite(y) or (self._chart.log and y <= 0):
                continue
            point = self._pixel(self._x, np.log10(y) if self._chart.log else y)
            close = any(abs(point.y() - other.y()) < 9 for other in drawn)
            halo = 7.0 if close else 13.0
            draw_glyph(painter, curve.method, point, halo, self._theme.panel)
            draw_glyph(painter, curve.method, point, halo - 3, self._theme.methods[curve.method])
            drawn.append(point)

    def _pixel(self, x: float, y: float) -> QPointF:
        box = self._plot.getPlotItem().getViewBox()
        return QPointF(self._plot.mapFromScene(box.mapViewToScene(QPointF(x, y))))
