"""Finding by a few typed letters: which entries match, how well, and which letters to mark. No Qt."""

from __future__ import annotations

import re
from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True)
class Match:
    """Spans of the text that were asked for; a lower ``rank`` is the better match."""

    rank: int
    spans: tuple[Span, ...]


def match(query: str, text: str, more: str = "") -> Match | None:
    """How a text answers a query, or None where it does not.

    Every word of the query has to stand in the text or in ``more``; where the words do not, their letters may begin
    the words of the text (``sef`` finds "Show exact field").
    """
    words = query.casefold().split()
    if not words:
        return Match(0, ())
    low, other = text.casefold(), more.casefold()
    places = [low.find(word) for word in words]
    if all(place >= 0 or word in other for word, place in zip(words, places, strict=True)):
        spans = sorted((place, place + len(word)) for word, place in zip(words, places, strict=True) if place >= 0)
        whole = low.find(query.casefold().strip())
        if whole == 0:
            rank = 0
        elif whole > 0:
            rank = 1 if not low[whole - 1].isalnum() else 2
        else:
            rank = 3 if all(place >= 0 for place in places) else 4
        return Match(rank, _merged(spans))
    return _initials("".join(words), low)


def _initials(letters: str, text: str) -> Match | None:
    starts = [found.start() for found in re.finditer(r"\b\w", text)]
    taken: list[int] = []
    for letter in letters:
        place = next((start for start in starts if text[start] == letter and (not taken or start > taken[-1])), None)
        if place is None:
            return None
        taken.append(place)
    return Match(5, tuple((place, place + 1) for place in taken)) if len(taken) > 1 else None


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    """Spans that touch or overlap, joined."""
    out: list[Span] = []
    for start, end in spans:
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return tuple(out)
