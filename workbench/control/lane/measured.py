"""What charts ask of the engine: computed when such a chart is shown, and kept; no knob of a sampler changes it."""

from __future__ import annotations

from dataclasses import dataclass, field

from PyQt6.QtCore import QObject, pyqtSignal

from core.events import Event
from core.spec import Part, RunSpec
from core.trace import Trace, TraceBuilder
from workbench.engine.client import EngineClient
from workbench.engine.commands import JobEnded
from workbench.model.analyses import fingerprint
from workbench.model.session import LaneState

_COMPUTING, _WAITING, _UNTRAINED = "Computing", "Waits for the engine", "Train first: there are no weights for this"


@dataclass
class Answer:
    """A trace that grows while it is computed, or a line on why there is none."""

    builder: TraceBuilder = field(default_factory=TraceBuilder)
    trace: Trace | None = None
    reason: str = _COMPUTING


class Measured(QObject):
    """The velocity error over t of lanes' weights."""

    changed = pyqtSignal()

    def __init__(self, engine: EngineClient) -> None:
        super().__init__()
        self._engine = engine
        self._answers: dict[str, Answer] = {}
        self._jobs: dict[int, str] = {}
        engine.batch.connect(self._on_batch)
        engine.ended.connect(self._on_ended)
        engine.died.connect(self._on_died)

    @property
    def busy(self) -> bool:
        """Whether the engine still computes something."""
        return bool(self._jobs)

    def of(self, lane: LaneState, *, ready: bool, trained: bool) -> tuple[Trace | None, str]:
        """What is known of a lane's field, and why not more; asks the engine where nothing is known yet."""
        spec = lane.spec
        if spec is None:
            return None, ""
        if not trained:
            return None, _UNTRAINED
        key = fingerprint(question(spec))  # of the files, too, as they are now
        answer = self._answers.get(key)
        if answer is None:
            if not ready:
                return None, _WAITING
            answer = self._answers[key] = Answer()
            self._jobs[self._engine.submit(question(spec))] = key
        return answer.trace, answer.reason

    def _on_batch(self, number: int, events: list[Event]) -> None:
        if number in self._jobs:
            answer = self._answers[self._jobs[number]]
            for event in events:
                answer.builder.feed(event)
            answer.trace = answer.builder.trace
            self.changed.emit()

    def _on_ended(self, end: JobEnded) -> None:
        key = self._jobs.pop(end.job, None)
        if key is None:
            return
        self._answers[key].reason = end.message.rstrip(".")
        self.changed.emit()

    def _on_died(self, _code: int) -> None:
        """The next engine is asked again."""
        for key in self._jobs.values():
            del self._answers[key]
        self._jobs.clear()


def question(spec: RunSpec) -> RunSpec:
    """What has to be known to measure a spec's field; samplers, steps and particles do not count."""
    return RunSpec(
        action="measure", data=spec.data, source=spec.source, coupling=spec.coupling, path=spec.path,
        objective=spec.objective, network=spec.network, field=spec.field, grid=Part("uniform"),
        sampler=Part("euler"), device=spec.device,
    )  # fmt: skip
