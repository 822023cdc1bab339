"""Asks the engine for what a trace did not record, and keeps it: in memory beside the lanes, on disk beside the runs.

An analysis is a run of its own. A trace is read and never written; what is found out about one that lies on disk lies
in the folder ``derived``, named by what it was computed from, and is there again when the trace is opened again. The
oldest go when all take more than their budget.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from PyQt6.QtCore import QObject, pyqtSignal

from core.events import Event
from core.spec import RunSpec
from core.trace import Trace, TraceBuilder
from workbench.engine.client import EngineClient
from workbench.engine.commands import Hello, JobEnded, Progress
from workbench.model.analyses import Kind, analysis_spec, fingerprint, kept, place, refused, trim

_MOST_KEPT, _MOST_BYTES = 24, 8_000_000
"""Of all findings: one that no lane shows goes, and is computed again or read from disk when it is asked for."""
_STOPPED: dict[Kind, str] = {
    "exact-field": "The exact field was stopped. Press E twice to compute it.",
    "error-map": "The error map was stopped. Press M twice to compute it.",
    "forward": "The forward process was stopped.",
}


@dataclass(eq=False)
class Finding:
    """An analysis: its trace once there is one, and what to say meanwhile."""

    kind: Kind
    spec: RunSpec
    builder: TraceBuilder = field(default_factory=TraceBuilder)
    trace: Trace | None = None
    job: int | None = None
    progress: Progress | None = None
    problem: str = ""

    @property
    def rows(self) -> int:
        """Rows of the stream that comes last."""
        return 0 if self.trace is None else min((len(s) for s in self.trace.streams.values()), default=0)

    @property
    def n_bytes(self) -> int:
        return 0 if self.trace is None else self.trace.n_bytes


class Analyses(QObject):
    """Findings by what they are computed from."""

    rows_arrived = pyqtSignal()
    """A finding has grown, ended or failed."""
    progressed = pyqtSignal()

    def __init__(self, engine: EngineClient) -> None:
        super().__init__()
        self._engine = engine
        self._findings: dict[str, Finding] = {}
        self._by_lane: dict[tuple[int, Kind], str] = {}
        self._ready = False
        engine.hello.connect(self._on_hello)
        engine.died.connect(self._on_died)
        engine.batch.connect(self._on_batch)
        engine.progress.connect(self._on_progress)
        engine.ended.connect(self._on_ended)

    def ask(self, lane: int, trace: Trace, kind: Kind) -> Finding:
        """What is known; what is not is asked for, in place of an older question of the same lane."""
        spec = analysis_spec(trace.spec, kind)
        problem = refused(trace, kind)
        if problem:  # kept nowhere: what the same weights yield to another run has the same name
            self._by_lane.pop((lane, kind), None)
            return Finding(kind, spec, problem=problem)
        name = fingerprint(spec)
        older = self._by_lane.get((lane, kind))
        self._by_lane[lane, kind] = name
        finding = self._findings.pop(name, None) or Finding(kind, spec)
        self._findings[name] = finding  # the newest stands last
        record = place(name) if trace.source is not None else None
        if finding.trace is None and record is not None:
            finding.trace = kept(record)
        if finding.trace is None and finding.job is None and not finding.problem and self._ready:
            replaced = self._superseded(older, name)
            finding.job = self._engine.submit(spec, replaces=replaced, record=record)
        self._forget_oldest()
        return finding

    @property
    def busy(self) -> bool:
        """Whether anything is being computed."""
        return any(finding.job is not None for finding in self._findings.values())

    def progress(self, lane: int) -> Progress | None:
        """How far the slowest analysis of a lane is; None where none goes on."""
        going = [each for (key, _), name in self._by_lane.items() if key == lane and (each := self._findings.get(name))]
        told = [each.progress for each in going if each.job is not None and each.progress is not None]
        return min(told, key=lambda each: each.done / each.total, default=None)

    def cancel(self, lane: int) -> None:
        """End what is computed for a lane; `retry` lets it be asked for again."""
        for (key, _), name in self._by_lane.items():
            finding = self._findings.get(name)
            if key == lane and finding is not None and finding.job is not None:
                self._engine.stop(finding.job)

    def retry(self) -> None:
        """What failed or was stopped may be asked for again."""
        for finding in self._findings.values():
            if finding.problem:
                finding.problem, finding.builder = "", TraceBuilder()

    def _superseded(self, older: str | None, newer: str) -> int | None:
        """The job of a lane's older question, where nobody else waits for it."""
        finding = self._findings.get(older or "")
        if finding is None or finding.job is None or older == newer or older in self._by_lane.values():
            return None
        del self._findings[older or ""]
        return finding.job

    def _forget_oldest(self) -> None:
        wanted = set(self._by_lane.values())
        idle = [name for name, finding in self._findings.items() if finding.job is None and name not in wanted]
        total = sum(finding.n_bytes for name, finding in self._findings.items() if name in wanted)
        for i, name in enumerate(reversed(idle)):  # the newest first
            total += self._findings[name].n_bytes
            if i >= _MOST_KEPT or total > _MOST_BYTES:
                del self._findings[name]

    def forget_lanes(self, keys: set[int]) -> None:
        """Only these lanes are there: nothing is kept for others."""
        self._by_lane = {key: name for key, name in self._by_lane.items() if key[0] in keys}

    # --- what the engine says ------------------------------------------------------------------------------------

    def _on_hello(self, _hello: Hello) -> None:
        self._ready = True
        self.rows_arrived.emit()

    def _on_died(self, _code: int) -> None:
        self._ready = False
        for finding in self._findings.values():
            if finding.job is not None:  # asked for again when another engine is there
                finding.job, finding.trace, finding.builder = None, None, TraceBuilder()

    def _of(self, job: int) -> Finding | None:
        return next((finding for finding in self._findings.values() if finding.job == job), None)

    def _on_batch(self, job: int, events: list[Event]) -> None:
        finding = self._of(job)
        if finding is None:
            return
        for event in events:
            finding.builder.feed(event)
        finding.trace = finding.builder.trace
        self.rows_arrived.emit()

    def _on_progress(self, progress: Progress) -> None:
        finding = self._of(progress.job)
        if finding is not None:
            finding.progress = progress
            self.progressed.emit()

    def _on_ended(self, end: JobEnded) -> None:
        finding = self._of(end.job)
        if finding is None:
            return
        finding.job = finding.progress = None
        if end.status != "finished":
            finding.problem, finding.trace = end.message or _STOPPED[finding.kind], None
        trim({place(name) for name in self._findings})
        self.progressed.emit()
        self.rows_arrived.emit()
