"""A film: what each of its frames shows, and the frames as pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.export.pacing import frame_times
from workbench.painters.paper.page import Page, Rows
from workbench.views.theme import Theme

Frame = NDArray[np.uint8]


@dataclass(frozen=True)
class Shot:
    """What a frame shows: the time t in one of a reel's sets of lanes, and what is added to the film's title."""

    part: int
    t: float
    caption: str = ""


class Reel(Protocol):
    """What a film runs through as it goes from 0 to 1. It travels to the processes that paint."""

    def shot(self, place: float) -> Shot: ...
    def rows(self, part: int) -> Rows:
        """The lanes of a part, in rows."""
        ...


@dataclass(frozen=True)
class Sampling:
    """One set of lanes, from the noise to the data."""

    lanes: Rows

    def shot(self, place: float) -> Shot:
        return Shot(0, float(place))

    def rows(self, part: int) -> Rows:
        return self.lanes


@dataclass(frozen=True)
class Film:
    """What a film shows and how: size of its page and how many pixels are one of it, frames a second, seconds of motion
    and of hold."""

    reel: Reel
    theme: Theme
    title: str = ""
    size: tuple[int, int] = (1200, 640)
    fps: int = 20
    seconds: float = 5.0
    pacing: str = "linear"
    hold: float = 1.0
    words: bool = True
    scale: int = 1

    @property
    def shots(self) -> list[Shot]:
        """What every frame shows."""
        return [self.reel.shot(place) for place in frame_times(self.pacing, self.fps, self.seconds, self.hold)]

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height of a frame."""
        return (self.size[0] * self.scale, self.size[1] * self.scale)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of a frame: height, width, 4 (BGRA)."""
        return (*self.pixels[::-1], 4)


class Painter:
    """Paints the shots of a film; keeps the last page, with all on it that stands still."""

    def __init__(self, film: Film) -> None:
        self._film = film
        self._page: Page | None = None
        self._shown: tuple[int, str] | None = None

    def page(self, shot: Shot) -> Page:
        """The page that shows a shot."""
        if self._page is None or self._shown != (shot.part, shot.caption):
            film = self._film
            title = ", ".join(words for words in (film.title, shot.caption) if words)
            title = title[:1].upper() + title[1:]
            rows, scale = film.reel.rows(shot.part), float(film.scale)
            self._page = Page(rows, film.size, film.theme, title=title, words=film.words, scale=scale)
            self._shown = (shot.part, shot.caption)
        return self._page

    def paint(self, shot: Shot, frame: Frame) -> None:
        """Paint a shot on ``frame`` [height, width, 4]."""
        self.page(shot).paint_into(frame, shot.t)

    def frame(self, shot: Shot) -> Frame:
        """The pixels of a shot, BGRA [height, width, 4]."""
        out = np.empty(self._film.shape, np.uint8)
        self.paint(shot, out)
        return out
