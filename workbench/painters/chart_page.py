"""A chart as a page of its own, for files: title, what it is, whose curves they are, and the plot as in the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from workbench.painters import fonts
from workbench.painters.keys import HEIGHT, Key, draw_keys
from workbench.painters.paper.page import painting
from workbench.views.chart.charts import Chart
from workbench.views.theme import Theme

_SCALE = 2.0
_MARGIN, _TITLE, _BASELINE, _GAP = 16, 36, 27, 8


@dataclass(frozen=True, eq=False)
class ChartPage:
    """``keys`` are those of all lanes, in their order; shown are those that have a curve. Needs a QApplication."""

    chart: Chart
    keys: Sequence[Key]
    theme: Theme
    size: tuple[int, int] = (960, 540)

    @property
    def title(self) -> str:
        return self.chart.title

    def paint(self, t: float) -> QImage:
        """The page with the cursor at a time, or at a training step."""
        width, height = self.size
        image = QImage(round(_SCALE * width), round(_SCALE * height), QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(_SCALE)
        with painting(image) as painter:
            self.draw(painter, t)
        return image

    def draw(self, painter: QPainter, t: float) -> bool:
        """The same as shapes and text, which a chart always is."""
        from workbench.painters.charts import ChartPlot  # pyqtgraph takes a while to import

        width, height = self.size
        painter.fillRect(QRectF(0, 0, width, height), QColor(self.theme.panel))
        self._draw_title(painter)
        lanes = {curve.lane for curve in self.chart.curves}
        keys = [key for lane, key in enumerate(self.keys) if lane in lanes]
        draw_keys(painter, QRectF(0, _TITLE, width, HEIGHT), keys, self.theme)
        top = _TITLE + HEIGHT + _GAP
        plot = ChartPlot()
        try:
            plot.resize(width - 2 * _MARGIN, height - top - _GAP)
            plot.show_chart(self.chart, self.theme)
            plot.set_cursor(t)
            painter.translate(_MARGIN, top)
            plot.draw(painter)
            painter.translate(-_MARGIN, -top)
        finally:
            plot.deleteLater()
        return True

    def _draw_title(self, painter: QPainter) -> None:
        """With what runs across, where the title does not say it."""
        chart, bold = self.chart, fonts.ui(13, 600)
        over = "" if chart.title.endswith(f"over {chart.over}") else f", over {chart.over}"
        left = QFontMetricsF(bold).horizontalAdvance(chart.title) + _GAP
        for text, font, colour, x in (
            (chart.title, bold, self.theme.t1, 0.0), (chart.what + over, fonts.ui(12), self.theme.t2, left),
        ):  # fmt: skip
            painter.setFont(font)
            painter.setPen(QColor(colour))
            painter.drawText(QPointF(_MARGIN + x, _BASELINE), text)
