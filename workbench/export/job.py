"""An export in a process of its own: the window stays free, and every film is made by the same painter.

Reads an `Order` as JSON from standard input; prints ``{"done": …, "total": …}`` lines; an error is one line on stderr
and exit code 2.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from core.checker import checked
from core.errors import FlowscopeError, SpecError, unknown
from core.trace import open_trace
from core.trace.derive import FieldKind
from workbench import headless
from workbench.export.gif import Film, write_gif
from workbench.export.pacing import PACINGS
from workbench.export.scenes import lanes
from workbench.views.theme import THEMES, ThemeName


class Order(msgspec.Struct, frozen=True):
    """A film to be made of some trace files."""

    traces: list[str]
    out: str
    title: str = ""
    width: int = 1200
    height: int = 640
    fps: int = 20
    seconds: float = 5.0
    pacing: str = "linear"
    theme: ThemeName = "dark"
    real: bool = True
    field_kind: FieldKind = "velocity"
    factor: float = 1.0


def film_of(order: Order) -> Film:
    """The film of an order; needs a QGuiApplication. Everything drawn is read from the traces here.

    Raises:
        FlowscopeError: a number of the order is out of range, or a trace cannot be read.
    """
    _check(order)
    theme = THEMES[order.theme]
    traces = [open_trace(checked(path)) for path in order.traces]
    scenes = lanes(traces, theme, real=order.real, field_kind=order.field_kind, factor=order.factor)
    for trace in traces:
        trace.close()
    size = (order.width // 2 * 2, order.height // 2 * 2)
    return Film(scenes, theme, order.title, size, order.fps, order.seconds, order.pacing)


def _check(order: Order) -> None:
    """Hold the numbers of an order to their limits; what is not a number is inside none."""
    limits = (
        ("size", "Width", order.width, 240, 3840),
        ("size", "Height", order.height, 240, 3840),
        ("fps", "Frames a second", order.fps, 1, 50),
        ("seconds", "Seconds", order.seconds, 0.1, 600),
    )
    for field, title, value, low, high in limits:
        if not low <= value <= high:
            raise SpecError(f"--{field}", f"{title} must be {low:,} to {high:,}. Given {value:g}.")
    if order.pacing not in PACINGS:
        raise SpecError("--pacing", unknown("pacing", order.pacing, PACINGS))
    if not order.traces:
        raise SpecError("TRACE", "Name at least one trace.")


def make(order: Order, report: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Make the film of an order in this process; returns the number of frames."""
    return write_gif(film_of(order), Path(order.out), report)


def main() -> int:
    headless.application()
    shown = 0.0

    def report(done: int, total: int) -> None:
        nonlocal shown
        if done == total or time.monotonic() - shown > 0.1:
            shown = time.monotonic()
            print(f'{{"done": {done}, "total": {total}}}', flush=True)

    try:
        make(msgspec.json.decode(sys.stdin.buffer.read(), type=Order), report)
    except (FlowscopeError, msgspec.DecodeError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
