"""Marks: what a view says is to be drawn, as frozen values over whole streams; painters turn them into pictures.

A mark holds every recorded time, so that scrubbing moves a number and uploads nothing. Positions are in data units,
sizes and widths in logical pixels, colours are RGBA in [0, 1]. ``times`` are the recorded t, rising, [N].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from core.trace.trace import Rows

Floats = NDArray[np.float32]
Times = NDArray[np.float64]

Overlay = Literal[
    "particles", "trails", "ways", "field", "preview", "density", "real", "exact", "error",
    "frames", "image", "image-preview", "speed", "keys", "labels", "arrows",
]  # fmt: skip
OVERLAYS: tuple[Overlay, ...] = get_args(Overlay)
_AT_DATA, _SAME = 1e-6, 2e-4
"""What is the end, and what is the same time: a path that begins at t = 0.0001 has its 20th of 25 steps at 0.80002,
which is reached at 0.8."""
AxisKind = Literal["t", "1-t", "sigma", "log-snr", "ddpm", "nfe"]
"""How time is read."""
Method = Literal["diffusion", "flow", "one-step", "real", "exact", "error"]


@dataclass(frozen=True, eq=False)
class Points:
    """Particles: positions [N, B, 2], colours [B, 4]. With ``glide`` they move on a line between recorded steps.

    With a ``line`` they are rings whose line is so wide: what is expected, or was, beside what is there. With
    ``square`` they are squares of that side.
    """

    overlay: Overlay
    positions: Floats
    times: Times
    colours: Floats
    size: float
    glide: bool = True
    line: float = 0.0
    square: bool = False


@dataclass(frozen=True, eq=False)
class Trails:
    """The last ``span`` of t of each particle's way: positions [N, B, 2], colours [B, 4].

    Opacity runs from 0 at the old end to the colour's alpha at the particle, as (place along the trail)^1.4. At the
    data, where ``whole`` is not 0, the whole way is seen instead, all of it at that share of the colour's alpha.
    """

    overlay: Overlay
    positions: Floats
    times: Times
    colours: Floats
    width: float = 1.0
    span: float = 0.26
    glide: bool = True
    whole: float = 0.0

    def is_whole(self, t: float) -> bool:
        """Whether the whole way is seen at t: the run has come to the data, and so has the cursor."""
        return self.whole > 0 and len(self.times) > 1 and min(t, float(self.times[-1])) >= 1.0 - _AT_DATA


@dataclass(frozen=True, eq=False)
class Arrows:
    """A vector field on a square mesh, row by row: origins [G, 2], vectors [N, G, 2], presence [N, G] in [0, 1].

    Length is 0.95 ``cell`` x ``factor`` x min(1, |v| / ``full_length_at``); opacity .6 x (.6 + .4 q) with
    q = min(1, |v| / full_length_at), times .25 where no particles are (presence 0) up to 1 (presence 1).
    """

    overlay: Overlay
    origins: Floats
    vectors: Floats
    presence: Floats
    times: Times
    cell: float
    full_length_at: float
    colour: tuple[float, float, float, float]
    factor: float = 1.0
    reads: str = "velocity"
    """What the arrows show: velocity, score or noise."""


@dataclass(frozen=True, eq=False)
class Heat:
    """A map of the plane: values and cover [N, R, C] at the points of a mesh over ``extent``, whose rows are y.

    Values run through a colour map from 0 to ``top``; where cover falls below a half the map is blank, and where it is
    ``soft`` cover is its opacity. Along ``levels`` of ``relief`` [N, R, C] run white lines of 1 pixel. ``label`` says
    what the map's bar measures.
    """

    overlay: Overlay
    values: Floats
    cover: Floats
    times: Times
    extent: tuple[float, float, float, float]
    colours: Literal["cividis", "viridis"]
    top: float
    label: str
    relief: Floats | None = None
    levels: tuple[float, ...] = ()
    glide: bool = True
    soft: bool = False


@dataclass(frozen=True, eq=False)
class Images:
    """A grid of images, row by row from the top left, of which one recorded time is shown and never a blend of two.

    values [N, B, C, H, W], read a row at a time: with one channel grey, with three colour, from -1 to 1; where a
    ``limit`` is given one channel from 0 to it, in the colours of viridis. ``place`` (x0, x1, y0, y1) is that of the
    whole grid.
    """

    overlay: Overlay
    values: Rows
    times: Times
    columns: int
    place: tuple[float, float, float, float]
    limit: float | None = None
    title: str = ""
    """What the images are, to be read where the mouse is over one."""

    def at(self, x: float, y: float) -> int | None:
        """The image at a point of the plane."""
        x0, x1, y0, y1 = self.place
        if not (x0 <= x < x1 and y0 < y <= y1):
            return None
        count = self.values.shape[1]
        lines = -(-count // self.columns)
        index = int((y1 - y) / (y1 - y0) * lines) * self.columns + int((x - x0) / (x1 - x0) * self.columns)
        return index if index < count else None


@dataclass(frozen=True, eq=False)
class Frame:
    """The outline of a box (x0, x1, y0, y1), ``width`` logical pixels wide and inside of it."""

    overlay: Overlay
    box: tuple[float, float, float, float]
    colour: tuple[float, float, float, float]
    width: float = 2.0


Mark = Points | Trails | Arrows | Heat | Images | Frame


@dataclass(frozen=True)
class Words:
    """Words at a place in data units, in the middle of their height; they start there or, centred, stand around it.

    They take ``room`` data units at most; where the first wording needs more, the longest of the ``shorter`` ones that
    needs less is said, and nothing where all of them do.
    """

    text: str
    x: float
    y: float
    centred: bool = False
    room: float = math.inf
    shorter: tuple[str, ...] = ()

    def within(self, x: float, width: float, scale: float, width_of: Callable[[str], float]) -> str:
        """What is said at ``x`` on a canvas of a ``width``, both in pixels, of which ``scale`` are one data unit: words
        never reach out of their lane."""
        at_hand = 2 * min(x, width - x) if self.centred else width - x if x > 0 else 0.0
        most = min(self.room * scale, at_hand)
        return next((text for text in (self.text, *self.shorter) if width_of(text) <= most), "")


@dataclass(frozen=True, eq=False)
class Equation:
    """A formula (`workbench.views.tex`) and where its symbols' numbers lie: series over the lane's times [N], constants
    by symbol. A ``step`` says them at a recorded time and the next."""

    label: str
    formula: str
    series: Mapping[str, Times]
    constants: tuple[tuple[str, float], ...] = ()
    step: bool = False


@dataclass(frozen=True, eq=False)
class Lane:
    """What stands in a lane's header and foot. Arrays are over the recorded times and may be empty."""

    method: Method
    title: str
    subtitle: str
    equation: str
    """A name of `workbench.painters.equations`."""
    times: Times
    nfe: NDArray[np.int64]
    nfe_total: int
    alpha: NDArray[np.float64]
    sigma: NDArray[np.float64]
    facts: tuple[str, ...] = ()
    """Lines shown instead of alpha and sigma, such as mean and standard deviation of real data."""
    status: str = ""
    """Shown in place of the time where the run has not finished normally, such as ``stopped``."""
    glide: bool = True
    """Without it the lane says the t of the recorded step that it shows."""
    rms: NDArray[np.float64] | None = None
    """The error that the lane says at each of its times, where it shows one."""
    equations: tuple[Equation, ...] = ()
    """Of its path, what its network learns, what it follows, and one step."""
    reading: AxisKind = "t"
    """How its equations say the time."""
    apart: str = ""
    """At the beginning of its second line: in what it differs from lanes that would read alike."""
    sampler: str = ""
    """``Heun 25``: with it its second line begins, unless it is the title."""
    ddpm_steps: int = 1000
    """T of its path, of which step k stands at t = 1 - k / T; of a path that is no discrete schedule, DDPM's own."""


