"""Build a trace in memory from the events of a run."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from core.events import Chunk, Event, RunFinished, RunStarted, StreamDeclared
from core.trace.trace import Stream, Trace


class _Buffer:
    """Rows of one stream in memory, laid out once for the declared capacity and doubled if a run exceeds it."""

    def __init__(self, declared: StreamDeclared) -> None:
        self.rows = 0
        capacity = max(1, declared.capacity)
        self.data = np.zeros((capacity, *declared.row_shape), declared.dtype)
        self.columns = {name: np.zeros(capacity) for name in declared.columns}
        self.stream = Stream(declared, self.data, dict(self.columns), lambda: self.rows)

    def append(self, chunk: Chunk) -> None:
        end = self.rows + len(chunk.data)
        if end > len(self.data):
            self._grow(end)
        self.data[self.rows : end] = chunk.data
        for name, values in self.columns.items():
            values[self.rows : end] = chunk.columns[name]
        self.rows = end

    def _grow(self, rows: int) -> None:
        extra = max(rows, 2 * len(self.data)) - len(self.data)
        self.data = np.concatenate([self.data, np.zeros((extra, *self.data.shape[1:]), self.data.dtype)])
        self.columns = {name: np.concatenate([values, np.zeros(extra)]) for name, values in self.columns.items()}
        self.stream = Stream(self.stream.declared, self.data, dict(self.columns), lambda: self.rows)


class TraceBuilder:
    """Feed it events; `trace` is there from the first one and grows in place."""

    def __init__(self) -> None:
        self._trace: Trace | None = None
        self._buffers: dict[str, _Buffer] = {}

    @property
    def begun(self) -> bool:
        """Whether there is a trace yet."""
        return self._trace is not None

    @property
    def trace(self) -> Trace:
        if self._trace is None:
            raise ValueError("a trace begins with RunStarted")
        return self._trace

    def feed(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._trace = Trace.start(event.spec, event.meta)
            case StreamDeclared():
                self._buffers[event.name] = buffer = _Buffer(event)
                self.trace.streams[event.name] = buffer.stream
            case Chunk():
                buffer = self._buffers[event.stream]
                buffer.append(event)
                self.trace.streams[event.stream] = buffer.stream
            case RunFinished():
                self.trace.status = event.status
                self.trace.message = event.message


def collect(events: Iterable[Event | None]) -> Trace:
    """Run to the end and return the trace. ``None`` marks a step without news."""
    builder = TraceBuilder()
    for event in events:
        if event is not None:
            builder.feed(event)
    return builder.trace
