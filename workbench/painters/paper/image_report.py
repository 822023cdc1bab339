"""The page of a report on images, painted: a table, bars of each class, and grids of generated beside real images.

PNG at twice the logical size, or PDF with text and bars as vectors. Needs a QGuiApplication, and no display.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PyQt6.QtCore import QMarginsF, QPointF, QRectF, QSizeF, Qt
from PyQt6.QtGui import QColor, QImage, QPageSize, QPainter, QPdfWriter, QPen

from core.errors import FlowscopeError
from workbench.painters import fonts
from workbench.painters.bits import encoded, in_memory
from workbench.painters.glyphs import draw_glyph
from workbench.views.axes import ticks
from workbench.views.image.image_report import GRID, Bars, ImagePage, Images, Pair, Tiles
from workbench.views.marks import Method
from workbench.views.theme import Theme

_MARGIN, _GAP, _ACROSS = 24.0, 24.0, 3
_HEAD, _BARS, _CAPTION, _BETWEEN = 96.0, 260.0, 40.0, 12.0
_ROW = 32.0
_PNG_SCALE, _PDF_DOTS = 2, 288
_LEFT, _RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


def save_pages(pages: Sequence[ImagePage], theme: Theme, path: Path) -> list[Path]:
    """Write a PDF of all pages, or a PNG of each (numbered where there are several); returns what was written.

    Raises:
        FlowscopeError: the folder is gone or the disk is full.
    """
    if path.suffix == ".pdf":
        _keep(path, _pdf(pages, theme))
        return [path]
    files = [path] if len(pages) == 1 else [path.with_stem(f"{path.stem}-{i + 1}") for i in range(len(pages))]
    for page, file in zip(pages, files, strict=True):
        _keep(file, encoded(paint_image_page(page, theme), "PNG"))
    return files


def _keep(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise FlowscopeError(f"{file} cannot be written: {error.strerror or error}.") from None


def paint_image_page(page: ImagePage, theme: Theme, scale: int = _PNG_SCALE) -> QImage:
    """The page as a picture of ``scale`` pixels in a logical one."""
    size = _size(page)
    image = QImage(round(size.width() * scale), round(size.height() * scale), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    painter = QPainter(image)
    try:
        _paint(painter, page, theme)
    finally:
        painter.end()
    return image


def _pdf(pages: Sequence[ImagePage], theme: Theme) -> bytes:
    made = in_memory()
    writer = QPdfWriter(made)
    writer.setTitle(pages[0].title)
    writer.setResolution(_PDF_DOTS)
    writer.setPageMargins(QMarginsF())
    painter = QPainter()
    for i, page in enumerate(pages):
        writer.setPageSize(QPageSize(_size(page), QPageSize.Unit.Point))
        if not (writer.newPage() if i else painter.begin(writer)):
            raise OSError("no PDF could be begun")
        painter.resetTransform()
        painter.scale(_PDF_DOTS / 72, _PDF_DOTS / 72)
        _paint(painter, page, theme)
    painter.end()
    return made.data().data()


def _grid_size(page: ImagePage) -> QSizeF:
    """One logical pixel for each of the images', and room for the table in place of a pair of grids."""
    _, height, width, _ = page.pairs[0].left.images.shape
    return QSizeF(GRID * width, max(page.rows * height, _ROW * len(page.table)))


def _size(page: ImagePage) -> QSizeF:
    grid, cells = _grid_size(page), len(page.pairs) + 1
    down = math.ceil(cells / _ACROSS)
    return QSizeF(
        2 * _MARGIN + _ACROSS * (2 * grid.width() + _BETWEEN) + (_ACROSS - 1) * _GAP,
        _HEAD + (_BARS + _GAP if page.bars else 0) + down * (grid.height() + _CAPTION + _GAP),
    )


