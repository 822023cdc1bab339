"""A training that goes on from an earlier one: its trace holds the rows of both."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import msgspec
import numpy as np

from core import spec as specs
from core.events import Chunk, Event, RunFinished, RunStarted, StopRun, StreamDeclared, Tick
from core.trace.trace import Stream, Trace

BEGUN_AS, RESUMED_AT = "begun_as", "resumed_at"
"""In the meta data of a training that was resumed: the spec with which it began, as JSON, and how far that took it."""


def prolonged(events: Generator[Event | Tick], before: Trace, step: int) -> Generator[Event | Tick]:
    """The events of a run that goes on from a training step, after the rows that were recorded up to there.

    Rows are read at once and the earlier trace is closed, since its file is about to be replaced. Those of streams that
    are now of another shape are left out, and what the run yields of steps that are there already as well.
    """
    old = {name: (stream.declared, _until(stream, step)) for name, stream in before.streams.items()}
    origin = {BEGUN_AS: specs.to_json(before.spec), RESUMED_AT: str(step)}
    origin |= {name: before.meta[name] for name in origin if name in before.meta}
    before.close()
    alike: dict[str, Chunk] = {}
    given = False
    event: Event | Tick = next(events)
    while True:
        try:
            match event:
                case RunStarted():
                    yield msgspec.structs.replace(event, meta=event.meta | origin)
                case StreamDeclared():
                    if event.name in old and _alike(event, old[event.name][0]):
                        alike[event.name] = old[event.name][1]
                    yield event
                case Chunk() | Tick() | RunFinished() if not given:
                    given = True
                    yield from _together(alike)
                    continue
                case Chunk():
                    yield from _new(event, alike.get(event.stream))
                case _:
                    yield event
            event = next(events)
        except StopRun:
            event = events.throw(StopRun())
        except StopIteration:
            return
        except (Exception, KeyboardInterrupt):  # it may have failed in its first step
            if not given:
                given = True
                yield from _together(alike)
            raise


def _until(stream: Stream, step: int) -> Chunk:
    n = int(np.searchsorted(stream.axis, step, side="right"))
    return Chunk(stream.declared.name, stream[:n], {name: stream.column(name)[:n] for name in stream.declared.columns})


def _together(alike: dict[str, Chunk]) -> Iterator[Chunk]:
    """Those with rows; the file that they were read from stays until all of them are written again."""
    chunks = [chunk for chunk in alike.values() if len(chunk.data)]
    for chunk in chunks[:-1]:
        yield msgspec.structs.replace(chunk, continued=True)
    yield from chunks[-1:]


def _alike(a: StreamDeclared, b: StreamDeclared) -> bool:
    same = (a.row_shape, a.columns, a.dtype, a.units) == (b.row_shape, b.columns, b.dtype, b.units)
    return same and a.static.keys() == b.static.keys() and all(
        np.array_equal(value, b.static[name]) for name, value in a.static.items()
    )  # fmt: skip


def _new(chunk: Chunk, old: Chunk | None) -> Iterator[Chunk]:
    """The rows of later steps than those that are there."""
    if old is None or not len(old.data):
        yield chunk
        return
    axis = next(iter(old.columns))
    later = chunk.columns[axis] > old.columns[axis][-1]
    if later.any():
        yield Chunk(chunk.stream, chunk.data[later], {name: values[later] for name, values in chunk.columns.items()})
