"""A trace as events again: to write one that was built live, or to copy one from another file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from core import spec as specs
from core.errors import TraceError
from core.events import Chunk, Event, RunFinished, RunStarted
from core.trace.trace import Trace
from core.trace.writer import TraceWriter, beside

KILLED = "its writer was killed; every committed row is kept"
_LOT_BYTES = 8 << 20
"""Of rows that are read at once."""


def replay(trace: Trace) -> Iterator[Event]:
    """The events that build an equal trace; what goes on being recorded meanwhile is left out."""
    yield RunStarted(specs.to_json(trace.spec), trace.meta)
    lengths = {name: len(stream) for name, stream in trace.streams.items()}
    for stream in trace.streams.values():
        yield stream.declared
    for name, stream in trace.streams.items():
        columns = {column: stream.column(column) for column in stream.declared.columns}
        lot = max(1, _LOT_BYTES // max(1, stream.row_bytes))
        for start in range(0, lengths[name], lot):
            rows = slice(start, min(start + lot, lengths[name]))
            yield Chunk(name, stream[rows], {column: values[rows] for column, values in columns.items()})
    if trace.status == "interrupted":  # a copy that is complete needs no writer, and says what became of its run
        yield RunFinished("stopped", KILLED)
    else:
        yield RunFinished(trace.status, trace.message)


def save(trace: Trace, path: Path) -> None:
    """Write a trace to a file; an existing file is replaced only when the new one is complete.

    Raises:
        TraceError: the folder is gone, the disk is full, or the file may not be written.
    """
    part = beside(path, ".part")
    try:
        with TraceWriter(part) as writer:
            for event in replay(trace):
                writer.feed(event)
        part.replace(path)
    except TraceError as error:  # in words that name the file that was asked for
        raise TraceError(str(error).replace(str(part), str(path))) from None
    except OSError as error:
        raise TraceError(f"{path} cannot be written: {error.strerror or error}.") from None
    finally:
        with suppress(OSError):  # on a disk that takes no writing, or under a name that is too long, there is none
            part.unlink()