def _paint(painter: QPainter, page: ImagePage, theme: Theme) -> None:
    size, grid = _size(page), _grid_size(page)
    across, down = 2 * grid.width() + _BETWEEN, grid.height() + _CAPTION
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.fillRect(QRectF(QPointF(), size), QColor(theme.win))
    _head(painter, page, theme, size.width())
    top = _HEAD
    if page.bars:
        room = (size.width() - 2 * _MARGIN - _GAP * (len(page.bars) - 1)) / len(page.bars)
        for i, bars in enumerate(page.bars):
            _chart(painter, QRectF(_MARGIN + i * (room + _GAP), top, room, _BARS), bars, page, theme)
        top += _BARS + _GAP
    for i in range(len(page.pairs) + 1):
        rect = QRectF(_MARGIN + i % _ACROSS * (across + _GAP), top + i // _ACROSS * (down + _GAP), across, down)
        if i:
            _pair(painter, rect, page.pairs[i - 1], page, theme)
        else:
            _numbers(painter, rect, page, theme)


def _methods(page: ImagePage) -> tuple[Method, Method]:
    """Whose colour and glyph the left and the right of everything has."""
    return page.method, "real"


def _text(painter: QPainter, rect: QRectF, text: str, px: float, colour: str, flags: Qt.AlignmentFlag = _LEFT) -> None:
    painter.setFont(fonts.ui(px, 600 if px > 12 else 400))
    painter.setPen(QColor(colour))
    painter.drawText(rect, flags | _MIDDLE, text)


def _head(painter: QPainter, page: ImagePage, theme: Theme, width: float) -> None:
    draw_glyph(painter, page.method, QPointF(_MARGIN + 8, 28), 14, theme.methods[page.method])
    _text(painter, QRectF(_MARGIN + 26, 14, width, 28), page.title, 20, theme.t1)
    for i, fact in enumerate(page.facts):
        _text(painter, QRectF(_MARGIN, 46 + 18 * i, width - 2 * _MARGIN, 18), fact, 12, theme.t2)


def _numbers(painter: QPainter, rect: QRectF, page: ImagePage, theme: Theme) -> None:
    """The table, in the place of the first pair of grids."""
    _text(painter, QRectF(rect.x(), rect.y(), rect.width(), 20), "All classes together", 13, theme.t1)
    ends = (rect.x() + 0.70 * rect.width(), rect.right())
    methods = _methods(page)
    for text, end, method in zip(("generated", "second real set"), ends, methods, strict=True):
        _text(painter, QRectF(rect.x(), rect.y() + 20, end - rect.x(), 18), text, 12, theme.t2, _RIGHT)
        width = painter.fontMetrics().horizontalAdvance(text)
        draw_glyph(painter, method, QPointF(end - width - 11, rect.y() + 29), 9, theme.methods[method])
    for i, (name, made, real) in enumerate(page.table):
        y = rect.y() + _CAPTION + _ROW * i
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawLine(QPointF(rect.x(), y), QPointF(rect.right(), y))
        _text(painter, QRectF(rect.x(), y, rect.width(), _ROW), name, 13, theme.t1)
        for text, end in zip((made, real), ends, strict=True):
            _text(painter, QRectF(rect.x(), y, end - rect.x(), _ROW), text, 13, theme.t1, _RIGHT)


def _pair(painter: QPainter, rect: QRectF, pair: Pair, page: ImagePage, theme: Theme) -> None:
    side = (rect.width() - _BETWEEN) / 2
    _text(painter, QRectF(rect.x(), rect.y(), rect.width(), 20), pair.title, 13, theme.t1)
    for i, (tiles, method) in enumerate(zip((pair.left, pair.right), _methods(page), strict=True)):
        x = rect.x() + i * (side + _BETWEEN)
        draw_glyph(painter, method, QPointF(x + 5, rect.y() + 29), 9, theme.methods[method])
        _text(painter, QRectF(x + 16, rect.y() + 20, side, 18), tiles.caption, 12, theme.t2)
        _grid(painter, QPointF(x, rect.y() + _CAPTION), tiles, page.rows, theme)


def _grid(painter: QPainter, corner: QPointF, tiles: Tiles, rows: int, theme: Theme) -> None:
    """The images row by row, pixel by pixel; places without one are left as canvas."""
    height, width, channels = tiles.images.shape[1:]
    rect = QRectF(corner, QSizeF(GRID * width, rows * height))
    painter.fillRect(rect, QColor(theme.canvas))
    atlas: Images = np.zeros((rows, height, GRID, width, 4), np.uint8)
    for i, image in enumerate(tiles.images):
        place = atlas[i // GRID, :, i % GRID]
        place[..., :3] = image[..., ::-1] if channels == 3 else image  # Qt's 32 bits are blue, green, red, alpha
        place[..., 3] = 255
    drawn = QImage(atlas.tobytes(), GRID * width, rows * height, 4 * GRID * width, QImage.Format.Format_ARGB32)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(rect, drawn)


def _chart(painter: QPainter, rect: QRectF, bars: Bars, page: ImagePage, theme: Theme) -> None:
    """A pair of bars for each class over one axis; thin lines reach one standard deviation up and down."""
    _text(painter, QRectF(rect.x(), rect.y(), rect.width(), 20), bars.title, 13, theme.t1)
    lead = painter.fontMetrics().horizontalAdvance(bars.title) + 10
    _text(painter, QRectF(rect.x() + lead, rect.y(), rect.width() - lead, 20), bars.what, 12, theme.t2)
    plot = rect.adjusted(44, 30, 0, -24)
    painter.fillRect(plot, QColor(theme.canvas))
    low, high = _range(bars)
    values = ticks(low, high, plot.height() * 1.6)
    unit = plot.height() / (high - low)
    for value in values:
        y = plot.bottom() - (value - low) * unit
        painter.setPen(QPen(QColor.fromRgbF(*theme.grid), 1))
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        label = f"{value:.6g}".replace("-", "−")
        _text(painter, QRectF(rect.x(), y - 8, 38, 16), label, 12, theme.t2, _RIGHT)
    room = plot.width() / len(bars.names)
    zero = plot.bottom() - (max(low, 0.0) - low) * unit
    for i, name in enumerate(bars.names):
        left = plot.left() + i * room
        for j, (method, heights) in enumerate(zip(_methods(page), (bars.generated, bars.real), strict=True)):
            x, width = left + room * (0.16 + 0.36 * j), room * 0.32
            y = plot.bottom() - (heights[i] - low) * unit
            painter.fillRect(
                QRectF(QPointF(x, y), QPointF(x + width, zero)).normalized(), QColor(theme.methods[method])
            )
            if bars.spread is not None:
                reach = float(bars.spread[j][i]) * unit
                painter.setPen(QPen(QColor(theme.t2), 1))
                painter.drawLine(QPointF(x + width / 2, y - reach), QPointF(x + width / 2, y + reach))
        fitted = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, round(room) - 6)
        _text(painter, QRectF(left, plot.bottom() + 4, room, 18), fitted, 12, theme.t2, Qt.AlignmentFlag.AlignHCenter)
    painter.setPen(QPen(QColor(theme.line2), 1))
    painter.drawLine(QPointF(plot.left(), zero), QPointF(plot.right(), zero))


def _range(bars: Bars) -> tuple[float, float]:
    """What the axis shows: all bars from 0 on with their spread; shares of nearly 1 from below the least of them."""
    made, real = bars.spread or (np.zeros(len(bars.names)), np.zeros(len(bars.names)))
    tops = np.concatenate([bars.generated + made, bars.real + real, [0.0]])
    bottoms = np.concatenate([bars.generated - made, bars.real - real, [0.0]])
    low, high = float(bottoms.min()), float(tops.max())
    return low, high + 0.05 * max(high - low, 1e-9)
