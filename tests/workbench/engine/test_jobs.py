"""The engine's loop without a process: who goes first, what is sent when, and what happens when a run fails."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path
from typing import Literal

import pytest

from core import spec as specs
from core.checkpoint import history_of, locate
from core.events import RunFinished
from core.spec import Part, RunSpec, Training
from core.trace import open_trace
from tests.workbench.engine import fake
from tests.workbench.engine.bench import Bench
from trainers.checkpoint import FILE_NAME
from trainers.jobs import start
from workbench.engine.commands import Ack, PauseJob, ResumeJob, Shutdown, StartJob, Stats, StopJob
from workbench.engine.jobs import EngineLoop


@pytest.fixture(autouse=True)
def _every_tick_ends_a_stride(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.engine.job.LEAST_SECONDS", 0.0)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr("workbench.engine.jobs.BATCH_SECONDS", 0.0)
    return Bench()


# --- order -----------------------------------------------------------------------------------------------------------


def test_a_job_arrives_whole(bench: Bench) -> None:
    bench.start(1)
    bench.run()
    assert bench.rows(1) == [0, 1, 2, 3, 4]
    assert bench.ended(1).status == "finished"
    assert isinstance(bench.events(1)[-1], RunFinished)
    assert not bench.loop.step()


def test_a_step_without_news_is_no_end(bench: Bench) -> None:
    bench.start(1, title="silent")
    bench.run()
    assert bench.rows(1) == [0, 1, 2, 3, 4]


def test_sampling_goes_before_training_and_the_newest_begins_at_once(bench: Bench) -> None:
    bench.start(1, action="train")
    bench.start(2, n=500)
    bench.run(100)
    bench.start(3, n=10)
    bench.run()
    assert bench.over() == [3, 2, 1]


def test_runs_on_the_processor_go_on_side_by_side(bench: Bench) -> None:
    bench.start(1, n=200)
    bench.run(7)  # out of step, between two ticks
    bench.start(2, n=200)
    bench.run(50)
    behind = len(bench.rows(1)) - len(bench.rows(2))
    assert len(bench.rows(2)) > 10
    bench.run(50)
    assert abs(len(bench.rows(1)) - len(bench.rows(2)) - behind) <= 1


@pytest.mark.parametrize(("action", "cores"), [("sample", 2), ("train", 3)])
def test_their_steps_are_taken_at_one_time(action: Literal["sample", "train"], cores: int) -> None:
    bench = Bench(fake.meeting(2), cores)
    for job in (1, 2):
        bench.start(job, action=action)
    bench.run()
    assert {job: bench.ended(job).message for job in (1, 2)} == {1: "", 2: ""}
    assert bench.rows(1) == bench.rows(2) == [0, 1, 2, 3, 4]


def test_on_another_device_one_run_is_stepped_at_a_time_the_newest_first(bench: Bench) -> None:
    bench.start(1, n=50, title="elsewhere")
    bench.run(20)
    bench.start(2, n=50, title="elsewhere")
    before = len(bench.rows(1))
    bench.run(60)
    assert len(bench.rows(1)) == before
    bench.run()
    assert bench.over() == [2, 1]


def test_training_jobs_take_turns_also_when_one_comes_late(bench: Bench) -> None:
    bench.start(1, action="train", n=500)
    bench.start(2, action="train", n=500)
    bench.run(100)
    assert abs(len(bench.rows(1)) - len(bench.rows(2))) <= 1
    bench.start(3, action="train", n=500)
    bench.run(90)
    assert 10 < len(bench.rows(3)) < 20
    assert abs(len(bench.rows(1)) - len(bench.rows(2))) <= 1


# --- pause, stop, replace --------------------------------------------------------------------------------------------


def test_a_paused_job_rests_and_goes_on(bench: Bench) -> None:
    bench.start(1, n=100)
    bench.run(20)
    bench.loop.handle(PauseJob(1))
    assert bench.progress(1)[-1].paused
    before = bench.rows(1)
    bench.run(50)
    assert bench.rows(1) == before
    bench.loop.handle(ResumeJob(1))
    assert not bench.progress(1)[-1].paused
    bench.run()
    assert bench.rows(1) == list(range(100))


@pytest.mark.parametrize("paused", [False, True])
def test_stop_keeps_what_was_made_and_the_last_word(bench: Bench, tmp_path: Path, paused: bool) -> None:
    bench.start(1, n=1000, record=tmp_path / "one.h5")
    bench.run(30)
    if paused:
        bench.loop.handle(PauseJob(1))
    bench.loop.handle(StopJob(1))
    bench.run()
    assert bench.ended(1).status == "stopped"
    assert bench.rows(1)[-1] == -1
    trace = open_trace(tmp_path / "one.h5")
    assert trace.status == "stopped"
    assert trace["x"][:][:, 0].tolist() == bench.rows(1)
    trace.close()


def test_stop_does_not_wait_for_other_jobs(bench: Bench) -> None:
    bench.start(1, action="train", n=1000)
    bench.run(10)
    bench.start(2, n=1000)
    bench.run(10)
    bench.loop.handle(StopJob(1))
    bench.run(1)
    assert bench.rows(1)[-1] == -1


def test_a_job_that_is_stopped_before_its_first_step_just_ends(bench: Bench, tmp_path: Path) -> None:
    bench.start(1, record=tmp_path / "one.h5")
    bench.loop.handle(StopJob(1))
    bench.run()
    assert bench.ended(1).status == "stopped"
    assert bench.batches(1) == []
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_lets_the_stop_through_is_stopped(bench: Bench, tmp_path: Path) -> None:
    bench.start(1, n=1000, record=tmp_path / "one.h5")
    bench.run(1)  # it stands before the place where it would listen
    bench.loop.handle(StopJob(1))
    bench.run()
    assert bench.ended(1).status == "stopped"
    assert bench.events(1)[-1] == RunFinished("stopped")
    trace = open_trace(tmp_path / "one.h5")
    assert trace.status == "stopped"
    trace.close()


def test_a_replaced_job_sends_nothing_more(bench: Bench, tmp_path: Path) -> None:
    bench.start(1, n=1000, record=tmp_path / "one.h5")
    bench.run(5)
    bench.run(20, ack=False)
    before = len(bench.sent)
    bench.start(2, replaces=1)
    for late in (Ack(1), PauseJob(1), StopJob(1)):
        bench.loop.handle(late)
    bench.run()
    assert not any(getattr(report, "job", 2) == 1 for report in bench.sent[before:])
    assert bench.ended(2).status == "finished"
    assert not (tmp_path / "one.h5").exists()


# --- what is sent ----------------------------------------------------------------------------------------------------


def test_without_an_acknowledgement_one_batch_is_sent_and_nothing_is_lost(bench: Bench) -> None:
    bench.start(1, n=20)
    bench.start(2, n=20)
    bench.run(ack=False)
    assert len(bench.batches(1)) == len(bench.batches(2)) == 1
    assert bench.over() == []
    for job in (1, 2):
        bench.loop.handle(Ack(job))
    bench.run()
    assert bench.rows(1) == bench.rows(2) == list(range(20))


def test_a_full_window_holds_the_job_back_but_no_other(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.engine.jobs.MOST_PENDING", 16)
    bench.start(1, n=100)
    bench.run(ack=False)
    assert bench.over() == []
    assert not bench.loop.step()
    bench.start(2, n=1)
    assert bench.loop.step()
    bench.loop.handle(Ack(1))
    bench.run()
    assert bench.rows(1) == list(range(100))


def test_batches_are_rare_and_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("workbench.engine.jobs.time.monotonic", lambda: now[0])
    bench = Bench()
    bench.start(1, n=200)
    while bench.over() == []:
        now[0] += 0.001
        bench.run(1)
    assert bench.rows(1) == list(range(200))
    assert len(bench.batches(1)) == pytest.approx(400 / 30, abs=2)  # two steps of 1 ms a row, one batch in 30 ms
    progress = bench.progress(1)
    assert len(progress) == pytest.approx(4, abs=1)
    assert progress[-1].done == progress[-1].total == 200
    assert progress[-2].rate == pytest.approx(500, rel=0.1)


def test_rests_without_work_and_says_how_much_is_done(bench: Bench, tmp_path: Path) -> None:
    bench.start(1, n=3, record=tmp_path / "one.h5")
    bench.run(50)
    bench.loop._stats_at -= 1.0
    bench.run(1)
    stats = [report for report in bench.sent if isinstance(report, Stats)][-1]
    assert stats.queue == 0
    assert stats.written == 3 * 2 * 4
    assert stats.steps_per_second == pytest.approx(3, rel=0.1)
    before = len(bench.sent)
    bench.run(50)
    assert len(bench.sent) == before
    assert 0.1 < bench.loop.idle_seconds() <= 0.5


# --- failures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("wrong", "title: There is nothing wrong."),
        ("bug", "The engine met a bug: ZeroDivisionError: three"),
        ("memory", "Not enough memory for 1,000 particles on cpu. Try fewer particles or another device."),
        ("numpy memory", "Not enough memory for 1,000 particles on cpu. Try fewer particles or another device."),
    ],
)
def test_a_failure_is_one_line_and_other_jobs_go_on(bench: Bench, tmp_path: Path, title: str, words: str) -> None:
    bench.start(1, n=1000, title=title, record=tmp_path / "one.h5")
    bench.start(2, action="train")
    bench.run()
    assert bench.ended(1).status == "failed"
    assert bench.ended(1).message == words
    assert ("Traceback" in bench.ended(1).detail) == (title != "wrong")
    assert bench.ended(2).status == "finished"
    if title == "wrong":
        assert list(tmp_path.iterdir()) == []
        return
    assert bench.rows(1) == [0, 1, 2]
    assert bench.events(1)[-1] == RunFinished("failed", words)
    trace = open_trace(tmp_path / "one.h5")
    assert (trace.status, trace.message) == ("failed", words)
    assert trace["x"][:][:, 0].tolist() == [0, 1, 2]
    trace.close()


def test_training_without_memory_names_the_batch(bench: Bench) -> None:
    bench.start(1, action="train", n=50, title="memory")
    bench.run()
    assert bench.ended(1).message == (
        "Not enough memory for batches of 256 and 50 particles on cpu. "
        "Try smaller batches, fewer particles or another device."
    )


def test_a_spec_that_is_none_fails_at_once(bench: Bench) -> None:
    bench.start(1, n=0)
    assert bench.ended(1).message.startswith("n_samples: ")


def test_a_record_that_cannot_be_made_ends_the_job_with_a_line(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    bench.start(1, action="train", record=tmp_path / "file" / "run.h5")
    bench.run()
    assert bench.ended(1).status == "failed"
    assert "cannot be written" in bench.ended(1).message


def test_a_disk_that_fills_up_ends_the_job_and_keeps_what_is_committed(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.trace.writer.FLUSH_SECONDS", -1.0)
    bench.start(1, action="train", n=1000, record=tmp_path / "one.h5")
    bench.run(30)
    kept = bench.rows(1)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("core.trace.writer.shutil.disk_usage", lambda _: usage(0, 0, 4_200_000))
    bench.run()
    assert bench.ended(1).status == "failed"
    assert "its disk has 4 MB left" in bench.ended(1).message
    trace = open_trace(tmp_path / "one.h5")
    assert (trace.status, trace.message) == ("failed", bench.ended(1).message)
    assert trace["x"][:][:, 0].tolist() == kept
    trace.close()


def test_what_is_sampled_goes_on_where_it_can_no_longer_be_recorded(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.trace.writer.FLUSH_SECONDS", -1.0)
    (tmp_path / "file").write_text("")
    bench.start(1, n=20, record=tmp_path / "file" / "run.h5")
    bench.start(2, n=20, record=tmp_path / "two.h5")
    bench.run(10)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("core.trace.writer.shutil.disk_usage", lambda _: usage(0, 0, 4_200_000))
    bench.run()
    for job, words in ((1, "cannot be written"), (2, "its disk has 4 MB left")):
        assert bench.ended(job).status == "finished"
        assert words in bench.ended(job).unrecorded
        assert bench.rows(job) == list(range(20))
    trace = open_trace(tmp_path / "two.h5")
    assert trace.status == "failed"
    assert 0 < len(trace["x"]) < 20
    trace.close()


def test_what_a_run_says_at_its_end_is_no_reason_that_it_was_not_recorded(bench: Bench, tmp_path: Path) -> None:
    bench.start(1, title="where", record=tmp_path / "one.h5")
    (tmp_path / "file").write_text("")
    bench.start(2, title="where", record=tmp_path / "file" / "two.h5")
    bench.run()
    one, two = bench.ended(1), bench.ended(2)
    assert one.message.startswith("{")
    assert two.message.startswith("{")
    assert one.unrecorded == ""
    assert "cannot be written" in two.unrecorded
    trace = open_trace(tmp_path / "one.h5")
    assert (trace.status, trace.message, len(trace["x"])) == ("finished", one.message, 5)
    trace.close()


@pytest.mark.parametrize(
    ("action", "seconds", "status"), [("sample", 9.0, "running"), ("train", 9.0, "stopped"), ("train", 0.0, "running")]
)
def test_shutdown_closes_every_file_with_what_it_has(
    bench: Bench, tmp_path: Path, monkeypatch, action: Literal["sample", "train"], seconds: float, status: str
) -> None:
    monkeypatch.setattr("workbench.engine.jobs.KEEP_SECONDS", seconds)
    bench.start(1, action=action, n=1000, record=tmp_path / "one.h5")
    bench.start(2, action=action, n=1000, record=tmp_path / "two.h5")
    bench.run(41)
    bench.loop.handle(Shutdown())
    assert bench.loop.closed
    for name, job in (("one.h5", 1), ("two.h5", 2)):
        trace = open_trace(tmp_path / name)
        assert trace.status == status
        seen, last = bench.rows(job), [-1] if status == "stopped" else []
        assert seen
        assert trace["x"][:][:, 0].tolist() == seen + last
        trace.close()


def test_a_training_keeps_what_it_has_learned_when_the_window_closes(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("workbench.engine.jobs.KEEP_SECONDS", 9.0)
    loop = EngineLoop(start, lambda report: None, lambda n: None)
    spec = RunSpec(
        action="train", n_samples=8, network=Part("mlp", {"width": 8}),
        training=Training(n_steps=100_000, batch_size=8, n_snapshots=2, n_validations=0),
    )  # fmt: skip
    loop.handle(StartJob(1, specs.to_json(spec), record=str(tmp_path / "run.h5"), place=str(tmp_path)))
    for _ in range(200):
        loop.step()
    loop.close()
    trace = open_trace(tmp_path / "run.h5")
    made = len(trace["loss"])
    assert (trace.status, made > 0, len(trace["snapshot/x"])) == ("stopped", True, 2)
    trace.close()
    (run,) = history_of(locate(str(tmp_path / FILE_NAME)))
    assert run.steps == made
