"""The chart painter (pyqtgraph): curves in the methods' colours, a cursor line with the methods' glyphs on it."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

import numpy as np
from PyQt6.QtCore import QPointF, QRect, QRectF, Qt, QTimer
from PyQt6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QResizeEvent
from PyQt6.QtWidgets import QWidget

from workbench.painters import fonts
from workbench.painters.glyphs import draw_glyph
from workbench.views.chart.charts import LINE, Chart, dashes, value_at
from workbench.views.marks import Method
from workbench.views.theme import Theme

_hook = sys.excepthook
import pyqtgraph as pg  # noqa: E402  # it replaces sys.excepthook when imported, so the old one is kept around it

sys.excepthook = _hook

_LEFT, _NARROW = 40, 192
_PADDING = 0.1
"""Above and below the curves, in parts of their range."""
_THIN, _FAINT = 1.25, 0.7
"""Pixels and opacity of a lane's second curve."""
_DOT, _DOTS = 4, 60
"""Pixels of the dots on it, and how many of them stand apart."""
_APART, _NEAR = 14, 9
"""Pixels between names at the curves' ends, and between glyphs that would hide each other."""
_BESIDE, _KEPT, _KEPT_SHARE = 12, 120, 2 / 3
"""Pixels from a curve's end to its name beside it, and what the curves keep beside names: pixels, or a share of few."""
_MOST_COVERED = 0.5
"""Of a plot's height, by names that lie on it."""
_HALO = 4
_REST_MS, _APART_MS = 80, 20
"""From the last change of size to the picture of that size, and from one chart's to the next one's."""
_HOLE: Method = "diffusion"
"""The method whose glyph, a disc, is cut out of the larger one for the glyph inside it."""


