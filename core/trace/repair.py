"""Make the file of a killed writer an ordinary one again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import TraceError
from core.trace import schema
from core.trace.lock import is_written, left_open
from core.trace.reader import minor_version, open_file, open_trace
from core.trace.save import save

_OPEN = ("running", "interrupted")


@dataclass(frozen=True)
class Repaired:
    """``was`` says what was wrong, empty where nothing was; ``rows`` counts the committed rows of each stream."""

    was: str
    rows: dict[str, int]


def repair(path: Path, out: Path | None = None) -> Repaired:
    """Copy the committed rows into a closed file with the status ``stopped``, in place of the old one or to ``out``.

    A file that is complete is left as it is.

    Raises:
        TraceError: the file cannot be read, is still being written, holds what only a later version knows, or the copy
            cannot be written.
    """
    if is_written(path):
        raise TraceError(f"{path} is still being written. Wait for its run to end, or stop it.")
    trace = open_trace(path)
    try:
        rows = {name: len(stream) for name, stream in trace.streams.items()}
        killed = left_open(path)
        if not killed and trace.status not in _OPEN:
            return Repaired("", rows)
        _check_known(path)
        # a writer that recorded its end was killed between the last row and the closing, or not at all
        save(replace(trace, status="interrupted") if trace.status in _OPEN else trace, out or path)
        return Repaired("its writer was killed" if killed else "its run never said how it ended", rows)
    finally:
        trace.close()


def _check_known(path: Path) -> None:
    """A copy holds what is known here, and no more: of a later version something would be lost."""
    with open_file(path) as file:
        if minor_version(file) > schema.MINOR:
            raise TraceError(
                f"{path} is of a later version than {schema.MAJOR}.{schema.MINOR}, and a repair here would lose what "
                "is new in it. Repair it with the Flowscope that wrote it."
            )
