"""The report of a trace as a run of its own: it is what `evaluate` reports, says how far it is, and can be stopped."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

from core import spec as specs
from core.errors import SpecError, TraceError
from core.events import Chunk, Event, RunFinished, RunStarted, StopRun, StreamDeclared, Tick
from core.run import sample
from core.spec import Part, RunSpec
from core.stepwise import at_once
from core.trace import TraceWriter
from tests.workbench.engine.bench import Bench
from trainers.jobs import start
from workbench.commands.evaluate import evaluate
from workbench.engine.commands import StartJob, StopJob

SPEC = RunSpec(n_samples=40, data=Part("three-gaussians"), sampler=Part("euler", {"n_steps": 8}))

QUICK = ["chamfer", "energy", "mmd", "sliced-w2", "w2", "velocity-error", "detour", "path-length", "straightness"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A trace of the exact field, which makes what is real but for its steps."""
    return recorded(tmp_path / "x.h5", list(sample(SPEC)))


def recorded(path: Path, events: list[Event | Tick]) -> Path:
    with TraceWriter(path) as writer:
        for event in events:
            if not isinstance(event, Tick):
                writer.feed(event)
    return path


def test_the_numbers_are_those_that_evaluate_reports(file: Path) -> None:
    *ticks, begun, end = start(SPEC.replace(action="report"), file)
    assert isinstance(begun, RunStarted)
    assert end == RunFinished("finished")
    found, told = json.loads(begun.meta["report"]), evaluate(str(file), QUICK, [], None, None)
    rows = {name: found["metrics"][name] for name in QUICK}
    assert found | {"subject": str(file), "metrics": rows} == told
    assert found["metrics"]["sliced-w2"]["value"] < 3 * found["metrics"]["sliced-w2"]["floor"]
    assert "needs a network that jumps" in found["metrics"]["jump-error"]["left out"]
    # what takes seconds is done in many steps, and every step is told
    done = [tick.done for tick in ticks if isinstance(tick, Tick)]
    assert done == sorted(done)
    assert done[-1] == ticks[-1].total > 100


def test_it_stops_between_two_steps(file: Path) -> None:
    run = start(SPEC.replace(action="report"), file)
    assert isinstance(next(run), Tick)
    assert run.throw(StopRun()) == RunFinished("stopped")
    assert list(run) == []


def test_in_the_engine_it_gives_way_and_what_is_wrong_is_a_line(file: Path, tmp_path: Path) -> None:
    bench = Bench(start)
    asked = specs.to_json(SPEC.replace(action="report"))
    bench.loop.handle(StartJob(1, asked, place=str(tmp_path / "gone.h5")))
    bench.loop.handle(StartJob(2, asked, place=str(file)))
    bench.submit(3, SPEC)
    until(bench, 3)
    assert bench.over() == [3]  # what somebody samples goes before
    bench.loop.handle(StopJob(2))
    until(bench, 2)
    assert bench.ended(2).status == "stopped"
    until(bench, 1)
    assert bench.ended(1).status == "failed"
    assert "gone.h5" in bench.ended(1).message


def until(bench: Bench, job: int) -> None:
    for _ in range(2000):
        if job not in bench.over():
            bench.run(1)
            time.sleep(0.001)


def test_samples_that_are_lost_or_too_few_are_not_measured(tmp_path: Path) -> None:
    lost = np.zeros((1, 3, 2), np.float32)
    lost[0, 1] = np.nan
    for x, words in ((lost, "lost 1 sample on the way"), (lost[:, :1], "At least 2 samples are needed")):
        declared = StreamDeclared(
            name="x", row_shape=x.shape[1:], dims=("t", "particle", "xy"), kind="points", columns=("t", "nfe"),
            capacity=1,
        )  # fmt: skip
        events = [RunStarted(specs.to_json(SPEC), {}), declared, Chunk("x", x, {"t": np.ones(1), "nfe": np.ones(1)})]
        with pytest.raises(SpecError, match=words):
            next(start(SPEC.replace(action="report"), recorded(tmp_path / "lost.h5", events)))
    with pytest.raises(TraceError):
        next(start(SPEC.replace(action="report"), tmp_path / "gone.h5"))


def test_two_real_sets_of_a_small_file_share_no_point(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "points.csv", np.random.default_rng(1).normal(size=(60, 2)), delimiter=",")
    data = Part("points", {"file": str(tmp_path / "points.csv")})
    trace = recorded(tmp_path / "x.h5", list(sample(SPEC.replace(data=data, field=Part("exact-points")))))
    found = evaluate(str(trace), ["chamfer", "w2"], [], None, None)
    assert (found["n"], found["n_samples"]) == (6, 40)  # a fifth of the file is held out, half of it for each set
    assert found["metrics"]["chamfer"]["floor"] > 0.0
    assert found["metrics"]["w2"]["floor"] > 0.0
    np.savetxt(tmp_path / "points.csv", np.eye(2), delimiter=",")
    with pytest.raises(SpecError, match="1 is held out, and two real sets take at least 4"):
        evaluate(str(trace), ["chamfer"], [], None, None)


def test_steps_find_what_they_find_at_once() -> None:
    def work():
        yield 1, 2
        yield 2, 2
        return "found"

    heard: list[tuple[int, int]] = []
    assert at_once(work(), lambda *step: heard.append(step)) == "found"
    assert heard == [(1, 2), (2, 2)]
