"""An export in a process of its own: the window stays free, and every film is made by the same painter.

Reads an `Order` as one line of JSON from standard input; prints ``{"done": …, "total": …}`` lines; an error is one line
on stderr and exit code 2. It ends, and leaves nothing behind, when standard input is closed: whoever asked has gone, or
wants it no more.
"""

from __future__ import annotations

import dataclasses
import io
import itertools
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from core.checker import checked
from core.errors import FlowscopeError, SpecError, unknown
from core.trace import open_trace
from core.trace.derive import FieldKind
from workbench import headless
from workbench.export.data import write_data
from workbench.export.encode import Report, write_film
from workbench.export.film import Film, Painter, Reel, Sampling
from workbench.export.formats import (
    FILMS,
    LEAST_SIDE,
    MOST_SIDE,
    PICTURES,
    SCALES,
    TABLES,
    fitted,
    pixels,
    weight,
)
from workbench.export.pacing import PACINGS, frame_counts
from workbench.export.scenes import USUAL, Choice, Layout, Shown, Training, usual_lanes
from workbench.export.stills import write_still
from workbench.painters.paper.page import least_size
from workbench.views.marks import Overlay
from workbench.views.theme import THEMES, ThemeName

CANCELLED = 3
Over = Literal["sampling", "training"]


class Order(msgspec.Struct, frozen=True):
    """Something to be made of some trace files; the ending of ``out`` says what."""

    traces: list[str]
    out: str
    title: str = ""
    width: int = 1200
    height: int = 640
    scale: int = 1
    """Pixels for one of width and height, of `workbench.export.formats.SCALES`."""
    fps: int = 20
    seconds: float = 5.0
    pacing: str = "linear"
    theme: ThemeName = "dark"
    real: bool = True
    field_kind: FieldKind = "velocity"
    factor: float = 1.0
    hold: float = 1.0
    layout: Layout = "row"
    over: Over = "sampling"
    at: float | None = None
    """The moment of a picture, of a table, or of the samples in a film over training; without it the end, or all."""
    words: bool = True
    hidden: list[Overlay] = []
    more: list[Overlay] = []
    """Of `workbench.export.scenes.MORE`."""
    captions: tuple[str, ...] = ()
    """In place of the first lanes' titles."""
    lanes: tuple[Shown, ...] = ()
    """Without any: one for each trace, and where ``real`` asks for it one of their real data."""
    strict: bool = False
    """Whether nothing is made where something of ``more`` cannot be or ``hidden`` is of no use; otherwise a note says
    so, if anything does."""

    @property
    def suffix(self) -> str:
        return Path(self.out).suffix.lower()


class Cancelled(Exception):
    """Nobody waits for the export any more."""


def film_of(
    order: Order, tell: Callable[[str], None] = lambda words: None, alive: Callable[[], None] = lambda: None
) -> Film:
    """The film of an order. Everything drawn is read from the traces here, or, over training, when its turn comes.

    Analyses that it shows are computed first; ``tell`` hears of them, and ``alive`` ends that by raising.

    Raises:
        FlowscopeError: a number of the order is out of range, a trace cannot be read, or a strict order asks for marks
            that its traces have not, or for an analysis that cannot be made.
    """
    check(order)
    theme = THEMES[order.theme]
    overlays = (USUAL | frozenset(order.more)) - frozenset(order.hidden)
    choice = Choice(
        tuple(map(checked, order.traces)), theme, _shown(order), order.field_kind, order.factor, order.layout, overlays
    )
    if order.strict:
        choice.check_asked(order.more, order.hidden, tell)
    choice.find_out(tell, alive, strict=order.strict)
    rows = choice.rows()
    reel: Reel = Sampling(rows)
    if order.over == "training":
        reel = Training.of(choice, 1.0 if order.at is None else order.at, rows, alive)
    size = fitted(order.suffix, (order.width, order.height), order.scale)
    for field, title, given, least in zip(
        ("--size", "--size"), ("Width", "Height"), size, least_size(rows, order.words), strict=True
    ):
        if given < least:
            raise SpecError(field, f"{title} must be at least {least:,} for these lanes. Given {given:,}.")
    return Film(
        reel, theme, order.title, size, order.fps, order.seconds, order.pacing, order.hold, order.words, order.scale
    )


def _shown(order: Order) -> tuple[Shown, ...]:
    """The lanes of an order, under their captions."""
    shown = order.lanes or usual_lanes(len(order.traces), real=order.real)
    captions = itertools.chain(order.captions, itertools.repeat(""))
    return tuple(
        dataclasses.replace(lane, name=caption or lane.name) for lane, caption in zip(shown, captions, strict=False)
    )


