"""An engine that answers when a test says so, and the runs of a lane that asks it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PyQt6.QtCore import QObject, pyqtSignal

from core import catalog
from core import spec as specs
from core.events import Chunk, RunStarted, StreamDeclared
from core.spec import Part, RunSpec
from workbench.control.runs import Runs
from workbench.engine.commands import JobEnded
from workbench.model.session import Session


class Engine(QObject):
    """Remembers what it is asked; answers when a test says so."""

    batch = pyqtSignal(int, list)
    progress = pyqtSignal(object)
    ended = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[int, RunSpec] = {}
        self.directories: dict[int, Path | None] = {}
        self.stopped: list[int] = []

    def stop(self, job: int) -> None:
        self.stopped.append(job)

    def submit(
        self, spec: RunSpec, *, replaces: int | None = None, place: Path | None = None, record: Path | None = None
    ) -> int:
        self.asked.pop(replaces or -1, None)
        number = max(self.asked, default=0) + 1
        self.asked[number], self.directories[number] = spec, place
        return number

    def learn(self, number: int) -> None:
        """What a training has from its first step on."""
        directory = self.directories[number]
        assert directory is not None  # a training has one
        directory.mkdir(parents=True)
        (directory / "checkpoint.safetensors").touch()

    def answer(self, number: int, rows: int | None = None) -> None:
        """All rows of a job, or the first few; all of them end it."""
        spec = self.asked[number]
        n = spec.sampler.params["n_steps"] + 1
        t = np.linspace(0, 1, n)[: rows or n]
        declared = StreamDeclared(
            name="x", row_shape=(spec.n_samples, 2), dims=("t", "particle", "xy"), kind="points", columns=("t",),
            capacity=n, static={"data": np.full((spec.n_samples, 2), spec.seed, np.float32)},
        )  # fmt: skip
        data = np.zeros((len(t), spec.n_samples, 2), np.float32)
        self.batch.emit(number, [RunStarted(specs.to_json(spec), {}), declared, Chunk("x", data, {"t": t})])
        if rows is None:
            self.asked.pop(number)
            self.ended.emit(JobEnded(number, "finished"))


def runs_of(engine: Engine) -> Runs:
    """With one lane, of shipped weights."""
    known = catalog.shipped()
    made = Runs(Session(), engine, known)  # type: ignore[arg-type]  # it needs no more of an engine
    spec = RunSpec(
        n_samples=2000, path=Part("linear"), objective=Part("flow-matching"), sampler=Part("euler", {"n_steps": 50}),
        field=Part("network", {"weights": "shipped:swiss-roll-flow"}),
    )  # fmt: skip
    made.adopt(made.session.add(spec))
    made.engine_ready()
    return made


def asked(engine: Engine) -> list[tuple[str, int, int]]:
    return [(spec.action, spec.n_samples, spec.sampler.params["n_steps"]) for spec in engine.asked.values()]


def turn(runs: Runs, steps: int) -> None:
    runs.change(runs.session.lanes[0].key, "sampler.n_steps", steps)
