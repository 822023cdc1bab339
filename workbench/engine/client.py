"""The window's side of the engine: submit runs, hear of them by signals, and start another engine when one dies."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from PyQt6.QtCore import QCoreApplication, QObject, QTimer, pyqtSignal

from core import spec as specs
from core.spec import RunSpec
from workbench.engine.commands import (
    Ack,
    Batch,
    Command,
    Hello,
    JobEnded,
    Offer,
    PauseJob,
    Progress,
    Refusal,
    Report,
    ResumeJob,
    StartJob,
    Stats,
    StopJob,
)
from workbench.engine.link import GOODBYE_SECONDS, LEARNED_SECONDS, Link
from workbench.engine.worker import DEFAULT_FACTORY

_QUICK_DEATH_SECONDS = 5.0
_MOST_QUICK_DEATHS = 3
_STOPPED = "The engine stopped"
_UNAVAILABLE = "The engine stops as soon as it starts. Recorded runs can still be played."


class EngineClient(QObject):
    """The engine as the window sees it. No call waits; every signal is emitted in the thread of the window.

    Signals:
        hello: a `Hello`, when an engine is ready; after the death of an earlier one `restarted` follows.
        offered: an `Offer`, where plug-ins bring more than what ships.
        batch: job and its next events (list of Event); the engine sends further ones once the slots have returned.
        progress, ended, stats: a `Progress`, `JobEnded`, `Stats`.
        died: exit code; ``ended`` follows for every job that ran, and another engine is on its way.
        refused: one line; no engine can start, as where a plug-in is at fault. ``unavailable`` follows.
        unavailable: one line; the engine died thrice at once or refused, and only `start` tries again.
    """

    hello = pyqtSignal(object)
    offered = pyqtSignal(object)
    batch = pyqtSignal(int, list)
    progress = pyqtSignal(object)
    ended = pyqtSignal(object)
    stats = pyqtSignal(object)
    died = pyqtSignal(int)
    restarted = pyqtSignal()
    refused = pyqtSignal(str)
    unavailable = pyqtSignal(str)
    _reported = pyqtSignal(object, object)
    _gone = pyqtSignal(object, int)

    def __init__(self, parent: QObject | None = None, *, factory: str = DEFAULT_FACTORY) -> None:
        super().__init__(parent)
        self._factory = factory
        self._link: Link | None = None
        self._last_job = 0
        self._live: dict[int, RunSpec] = {}
        self.wording: Callable[[RunSpec, str], str] = lambda _spec, message: message
        """How the window says what the engine says of a run that failed."""
        self._refused: list[int] = []
        self._quick_deaths = 0
        self._restarting = False
        self._refusal = ""
        # Emitted in the link's thread, so Qt queues them for ours.
        self._reported.connect(self._on_report)
        self._gone.connect(self._on_gone)
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self.shutdown)

    @property
    def pid(self) -> int | None:
        """Process id of the engine, once it was spawned."""
        return self._link.pid if self._link is not None else None

    @property
    def gone(self) -> bool:
        """Whether there is none, and none on its way: only `start` brings one."""
        return self._link is None

    def start(self) -> None:
        """Spawn the engine in the background, if there is none; `hello` is emitted when it is ready."""
        if self._link is None:
            self._quick_deaths = 0
            self._spawn(0.0)

    def submit(
        self, spec: RunSpec, *, replaces: int | None = None, record: Path | None = None, place: Path | None = None
    ) -> int:
        """Ask for a run and return its job number; it may be asked for before the engine is ready.

        Args:
            replaces: a job that this one supersedes: nothing more is heard of it, and its record is removed.
            record: trace file to write.
            place: where a training keeps its checkpoint, or the trace that a report is of.
        """
        self._last_job += 1
        job = self._last_job
        self._live[job] = spec
        if replaces is not None:
            self._live.pop(replaces, None)
        if self._link is None:
            self._refused.append(job)
            QTimer.singleShot(0, self._refuse)
            return job
        file, folder = (None if path is None else str(path) for path in (record, place))
        self._send(StartJob(job, specs.to_json(spec), replaces, file, folder))
        return job

    def pause(self, job: int) -> None:
        self._send(PauseJob(job))

    def resume(self, job: int) -> None:
        self._send(ResumeJob(job))

    def stop(self, job: int) -> None:
        """End a job between two steps and keep what it made; `ended` follows with the status ``stopped``."""
        self._send(StopJob(job))

    def shutdown(self) -> None:
        """Let the engine close its traces and go, in the background; nothing more is heard of it or its jobs."""
        link, self._link = self._link, None
        learns = any(spec.action == "train" for spec in self._live.values())
        self._live.clear()
        if link is not None:
            link.close(LEARNED_SECONDS if learns else GOODBYE_SECONDS)

    def _spawn(self, delay: float) -> None:
        self._link = Link(self._factory, self._reported.emit, self._gone.emit, delay=delay)

    def _send(self, command: Command) -> None:
        if self._link is not None:
            self._link.send(command)

    def _refuse(self) -> None:
        refused, self._refused = self._refused, []
        self._fail(refused)

    def _fail(self, jobs: list[int]) -> None:
        for job in jobs:
            self._live.pop(job, None)
            self.ended.emit(JobEnded(job, "failed", _STOPPED))

    def _on_report(self, link: Link, report: Report) -> None:
        if link is not self._link:
            return
        match report:
            case Hello():
                self.hello.emit(report)
                if self._restarting:
                    self._restarting = False
                    self.restarted.emit()
            case Offer():
                self.offered.emit(report)
            case Refusal():
                self._refusal = report.message
            case Batch():
                try:
                    if report.job in self._live:
                        self.batch.emit(report.job, report.events)
                finally:
                    self._send(Ack(report.job))
            case Progress():
                if report.job in self._live:
                    self.progress.emit(report)
            case JobEnded():
                if (spec := self._live.pop(report.job, None)) is not None:
                    self.ended.emit(msgspec.structs.replace(report, message=self.wording(spec, report.message)))
            case Stats():
                self.stats.emit(report)

    def _on_gone(self, link: Link, code: int) -> None:
        if link is not self._link:
            return
        jobs = sorted(self._live)
        self._live.clear()
        quick = not link.greeted or time.monotonic() - link.started < _QUICK_DEATH_SECONDS
        self._quick_deaths = self._quick_deaths + 1 if quick else 0
        refusal, self._refusal = self._refusal, ""
        hopeless = bool(refusal) or self._quick_deaths >= _MOST_QUICK_DEATHS
        self._link, self._restarting = None, True
        if not hopeless:
            # Before anybody is told, so that a slot may submit its job again. At once the first time, later the next.
            self._spawn(max(0.0, self._quick_deaths - 1.0))
        if refusal:
            self.refused.emit(refusal)
        else:
            self.died.emit(code)
        self._fail(jobs)
        if hopeless:
            self.unavailable.emit(_UNAVAILABLE)
