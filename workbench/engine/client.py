"""The window's side of the engine: spawn it, talk to it without ever waiting, notice its death, start another."""

from __future__ import annotations

import multiprocessing as mp
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from PyQt6.QtCore import QObject, Qt, pyqtSignal

from core import spec as specs
from core.spec import RunSpec
from workbench.engine import commands, worker
from workbench.engine.commands import (
    Ack, Batch, Command, Hello, JobEnded, PauseJob, Progress, Report, ResumeJob, Shutdown, StartJob, Stats, StopJob,
)  # fmt: skip

_QUICK_DEATH_SECONDS = 5.0
_MOST_QUICK_DEATHS = 3
_GOODBYE_SECONDS = 0.8


class EngineClient(QObject):
    """Signals arrive in the GUI thread; pipe reading, decoding and writing happen in two threads of their own."""

    hello = pyqtSignal(object)
    batch = pyqtSignal(int, list)
    progress = pyqtSignal(object)
    ended = pyqtSignal(object)
    stats = pyqtSignal(object)
    died = pyqtSignal(int)
    unavailable = pyqtSignal(str)
    _report = pyqtSignal(object, object)
    _gone = pyqtSignal(object, int)

    def __init__(self, parent: QObject | None = None, *, factory: str = worker.DEFAULT_FACTORY) -> None:
        super().__init__(parent)
        self._factory = factory
        self._next = 1
        self._live: set[int] = set()
        self._link: _Link | None = None
        self._quick_deaths = 0
        self._closing = False
        self._report.connect(self._on_report, Qt.ConnectionType.QueuedConnection)
        self._gone.connect(self._on_gone, Qt.ConnectionType.QueuedConnection)

    @property
    def pid(self) -> int | None:
        """Process id of the engine, once it runs."""
        return self._link.pid if self._link else None

    def start(self) -> None:
        """Spawn the engine in the background; `hello` is emitted when it is ready."""
        self._link = _Link(self._factory, self._report.emit, self._gone.emit)

    def submit(
        self, spec: RunSpec, *, replaces: int | None = None, record: Path | None = None, directory: Path | None = None
    ) -> int:
        """Ask for a run; returns its job number. A replaced job's late messages are dropped."""
        number, self._next = self._next, self._next + 1
        self._live.add(number)
        if replaces is not None:
            self._live.discard(replaces)
        self._send(
            StartJob(
                number, specs.to_json(spec), replaces, str(record) if record else None, str(directory) if directory else None
            )
        )
        return number

    def pause(self, job: int) -> None:
        self._send(PauseJob(job))

    def resume(self, job: int) -> None:
        self._send(ResumeJob(job))

    def stop(self, job: int) -> None:
        self._send(StopJob(job))

    def shutdown(self) -> None:
        """Ask the engine to close its traces and go; kill it where it does not within a second."""
        self._closing = True
        if self._link is not None:
            self._link.close()

    def _send(self, command: Command) -> None:
        if self._link is not None:
            self._link.outbox.put(command)

    def _on_report(self, link: object, report: Report) -> None:
        if link is not self._link:
            return
        match report:
            case Hello():
                self.hello.emit(report)
            case Batch():
                if report.job in self._live:
                    self.batch.emit(report.job, report.events)
                self._send(Ack(report.job))
            case Progress():
                if report.job in self._live:
                    self.progress.emit(report)
            case JobEnded():
                if report.job in self._live:
                    self._live.discard(report.job)
                    self.ended.emit(report)
            case Stats():
                self.stats.emit(report)

    def _on_gone(self, link: object, code: int) -> None:
        if self._closing or link is not self._link or self._link is None:
            return
        quick = time.monotonic() - self._link.started < _QUICK_DEATH_SECONDS
        self._quick_deaths = self._quick_deaths + 1 if quick else 0
        self._link.close()
        self._link = None
        self.died.emit(code)
        for job in sorted(self._live):
            self.ended.emit(JobEnded(job, "failed", "The engine stopped"))
        self._live.clear()
        if self._quick_deaths >= _MOST_QUICK_DEATHS:
            self.unavailable.emit("The engine stops as soon as it starts. Recorded runs can still be played.")
        else:
            self.start()


class _Link:
    """One engine process with its pipe and threads."""

    def __init__(
        self, factory: str, report: Callable[[object, Report], None], gone: Callable[[object, int], None]
    ) -> None:
        self.outbox: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self.started = time.monotonic()
        self.pid: int | None = None
        self._process: BaseProcess | None = None
        self._report, self._gone = report, gone
        self._closing = False
        self._thread = threading.Thread(target=self._run, args=(factory,), name="engine", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Say goodbye; the threads see to the rest."""
        self._closing = True
        self.outbox.put(Shutdown())
        self.outbox.put(None)
        threading.Thread(target=self._end, name="engine-end", daemon=False).start()

    def _end(self) -> None:
        self._thread.join(_GOODBYE_SECONDS)
        if self._process is not None and self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _run(self, factory: str) -> None:
        """Spawn, then read until the pipe or the process ends."""
        context = mp.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=worker.main, args=(theirs, factory), name="flowscope-engine", daemon=True)
        process.start()
        theirs.close()
        self._process, self.pid = process, process.pid
        threading.Thread(target=self._write, args=(ours,), name="engine-writer", daemon=True).start()
        self._read(ours, process)
        process.join(_GOODBYE_SECONDS)
        self.outbox.put(None)
        with suppress(RuntimeError):  # the window is gone already
            self._gone(self, process.exitcode if process.exitcode is not None else -1)

    def _read(self, connection: Connection, process: BaseProcess) -> None:
        while True:
            ready = wait([connection, process.sentinel])
            if connection in ready:
                try:
                    data = connection.recv_bytes()
                except (EOFError, OSError):
                    return
                with suppress(RuntimeError):
                    self._report(self, commands.decode_report(data))
            elif process.sentinel in ready:
                return

    def _write(self, connection: Connection) -> None:
        while (command := self.outbox.get()) is not None:
            try:
                connection.send_bytes(commands.encode(command))
            except (BrokenPipeError, OSError):
                return
