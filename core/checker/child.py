"""The child: reads requests on its standard input and answers each with a problem, or with an empty string.

Its limits: `CPU_SECONDS` of processor time a file, `MEMORY` beyond what it needs before the first file, no file
written, few files open. A library that crashes or runs away on a file takes only this process with it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

# all that a walk needs is imported before the limits are set
from core.checker.checkpoint import walk_checkpoint
from core.checker.hdf5 import walk_trace
from core.checker.picture import walk_picture
from core.errors import FlowscopeError
from core.machine.local_file import one_line

CPU_SECONDS = 1.5
MEMORY = 200 << 20

WALKERS: dict[str, Callable[[Path], None]] = {
    "trace": walk_trace, "checkpoint": walk_checkpoint, "picture": walk_picture,
}  # fmt: skip


def main() -> None:
    _limit()
    for request in sys.stdin:
        kind, path, name = json.loads(request)
        _allow(CPU_SECONDS)
        problem = _problem(WALKERS[kind], Path(path), name)
        _allow(0.0)
        print(json.dumps(problem), flush=True)


def _problem(walk: Callable[[Path], None], path: Path, name: str) -> str:
    """What is wrong with a file, as one printable line; empty where nothing is."""
    try:
        walk(path)
    except FlowscopeError as error:
        problem = str(error)
    except MemoryError:
        problem = f"{name} cannot be read: it asks for more memory than a file of its kind may."
    except Exception as error:  # noqa: BLE001  # whatever a hostile file can raise is its refusal
        problem = f"{name} cannot be read: {one_line(error) or type(error).__name__}."
    else:
        return ""
    line = one_line(problem.replace(str(path), name))
    return line if line.endswith("?") else f"{line}."


def _allow(seconds: float) -> None:
    """Processor time from now on, 0 for any; its end ends the process."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _limit() -> None:
    """Limits for the life of the process, where the system has them; Windows has none, and there only crashes and
    waiting are caught."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    now = Path("/proc/self/statm")
    if now.is_file():  # elsewhere the size of an address space says nothing of memory
        limit = int(now.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE") + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    main()
