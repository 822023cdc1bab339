"""An engine's loop without a process, with everything it sent."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from core import spec as specs
from core.events import Chunk, Event
from core.machine.device import use_threads
from core.spec import RunSpec
from tests.workbench.engine import fake
from workbench.engine.commands import Ack, Batch, JobEnded, Progress, Report, StartJob
from workbench.engine.jobs import EngineLoop, Factory


class Bench:
    def __init__(self, factory: Factory = fake.start, cores: int = 2) -> None:
        self.sent: list[Report] = []
        self.loop = EngineLoop(factory, self.sent.append, use_threads, cores)

    def start(
        self,
        job: int,
        *,
        action: Literal["sample", "train"] = "sample",
        n: int = 5,
        title: str = "",
        replaces: int | None = None,
        record: Path | None = None,
    ) -> None:
        self.submit(job, RunSpec(action=action, n_samples=n, title=title), replaces=replaces, record=record)

    def submit(self, job: int, spec: RunSpec, *, replaces: int | None = None, record: Path | None = None) -> None:
        self.loop.handle(StartJob(job, specs.to_json(spec), replaces, str(record) if record else None))

    def run(self, steps: int = 1000, *, ack: bool = True) -> None:
        for _ in range(steps):
            before = len(self.sent)
            self.loop.step()
            if ack:
                for report in self.sent[before:]:
                    if isinstance(report, Batch):
                        self.loop.handle(Ack(report.job))

    def batches(self, job: int) -> list[Batch]:
        return [report for report in self.sent if isinstance(report, Batch) and report.job == job]

    def progress(self, job: int) -> list[Progress]:
        return [report for report in self.sent if isinstance(report, Progress) and report.job == job]

    def over(self) -> list[int]:
        """Jobs in the order in which they ended."""
        return [report.job for report in self.sent if isinstance(report, JobEnded)]

    def ended(self, job: int) -> JobEnded:
        (found,) = [report for report in self.sent if isinstance(report, JobEnded) and report.job == job]
        return found

    def events(self, job: int) -> list[Event]:
        return [event for batch in self.batches(job) for event in batch.events]

    def rows(self, job: int) -> list[float]:
        """The first element of every row that arrived, of whatever stream."""
        chunks = [event for event in self.events(job) if isinstance(event, Chunk)]
        return [float(np.ravel(row)[0]) for chunk in chunks for row in chunk.data]