class ChartPlot(QWidget):
    """One chart. The plot is painted once into a picture; a moving cursor draws over it and no curve again."""

    def __init__(self, place: int = 0) -> None:
        """``place`` among others beside it: when all of them have another size, they are painted one by one."""
        super().__init__()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS + _APART_MS * place)
        self._rest.timeout.connect(self._rested)
        self._plot: pg.PlotWidget = None  # made with the first chart: it takes most of a frame
        self._picture: QPixmap | None = None
        self._fits = False
        """Whether the picture is of the present chart and size."""
        self._awaited = False
        """Whether it is going to be painted in a turn of its own."""
        self._chart: Chart | None = None
        self._theme: Theme | None = None
        self._drawn: tuple[Chart, Theme, float, float] | None = None
        """Whose curves the plot holds: those of a chart in a theme, for a device and a scale of type."""
        self._x: float | None = None
        self._inside = False
        """Whether names lie on the plot, so that it is not squeezed."""

    def show_chart(self, chart: Chart, theme: Theme, *, drawn_later: bool = False) -> None:
        """Draw this from now on; heights follow the data. ``drawn_later``: with `prepare`, unless Qt asks before."""
        self._chart, self._theme, self._fits, self._awaited = chart, theme, False, drawn_later
        if not drawn_later:
            self.update()

    def clear(self) -> None:
        """Draw nothing until there is another chart."""
        self._chart = self._picture = None

    def make(self) -> None:
        """Make the plot that the picture is taken of, which takes most of a frame."""
        if self._plot is None:
            self._plot = pg.PlotWidget(self, enableMenu=False)
            self._plot.hide()
            self._plot.hideButtons()

    def prepare(self) -> None:
        """Paint the picture now, and not only when the plot is painted: others are painted then, too."""
        if self._picture is not None or self.isVisible():  # else its size is not known yet
            self._paint_picture()
            self.update()

    def _paint_picture(self) -> None:
        self._awaited, ratio = False, self.devicePixelRatioF()
        if self._chart is None or self._theme is None:
            return
        if not self._fits or self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._lay_out(self._chart, self._theme, ratio)
            self._picture, self._fits = self._plot.grab(), True

    def _lay_out(self, chart: Chart, theme: Theme, ratio: float) -> None:
        """Axes, grid and curves at the present size, for a device of ``ratio`` pixels to a logical one."""
        self.make()
        plot, wanted = self._plot.getPlotItem(), (chart, theme, ratio, fonts.px(100))
        if self._drawn != wanted:
            self._draw_plot(chart, theme, ratio)
            self._drawn = wanted
        right = self._right(chart)
        plot.layout.setContentsMargins(0, 4, right, 0)
        self._plot.resize(self.size())
        self._scale(chart, self.width() - _LEFT - right)
        plot.layout.activate()

    def _draw_plot(self, chart: Chart, theme: Theme, ratio: float) -> None:
        """All that has one look at every size."""
        plot = self._plot.getPlotItem()
        plot.clear()
        self._plot.setBackground(theme.panel)
        plot.setLogMode(False, chart.log)
        plot.showGrid(x=True, y=True, alpha=1.0)
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            axis.setPen(pg.mkPen(None))
            axis.setTickPen(QColor.fromRgbF(*theme.grid[:3]))
            axis.setTextPen(pg.mkPen(theme.t2))
            axis.setStyle(
                tickFont=fonts.ui(12), tickLength=0, tickAlpha=round(255 * theme.grid[3]),
                autoExpandTextSpace=False, tickTextWidth=34, hideOverlappingLabels=False,
            )  # fmt: skip
        plot.getAxis("left").setWidth(_LEFT)
        plot.getAxis("bottom").setHeight(20)
        self._draw_curves(chart, theme, ratio)

    def _right(self, chart: Chart) -> int:
        """Pixels right of the curves: of their names, or next to none where there are none or they must lie inside.

        Which of these it is, it remembers for whoever draws the names.
        """
        names = [curve.name for curve in chart.curves if curve.name]
        widest = max((QFontMetrics(fonts.ui(12)).horizontalAdvance(name) for name in names), default=0)
        whole = self.width() - _LEFT
        self._inside = bool(names) and whole - _BESIDE - widest < min(_KEPT, _KEPT_SHARE * whole)
        return _BESIDE + widest if names and not self._inside else 8

    def _draw_curves(self, chart: Chart, theme: Theme, ratio: float) -> None:
        plot = self._plot.getPlotItem()  # its pens count the device's pixels
        for curve in chart.curves:
            colour = QColor(theme.methods[curve.method])
            if curve.raw is not None:
                faint = QColor(colour)
                faint.setAlphaF(0.25)
                raw = np.clip(curve.raw, *_seen(chart))  # nothing cuts it in a file
                plot.plot(curve.x, raw, pen=pg.mkPen(faint, width=ratio))
            width = LINE
            if curve.second:
                width = _THIN
                colour.setAlphaF(_FAINT)
            pen = pg.mkPen(colour, width=width * ratio)
            if dash := dashes(curve.variant, width):
                pen.setDashPattern(dash)
            plot.plot(curve.x, curve.y, pen=pen, antialias=True)

    def _scale(self, chart: Chart, room: int) -> None:
        """Ranges and ticks; fewer numbers where there is little room, and room for half a number at either end."""
        plot = self._plot.getPlotItem()
        few = room <= _NARROW
        ticks = list(chart.axis.ticks()[:: 2 if few else 1])
        if chart.over_steps or chart.axis.kind == "t":
            ticks = [(x, label(x)) for x in steps(0.0, chart.end, least=2 if few else 4)]
        plot.getAxis("bottom").setTicks([ticks])
        last = max((QFontMetrics(fonts.ui(12)).horizontalAdvance(text) for _, text in ticks[-1:]), default=0)
        plot.setXRange(0.0, chart.end, padding=(last / 2 + 3) / max(1, room - 12))
        low, high = _heights(chart)
        plot.setYRange(low, high, padding=_PADDING)
        plot.getAxis("left").setTicks([decades(low, high) if chart.log else [(y, label(y)) for y in steps(low, high)]])

    def set_cursor(self, x: float | None) -> None:
        if x != self._x:
            self._x = x
            if not self._awaited:
                self.update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        if not self.isVisible() or self._picture is None:
            self._fits = False
        elif self._fits:  # while an edge is dragged the old picture is stretched
            self._rest.start()
        super().resizeEvent(event)

    def _rested(self) -> None:
        self._fits = False
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        if self._chart is None or self._theme is None:
            return
        self._paint_picture()
        assert self._picture is not None  # it has just been painted
        painter, size = QPainter(self), self._picture.deviceIndependentSize()
        if size != self.size().toSizeF():
            painter.scale(self.width() / size.width(), self.height() / size.height())
        painter.drawPixmap(0, 0, self._picture)
        self._draw_over(painter, self._chart, self._theme)

    def draw(self, painter: QPainter) -> None:
        """The chart as it stands on any painter, such as that of a file: as shapes and text."""
        if self._chart is None or self._theme is None:
            return
        device = painter.device()
        assert device is not None  # it paints
        self._lay_out(self._chart, self._theme, device.devicePixelRatioF())
        self._fits = False  # it was laid out for another device
        self._plot.grab(QRect(0, 0, 1, 1))  # a hidden widget hears of its size when it is first painted
        painter.save()
        self._plot.render(painter, QRectF(self.rect()), self.rect())
        painter.restore()
        self._draw_over(painter, self._chart, self._theme)

    def _draw_over(self, painter: QPainter, chart: Chart, theme: Theme) -> None:
        """Names, and the cursor or the words in place of curves."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_dots(painter, chart, theme)
        words = self._draw_names(painter, chart, theme)
        if not chart.curves:
            painter.setFont(fonts.ui(12))
            painter.setPen(QColor(theme.t3))
            around = self._area().adjusted(4, 0, -4, 0)
            painter.drawText(around, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, chart.words)
        elif self._x is not None:
            self._draw_cursor(painter, chart, theme, self._x, words)

    def _draw_dots(self, painter: QPainter, chart: Chart, theme: Theme) -> None:
        """Where a second curve was measured: it may lie along the first."""
        painter.setPen(Qt.PenStyle.NoPen)
        for curve in chart.curves:
            if curve.second and len(curve.x) <= _DOTS:
                painter.setBrush(QColor(theme.methods[curve.method]))
                seen = np.isfinite(curve.y) & ((curve.y > 0) | (not chart.log))
                for x, y in zip(curve.x[seen].tolist(), curve.y[seen].tolist(), strict=True):
                    painter.drawEllipse(self._pixel(chart, x, y), _DOT / 2, _DOT / 2)

    def _draw_names(self, painter: QPainter, chart: Chart, theme: Theme) -> list[QRectF]:
        """Names right of the curves' ends or, without room, above them; moved apart where they would meet. Where they
        would cover the curves, there are none.

        Returns where they stand.
        """
        taken = []
        named = [curve for curve in chart.curves if curve.name and len(curve.y)]
        ends = [self._pixel(chart, chart.end, float(curve.y[-1])) for curve in named]
        area, font = self._area(), fonts.ui(12)
        if self._inside and len(named) * fonts.px(_APART) > _MOST_COVERED * area.height():
            return []
        metrics = QFontMetrics(font)
        lift = metrics.capHeight() if self._inside else 0
        wanted = [max(end.y() - lift, area.top() + _NEAR) for end in ends]
        painter.setFont(font)
        for curve, end, y in zip(named, ends, apart(wanted, fonts.px(_APART), area.bottom() - lift), strict=True):
            place, name = QPointF(end.x() + _BESIDE, y + 4), curve.name
            if self._inside:
                name = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(_KEPT_SHARE * area.width()))
                place.setX(area.right() - metrics.horizontalAdvance(name))
                around = QPainterPath()
                around.addText(place, font, name)
                painter.strokePath(around, QPen(QColor(theme.panel), _HALO, join=Qt.PenJoinStyle.RoundJoin))
            painter.setPen(QColor(theme.methods[curve.method]))
            painter.drawText(place, name)
            around_it = metrics.tightBoundingRect(name).toRectF().translated(place)
            taken.append(around_it.adjusted(-_HALO, -_HALO, _HALO, _HALO))
        return taken

    def _draw_cursor(self, painter: QPainter, chart: Chart, theme: Theme, x: float, words: Sequence[QRectF]) -> None:
        """A line across the plot, broken where ``words`` stand, and the method's glyph on each curve; where two meet,
        the second inside the first.

        ``x`` is a training step, or the time, which each lane reads in its own way.
        """
        area = self._area()
        if chart.over_steps:  # errors are measured more seldom than losses
            x = min(x, max((float(curve.x[-1]) for curve in chart.curves if len(curve.x)), default=x))
        across = math.floor(self._pixel(chart, x if chart.over_steps else chart.axis.place(x), 1.0).x()) + 0.5
        painter.setPen(QPen(QColor(theme.t1), 1))
        top = area.top()
        for name in sorted((name for name in words if name.left() < across < name.right()), key=QRectF.top):
            if name.top() > top:
                painter.drawLine(QPointF(across, top), QPointF(across, name.top()))
            top = max(top, name.bottom())
        if top < area.bottom():
            painter.drawLine(QPointF(across, top), QPointF(across, area.bottom()))
        placed: list[tuple[Method, QPointF]] = []
        for curve in chart.curves:
            # a method that is a few steps behind shows where it is
            at = curve.axis.place(x)
            if chart.over_steps and len(curve.x):
                at = min(x, float(curve.x[-1]))
            y = value_at(curve, at)
            if y is not None and np.isfinite(y) and (y > 0 or not chart.log):
                placed.append((curve.method, self._pixel(chart, at, y)))
        for i, (method, point) in enumerate(placed):
            inside = any((point - other).manhattanLength() < _NEAR for _, other in placed[:i])
            around = any((point - other).manhattanLength() < _NEAR for _, other in placed[i + 1 :])
            px = 6.5 if inside else 15.0 if around else 10.0
            draw_glyph(painter, _HOLE if inside else method, point, px + 3, theme.panel)
            draw_glyph(painter, method, point, px, theme.methods[method])

    def _area(self) -> QRectF:
        """Where curves are drawn."""
        box = self._plot.getPlotItem().getViewBox()
        return QRectF(self._plot.mapFromScene(box.sceneBoundingRect()).boundingRect())

    def _pixel(self, chart: Chart, x: float, y: float) -> QPointF:
        height = (math.log10(y) if y > 0 else 0.0) if chart.log else y
        box = self._plot.getPlotItem().getViewBox()
        return QPointF(self._plot.mapFromScene(box.mapViewToScene(QPointF(x, height))))


def _heights(chart: Chart) -> tuple[float, float]:
    """The range of the left axis, as powers of ten where it is logarithmic; a linear one begins at 0 or below."""
    values = np.concatenate([curve.y for curve in chart.curves]) if chart.curves else np.zeros(0)
    values = values[np.isfinite(values)]
    if chart.log:
        values = np.log10(values[values > 0])
    if len(values) == 0:
        return (-1.0, 0.0) if chart.log else (0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    low = low if chart.log else min(0.0, low)
    if high - low < 1e-6:  # one value, or rounding about one
        low, high = low - 0.5, high + 0.5
    if chart.log:
        return low, high
    step = np.diff(steps(low, high)[:2])[0]
    return low, step * math.ceil(high / step - 1e-6)


def _seen(chart: Chart) -> tuple[float, float]:
    """The least and the greatest value that the plot has room for."""
    low, high = _heights(chart)
    room = _PADDING * (high - low)
    low, high = low - room, high + room
    return (10.0**low, 10.0**high) if chart.log else (low, high)


def apart(places: Sequence[float], least: float, most: float) -> list[float]:
    """Places in their order, moved until neighbours are ``least`` apart and none is beyond ``most``."""
    out = list(places)
    order = sorted(range(len(out)), key=out.__getitem__)
    last = -math.inf
    for i in order:
        last = out[i] = max(out[i], last + least)
    last = most + least
    for i in reversed(order):
        last = out[i] = min(out[i], last - least)
    return out


def label(value: float) -> str:
    """A tick's number: 2,500 and 0.25 and −4."""
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return text.replace("-", "−")


def steps(low: float, high: float, least: int = 2) -> list[float]:
    """Round numbers from low to high: 1, 2, 2.5 or 5 times a power of ten apart, ``least`` or a few more steps."""
    rough = (high - low) / least
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(f * power for f in (5, 2.5, 2, 1) if f * power <= rough * 1.001)
    return [i * step for i in range(math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6) + 1)]


def decades(low: float, high: float) -> list[tuple[float, str]]:
    """Ticks of a logarithmic axis, as (place, label): powers of ten, with 3 or 2 and 5 between where there are few, and
    round numbers within a decade."""
    if high - low < 0.5:
        return [(math.log10(value), label(value)) for value in steps(10.0**low, 10.0**high)]
    powers = range(math.floor(low), math.ceil(high) + 1)
    factors = (1, 2, 5) if high - low < 1.0 else (1,) if high - low > 3 else (1, 3)
    places = [(math.log10(f) + p, f"{f * 10.0**p:g}") for p in powers for f in factors]
    return [(place, text) for place, text in places if low - 0.1 <= place <= high + 0.1]
