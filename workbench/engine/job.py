"""One run in the engine: its generator, its trace file, what it has still to send, and how fast it goes."""

from __future__ import annotations

import inspect
import logging
import time
import traceback
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from core.errors import FlowscopeError
from core.events import Chunk, Event, RunFinished, RunStarted, StopRun, Tick
from core.machine.pace import Pace
from core.spec import RunSpec
from core.trace import TraceWriter
from workbench.engine.commands import JobEnded
from workbench.engine.outbox import Outbox

Run = Generator[Event | Tick | None]

_log = logging.getLogger(__name__)
_RATE_SECONDS = 1.0
LEAST_SECONDS = 0.005
"""Of a stride beside others: to wait for each other costs some tenths of a millisecond."""
QUICK_SECONDS = 0.05
"""Nobody feels that a command is heard so much later."""
LONGEST_STRIDE = 16
"""Of a run that ticks seldom; a step of sampling yields its streams' rows and a tick."""


class Stride(NamedTuple):
    """What a run yielded, whether it was told to stop before, and what ended it: StopIteration, StopRun or an error."""

    events: list[Event | Tick | None]
    stopped: bool
    error: Exception | None = None


@dataclass(eq=False)
class Job:
    """A run and what the loop knows of it. ``turn`` orders training jobs, ``begun`` and ``threads`` are set by the
    run's first event, ``outcome`` once it is over."""

    number: int
    spec: RunSpec
    run: Run
    record: Path | None = None
    turn: int = 0
    paused: bool = False
    stopping: bool = False
    awaiting: bool = False
    sent_at: float = 0.0
    reported: tuple[float, int] = (0.0, -1)
    done: int = 0
    total: int = 0
    pace: Pace = field(default_factory=lambda: Pace(_RATE_SECONDS))
    outbox: Outbox = field(default_factory=Outbox)
    outcome: JobEnded | None = None
    begun: bool = False
    threads: int = 1
    written: int = 0
    _device: str = field(default="", init=False)
    _longest: float = field(default=0.0, init=False)
    """Seconds of its longest stride since it has begun."""
    _writer: TraceWriter | None = field(default=None, init=False)
    _unrecorded: str = field(default="", init=False)
    """Why a sampling run is recorded no further; it is shown all the same."""

    @property
    def training(self) -> bool:
        return self.spec.action == "train"

    @property
    def analysis(self) -> bool:
        """Whether it finds out more about a run: what is sampled is wanted before."""
        return self.spec.action in ("exact-field", "error-map", "report")

    @property
    def shares(self) -> bool:
        """Whether it has begun, and is computed by the CPU, so that another run's steps may be computed beside its."""
        compiles = self.training and self.spec.training.compile  # which one thread does at a time
        return self._device == "cpu" and not compiles

    @property
    def quick(self) -> bool:
        """Whether all its strides were so short that they can be waited for; of a run's first nobody knows."""
        return 0.0 < self._longest < QUICK_SECONDS

    @property
    def slow(self) -> bool:
        """Whether one of them was not."""
        return self._longest >= QUICK_SECONDS

    def stride(self, most: int) -> Stride:
        """Run on to the first tick after some milliseconds, or as far as ``most`` things that the run yields; a stop
        that was asked for is thrown into it first. Nothing is raised: this may be called in a thread."""
        events: list[Event | Tick | None] = []
        began, begun, stopped = time.perf_counter(), self.begun, self.stopping  # one may be asked for in the middle
        until, error = began + LEAST_SECONDS, None
        try:
            while len(events) < most:
                events.append(event := self._next(stop=stopped and not events))
                if isinstance(event, RunFinished) or (isinstance(event, Tick | None) and time.perf_counter() >= until):
                    break
        except Exception as problem:  # noqa: BLE001  # the loop's to handle, after what came before it
            error = problem
        if begun:
            self._longest = max(self._longest, time.perf_counter() - began)
        return Stride(events, stopped, error)

    def _next(self, *, stop: bool) -> Event | Tick | None:
        if not stop:
            return next(self.run)
        self.stopping = self.paused = False
        if inspect.getgeneratorstate(self.run) == inspect.GEN_CREATED:
            raise StopRun  # nothing has begun, so there is nothing to end
        return self.run.throw(StopRun())

    def keep(self, event: Event) -> None:
        """Queue an event for the window and write it to the trace file, which is made with the first one."""
        if isinstance(event, RunStarted):
            self.begun, self._device = True, event.meta.get("device", "")
            self.threads = int(event.meta.get("threads", "1"))
        self.outbox.put(event)
        if self.record is None:
            return
        try:
            if self._writer is None:
                self._writer = TraceWriter(self.record)
            self._writer.feed(event)
        except FlowscopeError as error:
            if self.training:
                raise
            self._stop_recording(error)
            return
        if isinstance(event, Chunk):
            self.written += event.data.nbytes

    def _stop_recording(self, error: FlowscopeError) -> None:
        """A person looks at what is sampled: that it cannot be kept is said, and does not end it."""
        self.record, self._unrecorded = None, str(error)
        if self._writer is not None:
            with suppress(FlowscopeError):
                self._writer.feed(RunFinished("failed", self._unrecorded))
            with suppress(FlowscopeError):
                self._writer.close()
            self._writer = None

    def end(self, outcome: JobEnded) -> None:
        """The run is over: complete its file and queue its last event. A file that fails makes the job fail."""
        self._close_run()
        if self._writer is not None:
            outcome = self._finish_file(self._writer, outcome)
        if self.begun:
            self.outbox.put(RunFinished(outcome.status, outcome.message))
        if self._unrecorded and outcome.status != "failed":
            outcome = msgspec.structs.replace(outcome, unrecorded=self._unrecorded)
        self.outcome = outcome

    def _finish_file(self, writer: TraceWriter, outcome: JobEnded) -> JobEnded:
        try:
            try:
                writer.feed(RunFinished(outcome.status, outcome.message))
            except FlowscopeError as error:  # its last rows found no room; what was committed is told that it failed
                outcome = self._failed_unless_it_has(outcome, error)
                writer.feed(RunFinished(outcome.status, outcome.message))
            writer.close()
        except FlowscopeError as error:
            outcome = self._failed_unless_it_has(outcome, error)
        return outcome

    def _failed_unless_it_has(self, outcome: JobEnded, error: FlowscopeError) -> JobEnded:
        if not self.training and outcome.status != "failed":
            self._unrecorded = str(error)
            return outcome
        return outcome if outcome.status == "failed" else JobEnded(self.number, "failed", str(error))

    def abandon(self, *, remove: bool, within: bool = False) -> None:
        """Close the run and its file in the middle; what is committed stays readable unless the file is removed.

        A run that is ``within`` a step cannot be closed, and is left to it.
        """
        if not within:
            self._close_run()
        if self._writer is None:
            return
        try:
            self._writer.close()
            if remove:
                self._writer.path.unlink(missing_ok=True)
        except (FlowscopeError, OSError) as error:  # such as a folder that is gone: nobody waits for this file
            _log.warning("the file of job %d: %s", self.number, error)

    def failure(self, error: Exception) -> JobEnded:
        """What the user is told of an error in the run, with the traceback for the log unless the user caused it."""
        if isinstance(error, FlowscopeError):
            return JobEnded(self.number, "failed", str(error))
        detail = "".join(traceback.format_exception(error))
        if isinstance(error, MemoryError) or any(words in str(error).lower() for words in _MEMORY_WORDS):
            return JobEnded(self.number, "failed", self._memory_message(), detail)
        first_line = next(iter(str(error).splitlines()), "")
        message = f"The engine met a bug: {type(error).__name__}: {first_line}".removesuffix(": ")
        return JobEnded(self.number, "failed", message, detail)

    def _memory_message(self) -> str:
        device = self._device or (self.spec.device if self.spec.device != "auto" else "this device")
        what, fewer = f"{self.spec.n_samples:,} particles", "fewer particles"
        if self.training:
            what, fewer = f"batches of {self.spec.training.batch_size:,} and {what}", f"smaller batches, {fewer}"
        return f"Not enough memory for {what} on {device}. Try {fewer} or another device."

    def _close_run(self) -> None:
        try:
            self.run.close()
        except Exception:  # noqa: BLE001  # a bug in a run that nobody waits for must not end the engine
            _log.exception("the end of job %d", self.number)


#: As torch words it on the CPU, CUDA and MPS, and Windows in its own way.
_MEMORY_WORDS = ("out of memory", "can't allocate memory", "not enough memory")


def ending(number: int, finished: RunFinished) -> JobEnded:
    """What a run's own last event means for its job."""
    status: Literal["finished", "stopped", "failed"] = "failed" if finished.status == "running" else finished.status
    return JobEnded(number, status, finished.message)
