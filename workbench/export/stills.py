"""One moment as a file: PNG as pixels, SVG and PDF as shapes and text; of a chart the numbers too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

from PyQt6.QtCore import QMarginsF, QRect, QSize, QSizeF
from PyQt6.QtGui import QImage, QPageSize, QPainter, QPdfWriter
from PyQt6.QtSvg import QSvgGenerator

from core.errors import FlowscopeError
from workbench.export.data import write_curves
from workbench.export.formats import PICTURES
from workbench.export.whole import whole
from workbench.painters.bits import encoded, in_memory
from workbench.painters.chart_page import ChartPage

#: The kinds of files that a chart can be.
CHARTS: dict[str, str] = {**PICTURES, ".csv": "CSV"}
_DPI = 96
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: What a viewer takes where our typefaces are not installed.
_FALLBACKS = {
    "Inter": "Inter, Helvetica, Arial, sans-serif",
    "CMU Serif": "CMU Serif, Latin Modern Roman, Times New Roman, serif",
}


class Still(Protocol):
    """What can be painted at a time t: lanes, or a chart."""

    @property
    def size(self) -> tuple[int, int]: ...
    @property
    def title(self) -> str: ...
    def paint(self, t: float) -> QImage: ...
    def draw(self, painter: QPainter, t: float) -> bool: ...


def write_still(page: Still, t: float, out: Path) -> bool:
    """Write a page at time t; returns False where a lane had too many marks for shapes and became a picture.

    Raises:
        FlowscopeError: it cannot be written; the message says why.
    """
    with whole(out) as part:
        write = {".png": _write_png, ".svg": _write_svg, ".pdf": _write_pdf}[out.suffix.lower()]
        return write(page, t, part)


def write_chart(page: ChartPage, t: float, out: Path) -> None:
    """Write a chart with the cursor at a time, or at a training step; the ending of the name says as what.

    Raises:
        FlowscopeError: it cannot be written, or the name ends in something else.
    """
    suffix = out.suffix.lower()
    if suffix not in CHARTS:
        *first, last = CHARTS
        raise FlowscopeError(f"The name must end in {', '.join(first)} or {last}. Given {out.name}.")
    if suffix == ".csv":
        write_curves(page.chart, [key.words for key in page.keys], out)
    else:
        write_still(page, t, out)


def _write_png(page: Still, t: float, out: Path) -> bool:
    out.write_bytes(encoded(page.paint(t), "PNG"))
    return True


def _write_pdf(page: Still, t: float, out: Path) -> bool:
    """A pixel of the page is 1/96 inch."""
    made = in_memory()
    writer = QPdfWriter(made)
    writer.setResolution(_DPI)
    writer.setCreator("Flowscope")
    writer.setTitle(page.title)
    width, height = page.size
    points = QSizeF(width * 72 / _DPI, height * 72 / _DPI)
    writer.setPageSize(QPageSize(points, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch))
    writer.setPageMargins(QMarginsF())
    painter = QPainter()
    if not painter.begin(writer):
        raise OSError("no PDF could be begun")
    try:
        shapes = page.draw(painter, t)
    finally:
        painter.end()
    out.write_bytes(made.data().data())
    return shapes


def _write_svg(page: Still, t: float, out: Path) -> bool:
    made = in_memory()
    generator = QSvgGenerator()
    generator.setOutputDevice(made)
    generator.setResolution(_DPI)
    generator.setSize(QSize(*page.size))
    generator.setViewBox(QRect(0, 0, *page.size))
    generator.setTitle(page.title or "Flowscope")
    generator.setDescription("Made with Flowscope")
    painter = QPainter()
    if not painter.begin(generator):
        raise OSError("no SVG could be begun")
    try:
        shapes = page.draw(painter, t)
    finally:
        painter.end()
    out.write_text(_tidy(made.data().data().decode("utf-8")), encoding="utf-8")
    return shapes


def _tidy(svg: str) -> str:
    """Qt names the font and every default for each mark; without that the file is a third as long. What no XML may
    hold it writes as it is; a title may have it from anywhere."""
    svg = _NO_XML.sub("", svg)
    svg = re.sub(r'\nfont-family="[^"]*" font-size="[^"]*" font-weight="[^"]*" font-style="[^"]*" \n>', ">", svg)
    svg = svg.replace(' transform="matrix(1,0,0,1,0,0)"', "").replace(' vector-effect="none" fill-rule="evenodd"', "")
    svg = re.sub(r' (fill|stroke)-opacity="1"', "", svg)
    svg = re.sub(r"<g [^>]*>\n</g>\n", "", svg)
    svg = re.sub(r'([1-9]\d*\.\d\d\d)\d+(?=[ ,"LMCZ])', r"\1", svg)  # below 1 they may be scaled up
    for _ in range(2):  # neighbours of one kind share their group
        svg = re.sub(r"(<g [^>]*>)\n((?:(?!</?g)[^\0])*?)</g>\n\n(?:\1\n)", r"\1\n\2", svg)
    for family, with_others in _FALLBACKS.items():
        svg = svg.replace(f'font-family="{family}"', f'font-family="{with_others}"')
    return svg
