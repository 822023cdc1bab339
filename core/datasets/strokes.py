"""A word or a letter as data: its ink, even, scaled to a global standard deviation of 2.

It is set in Inter, the typeface that the window uses too. Every letter is a class, however often it stands in the text.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from itertools import combinations, pairwise
from typing import Annotated, NamedTuple

import numpy as np
import torch
from msgspec import Meta
from numpy.typing import NDArray
from PIL import ImageFont

import resources
from core.datasets import Dataset
from core.errors import SpecError
from core.numerics.mixture import Mixture
from core.parts.classes import named
from core.plane.curves import CENTRES, scaled
from core.plane.quasirandom import stipple
from core.registry import register

_MOST_LETTERS = 24
_SIZE = 300
"""Height in pixels of a single letter; less for a text, so that its ink is about the same: 10 pixels to a centre."""
_LEADING = 1.05
"""From line to line, in heights of the type."""
_ABSENT = "\U0010ffff"
"""No font has it: its picture is the one for what a font does not have."""


@register("data")
class Strokes(Dataset, frozen=True):
    """A word of yours, written in points."""

    name = "strokes"
    title = "A word"
    reference = ""
    class_names = named(lambda self: _alphabet(self.text))

    text: Annotated[str, Meta(title="Text", description=f"Up to {_MOST_LETTERS} letters, digits, signs and blanks")] = (
        "flow"
    )
    width: Annotated[float, Meta(gt=0, le=1, title="Width", description="Blur of the ink")] = 0.05

    def mixture(self) -> Mixture:
        places, labels = _ink(self.text)
        return scaled(places, self.width, labels)


def _alphabet(text: str) -> tuple[str, ...]:
    """The letters of a text in order, each once."""
    return tuple(dict.fromkeys(character for character in text if not character.isspace()))


@lru_cache(maxsize=16)
def _ink(text: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Places [K, 2] in pixels that cover the ink of a text evenly, and the class [K] of each."""
    letters, alphabet = _letters(text), _alphabet(text)
    total = sum(float(letter.darkness.sum()) for letter in letters)
    places, labels = [], []
    for letter in letters:
        inside, _ = stipple(letter.darkness, max(1, math.floor(CENTRES * float(letter.darkness.sum()) / total)))
        places.append(torch.from_numpy(inside + np.array([letter.x, letter.y])))
        labels.append(torch.full((len(inside),), alphabet.index(letter.character)))
    return torch.cat(places), torch.cat(labels)


class _Letter(NamedTuple):
    """A letter that has ink, darkness [H, W], with its lower left corner at (x, y) pixels."""

    character: str
    darkness: NDArray[np.float64]
    x: float
    y: float


def _letters(text: str) -> list[_Letter]:
    """Every letter where it stands.

    Raises:
        SpecError: the text is empty, too long, or holds a character that the font does not have.
    """
    if not text.strip():
        raise SpecError("data.text", "Text is empty. Type a letter or a word.")
    if len(text) > _MOST_LETTERS:
        raise SpecError("data.text", f"Text must have at most {_MOST_LETTERS} characters. Given {len(text)}.")
    size = round(_SIZE / math.sqrt(sum(character != " " for character in text)))
    file = str(resources.path("fonts", "Inter-Medium.otf"))
    font = ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)
    absent = bytes(font.getmask(_ABSENT))
    for character in text:
        picture = bytes(font.getmask(character))
        if not character.isprintable() or picture == absent or (character != " " and not any(picture)):
            raise SpecError("data.text", f"Text holds {character!r}, which Inter has no letter for. Leave it out.")
    out = []
    for row, line in enumerate(_lines(text, font.getlength, _LEADING * size)):
        for i, character in enumerate(line):
            if character != " ":
                # what a letter adds to the line's length holds the kerning with the one before it
                x = font.getlength(line[: i + 1]) - font.getlength(character) - font.getlength(line) / 2
                image, (left, top) = font.getmask2(character, anchor="ls")
                darkness = np.asarray(image, dtype=np.float64).reshape(image.size[::-1]) / 255.0
                out.append(_Letter(character, darkness, x + left, -_LEADING * size * row - top - len(darkness)))
    return out


def _lines(text: str, length: Callable[[str], float], height: float) -> list[str]:
    """The words of a text on as many lines as keep its longer side shortest."""
    words = text.split()
    layouts = (
        [" ".join(words[i:j]) for i, j in pairwise((0, *breaks, len(words)))]
        for n in range(len(words))
        for breaks in combinations(range(1, len(words)), n)
    )
    return min(layouts, key=lambda lines: max(len(lines) * height, *map(length, lines)))
