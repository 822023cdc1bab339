"""The shipped typefaces, registered once: Inter for the interface, JetBrains Mono for code, CMU Serif for formulas."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from PyQt6.QtGui import QFont, QFontDatabase

import resources

Weight = Literal[400, 500, 600]
UI, MONO, MATHS = "Inter", "JetBrains Mono", "CMU Serif"


@lru_cache(maxsize=1)
def load() -> None:
    """Register the fonts with Qt; needs a QGuiApplication."""
    for file in sorted(resources.path("fonts").iterdir()):
        if file.suffix in (".otf", ".ttf") and QFontDatabase.addApplicationFont(str(file)) < 0:
            raise OSError(f"{file} cannot be loaded as a font")


def ui(px: float, weight: Weight = 400) -> QFont:
    """The interface font with tabular numbers, so that changing digits do not move."""
    load()
    font = QFont(UI)
    font.setPixelSize(round(px))
    font.setWeight(QFont.Weight(weight))
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def mono(px: float) -> QFont:
    load()
    font = QFont(MONO)
    font.setPixelSize(round(px))
    return font


def maths(px: float, *, italic: bool) -> QFont:
    """The formula font: Latin letters italic, Greek and digits upright."""
    load()
    font = QFont(MATHS)
    font.setPixelSize(round(px))
    font.setItalic(italic)
    return font
