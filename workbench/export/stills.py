"""One moment as a file: PNG as pixels, SVG and PDF as shapes and text."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from PyQt6.QtCore import QMarginsF, QRect, QSize, QSizeF
from PyQt6.QtGui import QPageSize, QPainter, QPdfWriter
from PyQt6.QtSvg import QSvgGenerator

from core.errors import FlowscopeError
from workbench.export.encode import save_png
from workbench.painters.paper.page import Page

_DPI = 96
#: What a viewer takes where our typefaces are not installed.
_FALLBACKS = {
    "Inter": "Inter, Helvetica, Arial, sans-serif",
    "CMU Serif": "CMU Serif, Latin Modern Roman, Times New Roman, serif",
}


def write_still(page: Page, t: float, out: Path) -> bool:
    """Write a page at time t; returns False where a lane had too many marks for shapes and became a picture.

    Raises:
        FlowscopeError: it cannot be written; the message says why.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".export-") as folder:
            part = Path(folder) / out.name
            write = {".png": _write_png, ".svg": _write_svg, ".pdf": _write_pdf}[out.suffix.lower()]
            shapes = write(page, t, part)
            part.replace(out)
    except OSError as error:
        raise FlowscopeError(f"{out} cannot be written: {error.strerror or error}.") from None
    return shapes


def _write_png(page: Page, t: float, out: Path) -> bool:
    save_png(page.paint(t), out)
    return True


def _write_pdf(page: Page, t: float, out: Path) -> bool:
    """A pixel of the page is 1/96 inch."""
    writer = QPdfWriter(str(out))
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
        return page.draw(painter, t)
    finally:
        painter.end()


def _write_svg(page: Page, t: float, out: Path) -> bool:
    generator = QSvgGenerator()
    generator.setFileName(str(out))
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
    out.write_text(_tidy(out.read_text(encoding="utf-8")), encoding="utf-8")
    return shapes


def _tidy(svg: str) -> str:
    """Qt names the font and every default for each mark; without that the file is a third as long."""
    svg = re.sub(r'\nfont-family="[^"]*" font-size="[^"]*" font-weight="[^"]*" font-style="[^"]*" \n>', ">", svg)
    svg = svg.replace(' transform="matrix(1,0,0,1,0,0)"', "").replace(' vector-effect="none" fill-rule="evenodd"', "")
    svg = re.sub(r' (fill|stroke)-opacity="1"', "", svg)
    svg = re.sub(r"<g [^>]*>\n</g>\n", "", svg)
    svg = re.sub(r'(\.\d\d\d)\d+(?=[ ,"LMCZ])', r"\1", svg)
    for _ in range(2):  # neighbours of one kind share their group
        svg = re.sub(r"(<g [^>]*>)\n((?:(?!</?g)[^\0])*?)</g>\n\n(?:\1\n)", r"\1\n\2", svg)
    for family, with_others in _FALLBACKS.items():
        svg = svg.replace(f'font-family="{family}"', f'font-family="{with_others}"')
    return svg
