"""The cooperative loop of the engine: jobs are generators, and between two steps of any of them commands are heard.

Sampling goes before training, the newest sampling job first; training jobs take turns, step by step. A job has at most
one unacknowledged batch on its way; what it makes meanwhile waits here, merged, and is written to its trace at once.
"""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core import spec as specs
from core.errors import FlowscopeError
from core.events import Chunk, Event, RunFinished, StopRun, Tick
from core.spec import RunSpec
from core.trace import TraceWriter
from workbench.engine.commands import (
    Ack, Batch, Command, JobEnded, PauseJob, Progress, Report, ResumeJob, Shutdown, StartJob, Stats, StopJob,
)  # fmt: skip

Run = Generator[Event | Tick]
Factory = Callable[[RunSpec, Path | None], Run]

BATCH_SECONDS = 0.03
PROGRESS_SECONDS = 0.1
STATS_SECONDS = 0.5
MOST_PENDING = 64 << 20
"""Bytes that may wait for a slow window before a job pauses by itself."""


@dataclass(eq=False)
class Job:
    """A run in the engine."""

    number: int
    spec: RunSpec
    run: Run
    writer: TraceWriter | None
    paused: bool = False
    stopping: bool = False
    awaiting: bool = False
    pending: list[Event] = field(default_factory=list)
    pending_bytes: int = 0
    sent_at: float = 0.0
    done: int = 0
    total: int = 0
    ticks: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=4096))
    reported_at: float = 0.0
    outcome: JobEnded | None = None

    @property
    def training(self) -> bool:
        return self.spec.action == "train"

    def rate(self, now: float) -> float:
        """Steps a second over the last second."""
        while len(self.ticks) > 1 and now - self.ticks[0][0] > 1.0:
            self.ticks.popleft()
        if len(self.ticks) < 2 or now <= self.ticks[0][0]:
            return 0.0
        return (self.ticks[-1][1] - self.ticks[0][1]) / (now - self.ticks[0][0])


