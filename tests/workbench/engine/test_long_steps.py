"""Steps that take seconds, as those of image networks on an ordinary processor: what is heard and done meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Literal

import pytest

from core.events import Chunk, Event, RunFinished, Tick
from core.spec import RunSpec
from core.trace import open_trace
from tests.workbench.engine import fake
from tests.workbench.engine.bench import Bench
from workbench.engine.commands import PauseJob, ResumeJob, Shutdown, StopJob

_PATIENCE = 10.0


class Held(Bench):
    """Runs with the title ``long`` are in the middle of a step until they are let go on."""

    def __init__(self) -> None:
        self.free, self.within = threading.Event(), threading.Event()
        super().__init__(self._start)

    def _start(self, spec: RunSpec, directory: Path | None = None) -> Generator[Event | Tick | None]:
        for event in (run := fake.start(spec, directory)):
            if isinstance(event, Chunk) and spec.title == "long":
                self.within.set()
                assert self.free.wait(_PATIENCE)
            try:
                yield event
            except Exception as error:  # noqa: BLE001  # the run's own to handle
                yield run.throw(error)

    def into_step(self, action: Literal["sample", "train"] = "train", record: Path | None = None) -> None:
        """Job 1 is in the middle of its first step."""
        self.start(1, action=action, title="long", n=100, record=record)
        while not self.within.is_set():
            self.run(1)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    monkeypatch.setattr("workbench.engine.jobs.BATCH_SECONDS", 0.0)
    monkeypatch.setattr("workbench.engine.job.LEAST_SECONDS", 0.0)
    made = Held()
    yield made
    made.free.set()
    made.loop.close()


def test_others_are_sampled_in_the_middle_of_a_trainings_step(held: Held) -> None:
    held.into_step()
    held.start(2, n=30)
    while 2 not in held.over():
        held.run(1)
    assert not held.free.is_set()
    assert held.rows(2) == list(range(30))
    held.free.set()
    while 1 not in held.over():
        held.run(1)
    assert held.rows(1) == list(range(100))


def test_a_training_is_paused_in_the_middle_of_a_step(held: Held) -> None:
    held.into_step()
    held.loop.handle(PauseJob(1))
    held.free.set()
    held.run(20)
    assert len(held.rows(1)) <= 1
    assert held.progress(1)[-1].paused
    held.loop.handle(ResumeJob(1))
    while 1 not in held.over():
        held.run(1)
    assert held.rows(1) == list(range(100))


def test_a_training_that_is_stopped_in_the_middle_of_a_step_keeps_it(held: Held) -> None:
    held.into_step()
    held.loop.handle(StopJob(1))
    held.run(2)
    assert held.over() == []
    held.free.set()
    while 1 not in held.over():
        held.run(1)
    assert held.rows(1) == [0, -1]
    assert held.ended(1).status == "stopped"


def test_a_newer_request_does_not_wait_for_the_step_of_the_older(held: Held, tmp_path: Path) -> None:
    held.into_step("sample", tmp_path / "one.h5")
    held.start(2, n=5, replaces=1)
    while 2 not in held.over():
        held.run(1)
    assert not held.free.is_set()
    held.free.set()
    while (tmp_path / "one.h5").exists():
        held.run(1)
    assert held.over() == [2]


@pytest.mark.parametrize(("ends", "status"), [(True, "stopped"), (False, "running")])
def test_a_step_may_end_before_the_engine_does_and_need_not(
    held: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: bool, status: str
) -> None:
    monkeypatch.setattr("workbench.engine.jobs.STEP_SECONDS", _PATIENCE if ends else 0.0)
    monkeypatch.setattr("workbench.engine.jobs.KEEP_SECONDS", _PATIENCE)
    held.into_step(record=tmp_path / "one.h5")
    if ends:
        threading.Timer(0.1, held.free.set).start()
    held.loop.handle(Shutdown())
    assert held.loop.closed
    trace = open_trace(tmp_path / "one.h5")
    assert trace.status == status
    assert not ends or trace["x"][:][:, 0].tolist() == [0, -1]
    trace.close()


def test_how_far_a_run_is_is_told_before_its_first_step_is_done(held: Held) -> None:
    def looks_first(spec: RunSpec, directory: Path | None = None) -> Generator[Event | Tick | None]:
        run = fake.start(spec, directory)
        yield next(run)
        yield Tick(0, 5)
        yield from run

    bench = Bench(looks_first)
    bench.start(1, action="train")
    bench.run(3)
    assert [(told.done, told.total) for told in bench.progress(1)][:1] == [(0, 5)]
    assert not [event for event in bench.events(1) if isinstance(event, RunFinished)]
