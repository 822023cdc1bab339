"""What the engine is asked beside runs: each question once, and its answer kept."""

from __future__ import annotations

from dataclasses import dataclass, field

from PyQt6.QtCore import QObject, pyqtSignal

from core.events import Event
from core.spec import RunSpec
from core.trace import Trace, TraceBuilder
from workbench.engine.client import EngineClient
from workbench.engine.commands import JobEnded
from workbench.model.analyses import fingerprint

COMPUTING = "Computing"


@dataclass
class Answer:
    """A trace that grows while it is computed, or a line on why there is none."""

    builder: TraceBuilder = field(default_factory=TraceBuilder)
    trace: Trace | None = None
    reason: str = COMPUTING


class Answers(QObject):
    """A question is a spec whose action is no run of a lane."""

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

    def to(self, question: RunSpec, *, ready: bool) -> Answer | None:
        """What is known; the engine is asked where it is ``ready`` and nothing is known yet."""
        key = fingerprint(question)  # of the files, too, as they are now
        answer = self._answers.get(key)
        if answer is None and ready:
            answer = self._answers[key] = Answer()
            self._jobs[self._engine.submit(question)] = key
        return answer

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
