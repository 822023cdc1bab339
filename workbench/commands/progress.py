"""Progress of a run on stderr, and its events into a trace file."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from core.errors import FlowscopeError
from core.events import Event, RunFinished, StopRun, Tick
from core.machine.pace import Pace, time_left
from core.trace import Trace, TraceBuilder, TraceWriter

_INTERACTIVE_SECONDS = 0.2
_LOG_SECONDS = 5.0
_TIMED_SECONDS = 30.0


class ProgressLine:
    """One line that is rewritten on a terminal, and an occasional line in a log."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._shown, self._done = time.monotonic(), -1
        self._pace = Pace(_TIMED_SECONDS)
        self._terminal = sys.stderr.isatty()
        if self._terminal:  # until the first step is done, for which libraries are loaded and data are read
            print(f"\r\033[K{label}: starting", end="", file=sys.stderr, flush=True)

    def update(self, done: int, total: int) -> None:
        now = time.monotonic()
        self._pace.count(now, done)
        if now - self._shown < (_INTERACTIVE_SECONDS if self._terminal else _LOG_SECONDS):
            return
        if not self._terminal and done == self._done:  # a log is told nothing twice
            return
        self._shown, self._done = now, done
        left = self._pace.seconds_left(done, total)
        text = f"{self._label}: {done:,} of {total:,}" + ("" if left is None else f", {time_left(left)}")
        print(
            f"\r\033[K{text}" if self._terminal else text,
            end="" if self._terminal else "\n",
            file=sys.stderr,
            flush=True,
        )

    def close(self) -> None:
        if self._terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


class Listener(Protocol):
    """What takes a run's events beside its trace."""

    def feed(self, event: Event) -> None: ...


def record(
    events: Generator[Event | Tick], label: str, file: Path | None = None, listeners: Sequence[Listener] = ()
) -> Trace:
    """Run to the end, write the trace file where one is named, and return the trace; listeners hear every event.

    The file is only touched once the run has begun: a spec that cannot run leaves an older file as it was. Ctrl+C stops
    the run between two steps and keeps what it made.
    """
    builder, line, writer = TraceBuilder(), ProgressLine(label), None
    with ExitStack() as stack:
        stack.callback(line.close)
        try:
            for event in _stoppable(events):
                if isinstance(event, Tick):
                    line.update(event.done, event.total)
                    continue
                if file is not None and writer is None:
                    writer = stack.enter_context(TraceWriter(file))
                builder.feed(event)
                if writer is not None:
                    writer.feed(event)
                for listener in listeners:
                    listener.feed(event)
        except Exception as error:
            if writer is not None:
                with suppress(FlowscopeError):  # it may be the file that fails
                    writer.feed(RunFinished("failed", str(error)))
            raise
    return builder.trace


def told(trace: Trace, about: str = "") -> bool:
    """Tell on stderr what is wrong with a run that has come to its end; whether there was something to tell."""
    if trace.message:
        print(f"flowscope: {about}{trace.message}", file=sys.stderr)
    return bool(trace.message)


def _stoppable(events: Generator[Event | Tick]) -> Iterator[Event | Tick]:
    """The same, where Ctrl+C, or the end of a batch job's time, asks the run to end properly between two steps.

    A second one interrupts it at once.
    """
    with _interrupts() as asked:
        for event in events:
            if asked() and isinstance(event, Tick):  # a run can be stopped between two steps, not before the first
                yield event
                with suppress(StopIteration):
                    yield events.throw(StopRun())
                    yield from events
                return
            yield event


@contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl+C was pressed, or a queue sent SIGTERM; only the main thread of a process can be asked.

    Processes of torchrun wait for each other at every step, so none may stop by itself: there Ctrl+C interrupts all.
    """
    if threading.current_thread() is not threading.main_thread() or "RANK" in os.environ:
        yield lambda: False
        return
    asked = False

    def ask(*_: object) -> None:
        nonlocal asked
        asked = True
        restore()
        with suppress(OSError):  # at once: the step may take seconds, and a print in it may be what was interrupted
            os.write(2, b"\nstopping after this step\n")

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        restore()
