"""The engine's loop without a process: who goes first, what is sent when, and what happens when a run fails."""

from __future__ import annotations

import numpy as np
import pytest

from core import spec as specs
from core.events import Chunk
from core.spec import RunSpec
from core.trace import TraceBuilder, open_trace
from workbench.engine.commands import Ack, Batch, JobEnded, PauseJob, ResumeJob, StartJob, StopJob
from workbench.engine.jobs import EngineLoop, merged
from tests.workbench.engine import fake


class Bench:
    """A loop with everything it sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("workbench.engine.jobs.BATCH_SECONDS", 0.0)
        self.sent: list[object] = []
        self.loop = EngineLoop(fake.start, self.sent.append)

    def start(self, job: int, *, action: str = "sample", n: int = 5, title: str = "", **more) -> None:
        spec = RunSpec(action=action, n_samples=n, title=title)
        self.loop.handle(StartJob(job, specs.to_json(spec), **more))

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

    def ended(self, job: int) -> JobEnded:
        (found,) = [report for report in self.sent if isinstance(report, JobEnded) and report.job == job]
        return found

    def rows(self, job: int) -> list[float]:
        events = [event for batch in self.batches(job) for event in batch.events]
        return [float(row[0]) for event in events if isinstance(event, Chunk) for row in event.data]


@pytest.fixture
def bench(monkeypatch) -> Bench:
    return Bench(monkeypatch)


def test_a_job_arrives_whole(bench: Bench) -> None:
    bench.start(1)
    bench.run()
    assert bench.rows(1) == [0, 1, 2, 3, 4]
    assert bench.ended(1).status == "finished"


def test_sampling_goes_before_training_and_the_newest_first(bench: Bench) -> None:
    for job, action in ((1, "train"), (2, "sample"), (3, "sample")):
        bench.start(job, action=action)
    bench.run()
    order = [report.job for report in bench.sent if isinstance(report, JobEnded)]
    assert order == [3, 2, 1]


def test_training_jobs_take_turns(bench: Bench) -> None:
    bench.start(1, action="train", n=50)
    bench.start(2, action="train", n=50)
    bench.run(60)
    assert abs(len(bench.rows(1)) - len(bench.rows(2))) <= 1


def test_without_an_acknowledgement_one_batch_is_sent_and_nothing_is_lost(bench: Bench) -> None:
    bench.start(1, n=20)
    bench.run(ack=False)
    assert len(bench.batches(1)) == 1
    bench.loop.handle(Ack(1))
    bench.run()
    assert bench.rows(1) == list(range(20))


def test_a_full_window_holds_the_job_back(bench: Bench, monkeypatch) -> None:
    monkeypatch.setattr("workbench.engine.jobs.MOST_PENDING", 16)
    bench.start(1, n=100)
    bench.run(ack=False)
    assert not any(isinstance(report, JobEnded) for report in bench.sent)
    bench.loop.handle(Ack(1))
    bench.run()
    assert bench.rows(1) == list(range(100))


def test_a_replaced_job_sends_nothing_more(bench: Bench, tmp_path) -> None:
    bench.start(1, n=1000, record=str(tmp_path / "one.h5"))
    bench.run(5)
    before = len(bench.rows(1))
    bench.start(2, replaces=1)
    bench.run()
    assert len(bench.rows(1)) == before
    assert bench.ended(2).status == "finished"
    assert not (tmp_path / "one.h5").exists()


def test_stop_keeps_what_was_made(bench: Bench, tmp_path) -> None:
    bench.start(1, n=1000, record=str(tmp_path / "one.h5"))
    bench.run(30)
    bench.loop.handle(StopJob(1))
    bench.run()
    assert bench.ended(1).status == "stopped"
    trace = open_trace(tmp_path / "one.h5")
    assert trace.status == "stopped"
    assert list(trace["x"][:][:, 0]) == bench.rows(1)


def test_a_paused_job_rests_and_goes_on(bench: Bench) -> None:
    bench.start(1, n=100)
    bench.run(20)
    bench.loop.handle(PauseJob(1))
    before = len(bench.rows(1))
    bench.run(50)
    assert len(bench.rows(1)) <= before + 1
    bench.loop.handle(ResumeJob(1))
    bench.run()
    assert bench.rows(1) == list(range(100))


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("wrong", "title: There is nothing wrong."),
        ("bug", "The engine met a bug: ZeroDivisionError: three"),
        ("memory", "Not enough memory for 10 particles on this device. Try fewer particles or another device."),
    ],
)
def test_a_failure_is_one_line_and_other_jobs_go_on(bench: Bench, title: str, words: str) -> None:
    bench.start(1, n=10, title=title)
    bench.start(2, action="train")
    bench.run()
    assert bench.ended(1).status == "failed"
    assert bench.ended(1).message == words
    assert bench.ended(2).status == "finished"


def test_a_disk_that_fails_ends_the_job_with_a_line(bench: Bench, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    bench.start(1, record=str(tmp_path / "file" / "run.h5"))
    assert "cannot be written" in bench.ended(1).message


def test_merged_events_build_the_same_trace() -> None:
    events = [event for event in fake.start(RunSpec(n_samples=7)) if not hasattr(event, "done")]
    builders = TraceBuilder(), TraceBuilder()
    for builder, source in zip(builders, (events, merged(events)), strict=True):
        for event in source:
            builder.feed(event)
    assert len(merged(events)) == 4
    np.testing.assert_array_equal(*(builder.trace["x"][:] for builder in builders))