@dataclass(frozen=True, eq=False)
class Scene:
    """One lane: its marks, drawn in order, the part of the plane that shows all of them, and its words."""

    lane: Lane
    marks: tuple[Mark, ...]
    extent: tuple[float, float, float, float]
    """x0, x1, y0, y1 in data units; painters keep the aspect equal and show at least this."""
    colour_key: bool = field(default=False)
    """Show the disc "colour: place in noise"."""
    notes: tuple[str, ...] = ()
    """What the canvas says in words, such as that something is being computed."""
    overlays: frozenset[Overlay] | None = None
    """What this lane shows; None where it shows what all lanes show."""
    words: tuple[Words, ...] = ()
    pixels: bool = field(default=False)
    """The plane is one of pixels: no axes, and a scale that keeps pixels even."""

    @property
    def shown(self) -> tuple[Mark, ...]:
        """The marks of the overlays that the lane shows."""
        return tuple(mark for mark in self.marks if self.overlays is None or mark.overlay in self.overlays)

    def image_at(self, x: float, y: float) -> tuple[str, int] | None:
        """What a grid of images is of, and which of them, where the point (x, y) of the plane is in one."""
        there = ((mark.title, mark.at(x, y)) for mark in self.marks if isinstance(mark, Images) and mark.title)
        return next(((title, index) for title, index in there if index is not None), None)


@dataclass(frozen=True)
class Moment:
    """Where a time lies among recorded times: between rows ``row`` and ``row + 1``, ``fraction`` of the way."""

    row: int
    fraction: float


def locate(times: Times, t: float, *, glide: bool = True) -> Moment:
    """The rows to show at time t. Without ``glide`` it is the last recorded row at or before t."""
    if len(times) == 0:
        return Moment(0, 0.0)
    row = int(np.searchsorted(times, t + _SAME, side="right")) - 1
    if row < 0:
        return Moment(0, 0.0)
    if row >= len(times) - 1:
        return Moment(len(times) - 1, 0.0)
    fraction = (t - times[row]) / (times[row + 1] - times[row]) if glide else 0.0
    return Moment(row, float(np.clip(fraction, 0.0, 1.0)))


def evenly(times: Times, n: int) -> list[int]:
    """The rows recorded nearest to n times spread evenly from the first to the last, each once."""
    if not len(times):
        return []
    return sorted({int(np.abs(times - t).argmin()) for t in np.linspace(times[0], times[-1], n)})