class EngineLoop:
    """Runs jobs one step at a time. ``send`` takes reports; `handle` takes commands; `step` does one unit of work."""

    def __init__(self, factory: Factory, send: Callable[[Report], None]) -> None:
        self._factory, self._send = factory, send
        self._jobs: dict[int, Job] = {}
        self._turn = 0
        self._steps = 0
        self._written = 0
        self._stats_at = time.monotonic()
        self.closed = False

    # --- commands ------------------------------------------------------------------------------------------------

    def handle(self, command: Command) -> None:
        match command:
            case StartJob():
                self._start(command)
            case Ack():
                if command.job in self._jobs:
                    self._jobs[command.job].awaiting = False
            case PauseJob() | ResumeJob():
                if command.job in self._jobs:
                    job = self._jobs[command.job]
                    job.paused = isinstance(command, PauseJob)
                    self._report_progress(job, time.monotonic(), force=True)
            case StopJob():
                if command.job in self._jobs:
                    self._jobs[command.job].stopping = True
            case Shutdown():
                self.close()

    def _start(self, command: StartJob) -> None:
        if command.replaces is not None:
            self._drop(command.replaces)
        writer = None
        try:
            spec = specs.from_json(command.spec)
            directory = None if command.directory is None else Path(command.directory)
            writer = None if command.record is None else TraceWriter(Path(command.record))
            self._jobs[command.job] = Job(command.job, spec, self._factory(spec, directory), writer)
        except FlowscopeError as error:
            self._send(JobEnded(command.job, "failed", str(error)))

    def _drop(self, number: int) -> None:
        """Forget a superseded job: nothing of it is sent any more, and its unfinished file goes."""
        job = self._jobs.pop(number, None)
        if job is not None:
            job.run.close()
            if job.writer is not None:
                job.writer.close()
                job.writer.path.unlink(missing_ok=True)

    def close(self) -> None:
        """End everything: traces are closed with what they have."""
        for job in self._jobs.values():
            job.run.close()
            if job.writer is not None:
                job.writer.close()
        self._jobs.clear()
        self.closed = True

    # --- work ----------------------------------------------------------------------------------------------------

    def step(self) -> bool:
        """One step of one job, and whatever is due to be sent; False where there was nothing to do."""
        now = time.monotonic()
        job = self._next()
        if job is not None:
            self._advance(job)
        for each in list(self._jobs.values()):
            self._flush(each, now)
            self._report_progress(each, now)
        if now - self._stats_at >= STATS_SECONDS:
            seconds = now - self._stats_at
            self._send(Stats(self._steps / seconds, sum(1 for j in self._jobs.values() if not j.outcome), self._written))
            self._steps, self._stats_at = 0, now
        return job is not None

    def _next(self) -> Job | None:
        ready = [
            job
            for job in self._jobs.values()
            if job.outcome is None and (job.stopping or not job.paused) and job.pending_bytes < MOST_PENDING
        ]
        sampling = [job for job in ready if not job.training]
        if sampling:
            return sampling[-1]
        if not ready:
            return None
        self._turn += 1
        return ready[self._turn % len(ready)]

    def _advance(self, job: Job) -> None:
        try:
            if job.stopping:
                job.stopping = job.paused = False
                event: Event | Tick | None = job.run.throw(StopRun())
            else:
                event = next(job.run, None)
            self._take(job, event)
        except StopIteration:
            self._end(job, JobEnded(job.number, "stopped"))
        except FlowscopeError as error:
            self._end(job, JobEnded(job.number, "failed", str(error)))
        except Exception as error:  # a bug in a run must not take the other runs with it
            self._end(job, _failure(job, error))

    def _take(self, job: Job, event: Event | Tick | None) -> None:
        if event is None:
            self._end(job, job.outcome or JobEnded(job.number, "finished"))
            return
        if isinstance(event, Tick):
            job.done, job.total = event.done, event.total
            job.ticks.append((time.monotonic(), event.done))
            self._steps += 1
            return
        if job.writer is not None:
            job.writer.feed(event)
        if isinstance(event, Chunk):
            job.pending_bytes += event.data.nbytes
            self._written += event.data.nbytes if job.writer is not None else 0
        job.pending.append(event)
        if isinstance(event, RunFinished):
            status = "stopped" if event.status == "stopped" else "finished"
            self._end(job, JobEnded(job.number, status, event.message))

    def _end(self, job: Job, outcome: JobEnded) -> None:
        if outcome.status == "failed":
            job.pending.append(RunFinished("failed", outcome.message))
        job.outcome = outcome
        if job.writer is None:
            return
        try:
            if outcome.status == "failed":
                job.writer.feed(job.pending[-1])
            job.writer.close()
        except FlowscopeError as error:
            job.outcome = JobEnded(job.number, "failed", str(error))

    # --- reports -------------------------------------------------------------------------------------------------

    def _flush(self, job: Job, now: float) -> None:
        if job.awaiting or (now - job.sent_at < BATCH_SECONDS and job.outcome is None):
            return
        if job.pending:
            self._send(Batch(job.number, merged(job.pending)))
            job.pending, job.pending_bytes = [], 0
            job.awaiting, job.sent_at = True, now
        elif job.outcome is not None:
            self._send(job.outcome)
            del self._jobs[job.number]

    def _report_progress(self, job: Job, now: float, *, force: bool = False) -> None:
        if job.total and (force or now - job.reported_at >= PROGRESS_SECONDS) and job.outcome is None:
            job.reported_at = now
            self._send(Progress(job.number, job.done, job.total, job.rate(now), job.paused))


def merged(events: list[Event]) -> list[Event]:
    """The same events with the chunks of each stream joined; other events keep their places before and after."""
    out: list[Event] = []
    waiting: dict[str, list[Chunk]] = {}
    for event in events:
        if isinstance(event, Chunk):
            waiting.setdefault(event.stream, []).append(event)
            continue
        out += [_joined(chunks) for chunks in waiting.values()]
        waiting.clear()
        out.append(event)
    return out + [_joined(chunks) for chunks in waiting.values()]


def _joined(chunks: list[Chunk]) -> Chunk:
    if len(chunks) == 1:
        return chunks[0]
    columns = {name: np.concatenate([chunk.columns[name] for chunk in chunks]) for name in chunks[0].columns}
    return Chunk(chunks[0].stream, np.concatenate([chunk.data for chunk in chunks]), columns)


_MEMORY_WORDS = ("out of memory", "can't allocate memory", "not enough memory")


def _failure(job: Job, error: Exception) -> JobEnded:
    detail = "".join(traceback.format_exception(error))
    if isinstance(error, MemoryError) or any(words in str(error).lower() for words in _MEMORY_WORDS):
        device = job.spec.device if job.spec.device != "auto" else "this device"
        message = (
            f"Not enough memory for {job.spec.n_samples:,} particles on {device}. Try fewer particles or another device."
        )
    else:
        message = f"The engine met a bug: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return JobEnded(job.number, "failed", message, detail)
