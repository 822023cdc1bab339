"""The parent's side: one child process at a time, used for many files, and started anew when a file has ended it."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Literal

from core.errors import FlowscopeError, TraceError, no_file

Kind = Literal["trace", "checkpoint", "picture"]

#: After this the child is ended, whatever it does; its own limit on processor time comes long before.
WALL_SECONDS = 20.0
#: A child that has slept for so long over a file waits for nothing: libhdf5 reads damaged pieces again after pauses.
ASLEEP_SECONDS = 1.0
_LOOK_SECONDS = 0.2
_ROOT = Path(__file__).resolve().parents[2]
_TOO_LONG = "it takes too long to read"
_DAMAGED = "it is damaged in a way that ends the program that reads it"
#: Signals that say that a limit was reached; the rest are crashes.
_LIMITS = {-getattr(signal, name) for name in ("SIGPROF", "SIGXCPU", "SIGKILL") if hasattr(signal, name)}


class Checker:
    """Walks files in a child process; calls from several threads wait for each other."""

    program = ("-m", "core.checker.child")

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def check(self, kind: Kind, path: Path) -> None:
        """Return where a file may be opened.

        Raises:
            TraceError: it may not; the message is one line that names the file.
        """
        if not path.is_file():
            raise TraceError(no_file(path))
        with self._lock:
            problem = self._ask(kind, path)
        if problem:
            raise TraceError(problem)

    def close(self) -> None:
        """End the child; the next `check` starts another."""
        with self._lock:
            self._end()

    def _ask(self, kind: Kind, path: Path) -> str:
        if self._child is not None and self._child.poll() is not None:  # something else ended it meanwhile
            self._end()
        child = self._child or self._start()
        assert child.stdin is not None  # pipes, as `_start` asked for
        assert child.stdout is not None
        answered = threading.Event()
        threading.Thread(target=_watch, args=(child, answered), name="checker", daemon=True).start()
        try:
            child.stdin.write(json.dumps([kind, str(path.absolute()), str(path)]) + "\n")
            child.stdin.flush()
            answer = child.stdout.readline()
        except OSError:  # it is gone
            answer = ""
        finally:
            answered.set()
        if answer:
            problem: str = json.loads(answer)
            return problem
        child.wait()
        code = child.returncode
        self._end()
        return f"{path} cannot be read: {_TOO_LONG if code in _LIMITS else _DAMAGED}."

    def _start(self) -> subprocess.Popen[str]:
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self._child = subprocess.Popen(
            [sys.executable, *self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, encoding="utf-8", cwd=_ROOT,
            # a filter that a file names is never loaded from a library of this machine
            env=os.environ | one_thread | {"HDF5_PLUGIN_PRELOAD": "::"},
        )  # fmt: skip
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # what it did not read any more
                    pipe.close()
        child.kill()
        child.wait()


def _watch(child: subprocess.Popen[str], answered: threading.Event) -> None:
    """End a child that sleeps over a file, or takes for ever."""
    asleep = looked = 0.0
    while not answered.wait(_LOOK_SECONDS):
        looked += _LOOK_SECONDS
        asleep = asleep + _LOOK_SECONDS if _sleeps(child.pid) else 0.0
        if asleep >= ASLEEP_SECONDS or looked >= WALL_SECONDS:
            child.kill()
            return


def _sleeps(pid: int) -> bool:
    """Whether a process waits for something that is no disk; False where the system does not tell."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"
    except (OSError, IndexError):
        return False


_own = Checker()
atexit.register(_own.close)


def checked(path: Path | str, kind: Kind = "trace") -> Path:
    """The path, where the file may be opened; one child serves the whole process.

    Raises:
        TraceError: it may not; the message is one line that names the file.
    """
    try:
        _own.check(kind, Path(path))
    except OSError as error:
        raise FlowscopeError(f"{path} cannot be checked: {error.strerror or error}.") from None
    return Path(path)
