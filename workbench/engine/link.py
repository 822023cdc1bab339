"""One engine process with its pipe and the threads that read and write it. No Qt: reports go to two functions.

The reading thread spawns the process, decodes what it sends, notices its end and reaps it; the writing thread sends
commands. Neither function is called again once `Link.close` has returned, so their owner may go away then.
"""

from __future__ import annotations

import atexit
import multiprocessing as mp
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from workbench.engine import commands, worker
from workbench.engine.commands import Command, Hello, Report, Shutdown

GOODBYE_SECONDS = 0.8
"""How long an engine may take to close its traces and go before it is killed."""
LEARNED_SECONDS = 5.0
"""The same where it trains: what was learned in the last seconds is kept after the step that goes on."""


class Link:
    """Spawns at once, in the background. ``report`` and ``gone`` (with the exit code) are called in a thread."""

    def __init__(
        self,
        factory: str,
        report: Callable[[Link, Report], None],
        gone: Callable[[Link, int], None],
        *,
        delay: float = 0.0,
    ) -> None:
        self._factory, self._report, self._gone, self._delay = factory, report, gone, delay
        self._outbox: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._process: BaseProcess | None = None
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self.started = time.monotonic() + delay
        self.greeted = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        atexit.register(self._mute)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """Process id of the engine, once it was spawned."""
        return self._process.pid if self._process is not None else None

    def send(self, command: Command) -> None:
        """Queue a command; never waits."""
        self._outbox.put(command)

    def close(self, patience: float = GOODBYE_SECONDS) -> None:
        """Ask the engine to close its traces and go; in the background it is killed if it has not by then."""
        if self._closed.is_set():
            return
        self._mute()
        self.send(Shutdown())
        # Not a daemon: the interpreter waits for it at exit, so that no engine is left behind.
        threading.Thread(target=self._see_off, args=(patience,), name="engine-goodbye").start()

    def _mute(self) -> None:
        with self._lock:
            self._closed.set()

    def _see_off(self, patience: float) -> None:
        if self.greeted:  # before that it has nothing to close, and would not listen for a while
            self._thread.join(patience)
        if self._thread.is_alive() and self._process is not None:
            self._process.kill()
        self._thread.join(GOODBYE_SECONDS)

    # --- the reading thread --------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._closed.wait(self._delay)
        code = -1
        try:
            if not self._closed.is_set():
                code = self._live()
        finally:
            self._outbox.put(None)
            atexit.unregister(self._mute)
            with self._lock:
                if not self._closed.is_set():
                    self._gone(self, code)

    def _live(self) -> int:
        """Spawn the engine and read until its end; returns its exit code."""
        context = mp.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=worker.main, args=(theirs, self._factory), daemon=True)
        try:
            process.start()
        finally:
            theirs.close()
        self._process = process
        if self._closed.is_set():  # too late to be seen off
            process.kill()
        threading.Thread(target=self._write, args=(ours,), name="engine-writer", daemon=True).start()
        try:
            self._read(ours, process)
        finally:
            process.join(GOODBYE_SECONDS)
            if process.exitcode is None:  # it has closed the pipe and still does not go
                process.kill()
                process.join()
        return -1 if process.exitcode is None else process.exitcode

    def _read(self, connection: Connection, process: BaseProcess) -> None:
        while True:
            ready = wait([connection, process.sentinel])
            if connection not in ready:
                return  # it is dead, and everything it had sent was read
            try:
                data = connection.recv_bytes()
            except (EOFError, OSError):
                return
            if self._closed.is_set():
                continue
            report = commands.decode_report(data)
            self.greeted = self.greeted or isinstance(report, Hello)
            with self._lock:
                if not self._closed.is_set():
                    self._report(self, report)

    # --- the writing thread --------------------------------------------------------------------------------------

    def _write(self, connection: Connection) -> None:
        with suppress(OSError):  # the reading thread notices the end and says so
            while (command := self._outbox.get()) is not None:
                connection.send_bytes(commands.encode(command))
