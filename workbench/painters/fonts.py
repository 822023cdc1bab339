"""The shipped typefaces, registered once: Inter for the interface, JetBrains Mono for code, CMU Serif for formulas."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFont, QFontDatabase, QFontMetricsF

import resources

Weight = Literal[400, 500, 600]
UI, MONO, MATHS = "Inter", "JetBrains Mono", "CMU Serif"


_scale = 1.0


def set_scale(factor: float) -> None:
    """Make the type of the interface larger by a factor; what is made or painted from now on follows."""
    global _scale
    _scale = factor


def px(size: float) -> int:
    """A size of the interface, in pixels, at the present scale of type."""
    return round(size * _scale)


@lru_cache(maxsize=1)
def load() -> None:
    """Register the fonts with Qt; needs a QGuiApplication."""
    for file in sorted(resources.path("fonts").iterdir()):
        if file.suffix in (".otf", ".ttf") and QFontDatabase.addApplicationFont(str(file)) < 0:
            raise OSError(f"{file} cannot be loaded as a font")


def ui(size: float, weight: Weight = 400) -> QFont:
    """The interface font of a size at scale 1 (pixels), with tabular numbers, so that changing digits do not move."""
    load()
    font = QFont(UI)
    font.setPixelSize(px(size))
    font.setWeight(QFont.Weight(weight))
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def fixed(size: float, weight: Weight = 400) -> QFont:
    """The same in pixels that no scale changes."""
    font = ui(size, weight)
    font.setPixelSize(round(size))
    return font


def maths(size: float, *, italic: bool) -> QFont:
    """The formula font: Latin letters italic, Greek and digits upright."""
    load()
    font = QFont(MATHS)
    font.setPixelSize(round(size))
    font.setItalic(italic)
    return font


def width_of(words: str, font: QFont) -> float:
    """In pixels."""
    return QFontMetricsF(font).horizontalAdvance(words)


def within(font: QFont, room: float) -> Callable[[str], bool]:
    """Whether words find this much room."""
    return lambda words: width_of(words, font) <= room


def elided(words: str, font: QFont, room: float) -> str:
    """As much of them as finds room, with dots for the rest."""
    return QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideRight, room)
