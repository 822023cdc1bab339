"""Hold a trace to the run that it says it is: the run is made again, and compared row by row as it goes.

Numbers must agree bit for bit where device, threads, processor and the versions of torch and numpy do, and within
`TOLERANCE` of the root mean square of their row elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.events import Chunk, Event, RunStarted, StreamDeclared, Tick
from core.trace.compare import Comparison, Parting, shapes_differ
from core.trace.trace import Array, Stream, Trace
from core.words import counted

#: What the arithmetic of a run hangs on, as the trace's meta data name it.
FACTS = ("device", "precision", "threads", "processor", "torch", "numpy")
#: Single precision keeps 1e-7 of a number, and a sampling run seldom stretches an error more than a thousandfold.
TOLERANCE = 1e-3


@dataclass
class Verdict:
    """What came out. ``parting`` or ``problem`` says what differs first, both are empty where nothing does."""

    tolerance: float = 0.0
    unlike: list[str] = field(default_factory=list)
    """The `FACTS` that differ, or that the trace does not tell."""
    rows: dict[str, int] = field(default_factory=dict)
    """Rows that were compared, by stream."""
    left_out: list[str] = field(default_factory=list)
    """Streams of the trace that its run does not make."""
    numbers: int = 0
    unequal: int = 0
    parting: Parting | None = None
    problem: str = ""

    @property
    def equal(self) -> bool:
        return self.parting is None and not self.problem


def unlike(here: dict[str, str], there: dict[str, str]) -> list[str]:
    """The facts in which two runs' meta data differ."""
    return [name for name in FACTS if name not in there or here.get(name) != there[name]]


def verify(trace: Trace, run: Iterator[Event | Tick | None], until: float = math.inf) -> Iterator[Tick | Verdict]:
    """Compare a trace with its run; yields ticks, and the verdict last.

    Args:
        run: the events of the run made again.
        until: the value of the timeline up to which rows are compared.
    """
    check = _Check(trace, until)
    for event in run:
        if isinstance(event, Tick):
            yield event
        elif event is not None:
            check.take(event)
        if check.done:
            break
    yield check.verdict()


class _Check:
    """What is known while the run goes on."""

    def __init__(self, trace: Trace, until: float) -> None:
        self._trace = trace
        self._wanted = {name: int((stream.axis <= until).sum()) for name, stream in trace.streams.items()}
        self._made: dict[str, int] = {}
        """Rows that the run has made, by stream."""
        self._whole = trace.status == "finished" and until == math.inf  # which then holds all that its run makes
        self._out = Verdict()
        self._comparison = Comparison()
        self._declaring = True

    @property
    def done(self) -> bool:
        out = self._out
        behind = self._whole or any(n < self._wanted[name] for name, n in out.rows.items())
        return not out.equal or not (self._declaring or behind)

    def take(self, event: Event) -> None:
        self._declaring = isinstance(event, RunStarted | StreamDeclared)
        match event:
            case RunStarted():
                self._out.unlike = unlike(event.meta, self._trace.meta)
                self._out.tolerance = self._comparison.tolerance = TOLERANCE if self._out.unlike else 0.0
            case StreamDeclared():
                self._declare(event)
            case Chunk():
                self._rows(event)

    def _declare(self, made: StreamDeclared) -> None:
        if made.name not in self._trace:
            self._out.problem = f"the trace lacks the stream {made.name}"
            return
        recorded = self._trace[made.name].declared
        self._out.problem = shapes_differ(recorded, made)
        if self._out.problem:
            return
        for name, array in recorded.static.items():
            self._out.parting = self._out.parting or self._comparison.fixed(made, name, array, made.static[name])
        self._out.rows[made.name] = self._made[made.name] = 0

    def _rows(self, chunk: Chunk) -> None:
        stream, start = self._trace[chunk.stream], self._out.rows[chunk.stream]
        self._made[chunk.stream] += len(chunk.data)
        end = min(start + len(chunk.data), self._wanted[chunk.stream])
        n = end - start
        if n <= 0:
            return
        made = chunk.data[:n], {name: values[:n] for name, values in chunk.columns.items()}
        self._out.parting = self._comparison.rows(stream.declared, start, _recorded(stream, start, end), made)
        self._out.rows[chunk.stream] = end

    def verdict(self) -> Verdict:
        out = self._out
        out.numbers, out.unequal = self._comparison.numbers, self._comparison.unequal
        if out.equal:
            out.left_out = sorted(self._trace.streams.keys() - out.rows.keys())
            for name, n in out.rows.items():
                wanted, made = self._wanted[name], self._made[name]
                if n < wanted or (self._whole and made > wanted):
                    out.problem = f"stream {name} holds {counted(wanted, 'row')} where its run makes {made:,}"
        return out


def _recorded(stream: Stream, start: int, end: int) -> tuple[Array, dict[str, Array]]:
    columns = {name: stream.column(name)[start:end] for name in stream.declared.columns}
    return stream[start:end], columns
