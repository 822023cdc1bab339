"""The cooperative loop of the engine: jobs are generators, and between two steps of any of them commands are heard.

Sampling goes before analyses and these before training, the newest job first. Runs that are sampled on the processor
go on together, each in a thread, as many as there are cores; so do trainings, while one core stays the window's, and
where there are too few they take turns. Short steps are waited for; where they take long, as those of an image network
on a processor do, commands are heard and other runs are sampled in the middle of them. A job has at most one
unacknowledged batch on its way; what it makes meanwhile waits here and is written to its trace file all the same.

A run is stopped by `core.events.StopRun`, thrown in where it last yielded: it yields what it still has and
RunFinished("stopped"). Where it lets the exception through, the engine ends it as stopped.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from core import spec as specs
from core.errors import FlowscopeError
from core.events import Event, RunFinished, StopRun, Tick
from core.spec import RunSpec
from workbench.engine.commands import (
    Ack,
    Batch,
    Command,
    JobEnded,
    PauseJob,
    Progress,
    Report,
    ResumeJob,
    Shutdown,
    StartJob,
    Stats,
    StopJob,
)
from workbench.engine.job import LONGEST_STRIDE, Job, Run, Stride, ending
from workbench.engine.underway import Underway

Factory = Callable[[RunSpec, Path | None], Run]

BATCH_SECONDS = 0.03
PROGRESS_SECONDS = 0.1
STATS_SECONDS = 0.5
STEP_SECONDS = 4.0
"""At the end, for the step of a training that is in the middle of one."""
KEEP_SECONDS = 0.5
"""Then, for trainings to keep their weights and to show what was learned until then."""
MOST_IN_BATCH = 8 << 20
"""Bytes of one batch, unless a single chunk is larger: the window takes it in a few milliseconds."""
MOST_PENDING = 64 << 20
"""Bytes that may wait for a slow window; a job with more is not stepped."""

_log = logging.getLogger(__name__)


class EngineLoop:
    """Runs jobs one step at a time. ``send`` takes reports; `handle` takes commands; `step` does one unit of work.
    ``use_threads`` sets with how many threads whoever calls it computes."""

    def __init__(
        self,
        factory: Factory,
        send: Callable[[Report], None],
        use_threads: Callable[[int], None],
        cores: int = os.cpu_count() or 1,
    ) -> None:
        self._factory, self._send, self._use_threads = factory, send, use_threads
        self._jobs: dict[int, Job] = {}
        self._cores = cores
        self._underway = Underway(cores)
        self._turn = 0
        self._steps = 0
        self._written = 0
        self._stats_at = time.monotonic()
        self.closed = False

    # --- commands ------------------------------------------------------------------------------------------------

    def handle(self, command: Command) -> None:
        """Do what the window asks; a command for a job that is over or superseded is late and means nothing."""
        match command:
            case StartJob():
                self._start(command)
            case Shutdown():
                self.close()
            case Ack(job=number) | PauseJob(job=number) | ResumeJob(job=number) | StopJob(job=number):
                if number in self._jobs:
                    self._tell(self._jobs[number], command)

    def _tell(self, job: Job, command: Command) -> None:
        match command:
            case Ack():
                job.awaiting = False
            case PauseJob() | ResumeJob():
                job.paused = isinstance(command, PauseJob)
                job.pace.pause()
                self._report_progress(job, time.monotonic(), force=True)
            case StopJob():
                job.stopping = True

    def _start(self, command: StartJob) -> None:
        replaced = None if command.replaces is None else self._jobs.pop(command.replaces, None)
        if replaced is not None and replaced not in self._underway:
            replaced.abandon(remove=True)
        try:
            spec = specs.from_json(command.spec)
            run = self._factory(spec, None if command.place is None else Path(command.place))
        except FlowscopeError as error:
            self._send(JobEnded(command.job, "failed", str(error)))
            return
        record = None if command.record is None else Path(command.record)
        # A short run then arrives in one batch, as soon as it is over.
        self._jobs[command.job] = Job(command.job, spec, run, record, turn=self._turn, sent_at=time.monotonic())

    def close(self) -> None:
        """End everything now: trainings are stopped and keep what they have learned, as far as that is done soon. Other
        files are closed with what they have, and say that their run was not finished."""
        self._take_steps(self._underway.done(STEP_SECONDS if any(job.training for job in self._underway) else 0.0))
        until = time.monotonic() + KEEP_SECONDS
        for job in self._jobs.values():
            learns = job.training and job.begun and job not in self._underway
            job.stopping = learns
            while learns and job.outcome is None and time.monotonic() < until:
                self._advance(job, self._stride(job, 1))
            if job.outcome is None:
                job.abandon(remove=False, within=job in self._underway)
        for job in self._underway:
            if not self._has(job):
                job.abandon(remove=True, within=True)
        self._jobs.clear()
        self._underway.close()
        self.closed = True

    # --- work ----------------------------------------------------------------------------------------------------

    def step(self) -> bool:
        """One step of one job, or of several together, and whatever is due to be sent; False where none could be."""
        jobs = self._next()
        busy = bool(jobs or self._underway)
        if len(jobs) == 1 and (not jobs[0].shares or (jobs[0].quick and not self._underway)):
            self._advance(jobs[0], self._stride(jobs[0], 1))
            self._take_steps(self._underway.done())
        else:
            for job in jobs:
                self._underway.begin(job, self._stride)
            self._take_steps(self._underway.look())
        now = time.monotonic()
        for each in list(self._jobs.values()):
            self._report_progress(each, now)
            self._flush(each, now)
        if now - self._stats_at >= STATS_SECONDS and (self._steps or not self._underway):  # half a step is none
            queue = sum(each.outcome is None for each in self._jobs.values())
            self._send(Stats(self._steps / (now - self._stats_at), queue, self._written))
            self._steps, self._stats_at = 0, now
        return busy

    def idle_seconds(self) -> float:
        """How long the loop may sleep when `step` found nothing to do, unless a command comes."""
        if any(self._sendable(job) for job in self._jobs.values()):
            return BATCH_SECONDS
        return max(0.0, self._stats_at + STATS_SECONDS - time.monotonic())

    def _next(self) -> list[Job]:
        """The runs of which a step begins now."""
        return [job for job in self._wanted() if job not in self._underway]

    def _wanted(self) -> list[Job]:
        """The runs that are to be in a step, whether they are or not."""
        ready = [
            job
            for job in self._jobs.values()
            if job.outcome is None and (job.stopping or not job.paused) and job.outbox.n_bytes < MOST_PENDING
        ]
        for job in ready:
            if job.stopping and job not in self._underway:
                return [job]
        sampling = [job for job in reversed(ready) if not job.training]
        wanted = [job for job in sampling if not job.analysis] or sampling[:1]
        if not wanted:
            return self._learning(sorted(ready, key=lambda job: job.turn))
        if not wanted[0].shares:
            return wanted[:1]
        new = [job for job in wanted if not job.begun]
        return new[:1] or [job for job in wanted if job.shares][: self._cores]

    def _learning(self, trainings: list[Job]) -> list[Job]:
        """The one whose turn it is, and those for whose threads there are cores beside it and the window's."""
        if not trainings or not trainings[0].shares:
            return trainings[:1]
        together, free = trainings[:1], self._cores - 1 - trainings[0].threads
        for job in trainings[1:]:
            if job.shares and job.threads <= free:
                together.append(job)
                free -= job.threads
        return together

    def _stride(self, job: Job, most: int = LONGEST_STRIDE) -> Stride:
        self._use_threads(job.threads)  # others may have been stepped in this thread since
        return job.stride(most)

    def _take_steps(self, steps: list[tuple[Job, Stride]]) -> None:
        """What runs brought from their threads; one that was superseded in the middle of its step ends here."""
        for job, stride in steps:
            if self._has(job):
                self._advance(job, stride)
            else:
                job.abandon(remove=True)

    def _has(self, job: Job) -> bool:
        return self._jobs.get(job.number) is job

    def _advance(self, job: Job, stride: Stride) -> None:
        self._turn += 1
        job.turn = self._turn
        written = job.written
        asked = stride.stopped
        try:
            for event in stride.events:
                self._take(job, event)
            if stride.error is not None:
                raise stride.error
        except StopIteration:
            job.end(JobEnded(job.number, "stopped" if asked else "finished"))
        except StopRun:
            job.end(JobEnded(job.number, "stopped"))
        except Exception as error:  # noqa: BLE001  # whatever a run did wrong must not take the other runs with it
            outcome = job.failure(error)
            if outcome.detail:
                _log.error("job %d failed\n%s", job.number, outcome.detail)
            job.end(outcome)
        self._written += job.written - written

    def _take(self, job: Job, event: Event | Tick | None) -> None:
        match event:
            case None:
                self._steps += 1
            case Tick():
                self._steps += 1
                job.done, job.total = event.done, event.total
                job.pace.count(time.monotonic(), event.done)
            case RunFinished():
                job.end(ending(job.number, event))
            case _:
                job.keep(event)

    # --- reports -------------------------------------------------------------------------------------------------

    @staticmethod
    def _sendable(job: Job) -> bool:
        return not job.awaiting and (len(job.outbox) > 0 or job.outcome is not None)

    def _flush(self, job: Job, now: float) -> None:
        if not self._sendable(job) or (job.outcome is None and now - job.sent_at < BATCH_SECONDS):
            return
        if len(job.outbox):
            job.awaiting, job.sent_at = True, now
            self._send(Batch(job.number, job.outbox.take(MOST_IN_BATCH)))
        elif job.outcome is not None:
            self._send(job.outcome)
            del self._jobs[job.number]

    def _report_progress(self, job: Job, now: float, *, force: bool = False) -> None:
        """Tell how far a job is: when that has changed, not too often, and always at its end."""
        when, done = job.reported
        due = done != job.done and (now - when >= PROGRESS_SECONDS or job.outcome is not None)
        if job.total and (force or due):
            job.reported = (now, job.done)
            rate = 0.0 if job.paused else job.pace.rate
            self._send(Progress(job.number, job.done, job.total, rate, job.paused))