def check(order: Order) -> None:
    """Hold an order to its limits; what is not a number is inside none.

    Raises:
        SpecError: what is outside, what was given, and what would work.
    """
    if order.scale not in SCALES:
        raise SpecError("--scale", f"Scale must be {' or '.join(map(str, SCALES))}. Given {order.scale}.")
    most = MOST_SIDE // order.scale
    limits = (
        ("size", "Width", order.width, LEAST_SIDE, most),
        ("size", "Height", order.height, LEAST_SIDE, most),
        ("fps", "Frames a second", order.fps, 1, 50),
        ("seconds", "Seconds", order.seconds, 0.1, 600),
        ("hold", "Hold", order.hold, 0, 60),
        ("at", "Time", 1.0 if order.at is None else order.at, 0, 1),
    )
    for field, title, value, low, high in limits:
        if not low <= value <= high:
            scaled = f" at scale {order.scale}" if field == "size" and order.scale > 1 else ""
            raise SpecError(f"--{field}", f"{title} must be {low:,} to {high:,}{scaled}. Given {value:g}.")
    if order.pacing not in PACINGS:
        raise SpecError("--pacing", unknown("pacing", order.pacing, PACINGS))
    if order.layout == "frames" and (order.suffix not in PICTURES or order.at is not None):
        raise SpecError("--layout", f"Key frames make a picture, {' '.join(PICTURES)}, and have times of their own.")
    if not order.traces:
        raise SpecError("TRACE", "Name at least one trace.")
    if len(order.captions) > len(order.lanes or order.traces):
        given = f"Given {len(order.captions)} for {len(order.lanes or order.traces)}"
        raise SpecError("--caption", f"Captions are one for each trace, in their order. {given}.")
    endings = [*filter(None, FILMS), *PICTURES, *TABLES]
    if order.suffix not in (*endings, ""):
        words = f"{', '.join(endings[:-1])} or {endings[-1]}, or be a new folder for PNG frames"
        raise SpecError("OUT", f"The name must end in {words}. Given {Path(order.out).name}.")


def _check_place(out: Path) -> None:
    """Told before the first frame, not after the last."""
    try:
        out.stat()
    except FileNotFoundError:
        return
    except OSError as error:  # such as a name that is too long
        raise FlowscopeError(f"{out} cannot be written: {error.strerror or error}.") from None
    if out.suffix == "" and (not out.is_dir() or any(out.iterdir())):
        raise FlowscopeError(f"{out} is there already. Name a new folder for the frames.")
    if out.suffix and not out.is_file():
        raise FlowscopeError(f"{out} is no file that could be replaced. Choose another name.")


def _tell_ends(order: Order, tell: Callable[[str], None]) -> None:
    """Tell of runs that did not come to their end, or not to a good one: in a picture they look like any other."""
    for file in dict.fromkeys(order.traces):
        trace = open_trace(checked(file))
        if trace.status != "finished" or trace.message:
            tell(f"{Path(file).name}: {trace.status}{trace.message and ', ' + trace.message}")
        trace.close()


def make(
    order: Order, report: Report = lambda done, total: None, tell: Callable[[str], None] = lambda words: None
) -> str:
    """Make what an order asks for in this process; needs a QGuiApplication. Returns what was made, in a few words.

    ``tell`` hears of runs that did not end well, what is computed, and about how much a film will weigh.

    Raises:
        FlowscopeError: it cannot be made; the message says why.
    """
    check(order)
    out = Path(order.out)
    _check_place(out)
    _tell_ends(order, tell)
    if order.suffix in TABLES:
        return f"data {out}, {write_data([checked(file) for file in order.traces], out, order.at):,} numbers"
    frames = 1 if order.suffix in PICTURES else sum(frame_counts(order.fps, order.seconds, order.hold))
    film = film_of(order, tell, lambda: report(0, frames))
    if film.size != (order.width, order.height):
        given = f"Given {order.width} × {order.height}."
        tell(f"{pixels(film.pixels)}, since frames of {FILMS[order.suffix].title} have even numbers of them. {given}")
    if order.suffix in PICTURES:
        shot = film.reel.shot(1.0 if order.at is None or order.over == "training" else order.at)
        shapes = write_still(Painter(film).page(shot), shot.t, out)
        return f"picture {out}" + ("" if shapes else ", with marks as a picture: too many for shapes")
    moving, held = frame_counts(film.fps, film.seconds, film.hold)
    tell(weight(order.suffix, film.pixels, moving, held))
    return f"film {out}, {write_film(film, out, report)} frames"


def main() -> int:
    headless.application()
    shown, gone = 0.0, threading.Event()

    def report(done: int, total: int) -> None:
        nonlocal shown
        if gone.is_set():
            raise Cancelled
        if done == total or time.monotonic() - shown > 0.1:
            shown = time.monotonic()
            print(f'{{"done": {done}, "total": {total}}}', flush=True)

    # unbuffered: a thread that reads through a buffer holds it when the process ends
    asked = io.FileIO(sys.stdin.fileno(), closefd=False)

    def wait_for_the_end_of_input() -> None:
        while asked.read(1):
            pass
        gone.set()

    try:
        order = msgspec.json.decode(asked.readline(), type=Order)
        threading.Thread(target=wait_for_the_end_of_input, daemon=True).start()
        make(order, report)
    except (FlowscopeError, msgspec.DecodeError) as error:
        # the window has no options of those names
        print(error.message if isinstance(error, SpecError) else error, file=sys.stderr)
        return 2
    except Cancelled:
        return CANCELLED
    return 0


if __name__ == "__main__":
    sys.exit(main())
