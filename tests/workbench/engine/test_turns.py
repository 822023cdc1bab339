"""Real runs in turns: a run must not notice that others run between its steps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from core.events import Tick
from core.spec import Part, RunSpec, Training
from core.trace import Trace, TraceBuilder
from core.trace.build import collect
from tests.workbench.engine.bench import Bench
from trainers import jobs
from workbench.engine.commands import PauseJob, ResumeJob

SHORT = Part("euler", {"n_steps": 4})
TRAIN = RunSpec(
    action="train",
    n_samples=30,
    sampler=SHORT,
    training=Training(n_steps=12, n_snapshots=3, n_validations=2, batch_size=16),
)


def alone(spec: RunSpec) -> Trace:
    return collect(event for event in jobs.start(spec) if not isinstance(event, Tick))


def heard(bench: Bench, job: int) -> Trace:
    builder = TraceBuilder()
    for event in bench.events(job):
        builder.feed(event)
    return builder.trace


def assert_equal(trace: Trace, other: Trace) -> None:
    assert trace.streams.keys() == other.streams.keys()
    for name in trace.streams:
        np.testing.assert_array_equal(trace[name][:], other[name][:], err_msg=name)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr("workbench.engine.jobs.BATCH_SECONDS", 0.0)
    with torch.inference_mode(False):  # whatever mode a failing run leaves behind ends here
        bench = Bench(jobs.start)
        yield bench
        bench.loop.close()


@pytest.mark.parametrize("cores", [2, 3], ids=["in turns", "together"])
def test_two_trainings_are_what_they_are_alone(cores: int) -> None:
    bench = Bench(jobs.start, cores)  # one of the cores is the window's
    train = TRAIN.replace(threads=1)
    specs = {1: train, 2: train.replace(seed=5, objective=Part("diffusion"), path=Part("vp-linear"))}
    bench.submit(1, specs[1])
    bench.run(3)  # out of step, so that one takes snapshots while the other trains
    bench.submit(2, specs[2])
    bench.run(200)
    bench.loop.close()
    for job, spec in specs.items():
        assert bench.ended(job).message == ""
        assert_equal(heard(bench, job), alone(spec))


def test_runs_that_are_sampled_together_are_what_they_are_alone(bench: Bench) -> None:
    euler = RunSpec(n_samples=300, sampler=Part("euler", {"n_steps": 12}))
    specs = {
        1: euler,
        2: euler.replace(objective=Part("diffusion"), path=Part("vp-linear"), sampler=Part("ddpm", {"n_steps": 20})),
        3: euler.replace(seed=5, threads=2),
    }
    for job, spec in specs.items():
        bench.submit(job, spec)
        bench.run(6)
    bench.run(300)
    for job, spec in specs.items():
        assert bench.ended(job).message == ""
        assert_equal(heard(bench, job), alone(spec))


def test_each_run_is_computed_with_the_threads_that_it_names(bench: Bench) -> None:
    steps_alone = Training(n_steps=40, n_snapshots=0, n_validations=0, batch_size=16)
    bench.submit(1, TRAIN.replace(threads=1, training=steps_alone))
    bench.run(4)
    bench.submit(2, RunSpec(n_samples=30, sampler=SHORT, threads=2))
    while 2 not in bench.over():
        bench.run(1)
    bench.run(200)
    assert torch.get_num_threads() == 1


def test_training_goes_on_while_a_sampling_run_is_paused(bench: Bench) -> None:
    sampling = RunSpec(n_samples=30, sampler=SHORT)
    bench.submit(1, sampling)
    bench.run(6)
    bench.loop.handle(PauseJob(1))
    bench.submit(2, TRAIN)
    bench.run(100)
    bench.loop.handle(ResumeJob(1))
    bench.run(100)
    assert bench.over() == [2, 1]
    assert bench.ended(2).message == ""
    assert_equal(heard(bench, 2), alone(TRAIN))
    assert_equal(heard(bench, 1), alone(sampling))


def test_sampling_goes_before_a_newer_analysis_and_both_are_what_they_are_alone(bench: Bench) -> None:
    sampling = RunSpec(n_samples=30, sampler=SHORT)
    analysis = sampling.replace(action="exact-field")
    bench.submit(1, sampling)
    bench.run(3)
    bench.submit(2, analysis)
    bench.run(200)
    assert bench.over() == [1, 2]
    assert_equal(heard(bench, 1), alone(sampling))
    assert_equal(heard(bench, 2), alone(analysis))
