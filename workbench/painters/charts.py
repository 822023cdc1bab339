"""The chart painter (pyqtgraph): curves in the methods' colours, a cursor line with the methods' glyphs on it."""

from __future__ import annotations

import math
import sys

import numpy as np
from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PyQt6.QtWidgets import QWidget

from workbench.painters import fonts
from workbench.painters.glyphs import draw_glyph
from workbench.views.charts import Chart, value_at
from workbench.views.theme import Theme

_hook = sys.excepthook
import pyqtgraph as pg  # noqa: E402  # it replaces sys.excepthook when imported, so the old one is kept around it

sys.excepthook = _hook

_LINE = 1.75
_NARROW = 240


class ChartPlot(QWidget):
    """One chart. The plot is painted once into a picture; a moving cursor draws over it and no curve again."""

    def __init__(self) -> None:
        super().__init__()
        self._plot = pg.PlotWidget()
        self._plot.setMenuEnabled(False)
        self._plot.hideButtons()
        self._picture: QPixmap | None = None
        self._chart: Chart | None = None
        self._theme: Theme | None = None
        self._x: float | None = None

    def show_chart(self, chart: Chart, theme: Theme) -> None:
        """Draw the curves; ranges follow the data."""
        self._chart, self._theme, self._picture = chart, theme, None
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
        self.update()

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
        # room at the right for half of the last number
        plot.setXRange(0.0, max(ends, default=1.0) if chart.over_steps else 1.0, padding=0.035)
        heights = [curve.y[np.isfinite(curve.y)] for curve in chart.curves]
        values = np.concatenate([h[h > 0] if chart.log else h for h in heights]) if heights else np.zeros(0)
        if len(values):
            low, high = (np.log10(values.min()), np.log10(values.max())) if chart.log else (0.0, values.max())
            plot.setYRange(low, high if high > low else low + 1.0, padding=0.08)
            plot.getAxis("left").setTicks(_decades(low, high) if chart.log else None)

    def set_cursor(self, x: float | None) -> None:
        self._x = x
        self.update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._picture = None
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        if self._chart is None or self._theme is None:
            return
        if self._picture is None:
            places = (0.0, 0.25, 0.5, 0.75, 1.0) if self.width() > _NARROW else (0.0, 0.5, 1.0)
            ticks = None if self._chart.over_steps else [[(place, f"{place:g}") for place in places]]
            self._plot.getPlotItem().getAxis("bottom").setTicks(ticks)
            self._plot.resize(self.size())
            self._picture = self._plot.grab()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        if self._x is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._draw_cursor(painter, self._chart, self._theme, self._x)

    def _draw_cursor(self, painter: QPainter, chart: Chart, theme: Theme, x: float) -> None:
        """A line across the plot and the method's glyph on each curve; where two meet, the second inside the first."""
        box = self._plot.getPlotItem().getViewBox()
        area = self._plot.mapFromScene(box.sceneBoundingRect()).boundingRect()
        across = self._pixel(x, 0.0).x()
        painter.setPen(QPen(QColor(theme.t1), 1))
        painter.drawLine(QPointF(across, area.top()), QPointF(across, area.bottom()))
        drawn: list[QPointF] = []
        for curve in chart.curves:
            y = value_at(curve, x)
            if y is None or not np.isfinite(y) or (chart.log and y <= 0):
                continue
            point = self._pixel(x, np.log10(y) if chart.log else y)
            close = any(abs(point.y() - other.y()) < 9 for other in drawn)
            halo = 7.0 if close else 13.0
            draw_glyph(painter, curve.method, point, halo, theme.panel)
            draw_glyph(painter, curve.method, point, halo - 3, theme.methods[curve.method])
            drawn.append(point)

    def _pixel(self, x: float, y: float) -> QPointF:
        box = self._plot.getPlotItem().getViewBox()
        return QPointF(self._plot.mapFromScene(box.mapViewToScene(QPointF(x, y))))


def _decades(low: float, high: float) -> list[list[tuple[float, str]]]:
    """Ticks of a logarithmic axis, as (place, label): 1, 2 and 5 of each decade where there are few, else powers."""
    powers = range(math.floor(low), math.ceil(high) + 1)
    factors = (1, 2, 5) if high - low < 1.5 else (1,) if high - low > 3 else (1, 3)
    places = [(math.log10(f) + p, f"{f * 10.0**p:g}") for p in powers for f in factors]
    return [[(place, text) for place, text in places if low - 0.1 <= place <= high + 0.1]]
