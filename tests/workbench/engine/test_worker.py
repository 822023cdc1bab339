"""The engine's process seen from its pipe, with a thread in the place of the process."""

from __future__ import annotations

import multiprocessing as mp
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from core import spec as specs
from core.spec import RunSpec
from core.trace import open_trace
from tests.workbench.engine import fake
from workbench.engine import commands, worker
from workbench.engine.commands import Ack, Batch, JobEnded, Progress, Report, Shutdown, StartJob, Stats
from workbench.engine.jobs import EngineLoop


class Served:
    """A worker that serves in a thread."""

    def __init__(self) -> None:
        self.pipe, theirs = mp.Pipe()
        self.warmed = 0
        self.thread = threading.Thread(target=self._serve, args=(theirs,))
        self.thread.start()

    def _serve(self, connection: Connection) -> None:
        loop = EngineLoop(fake.start, lambda report: connection.send_bytes(commands.encode(report)), lambda _: None)
        worker.serve(connection, loop, self._warm)

    def _warm(self) -> None:
        self.warmed += 1

    def tell(self, command: commands.Command) -> None:
        self.pipe.send_bytes(commands.encode(command))

    def hear(self) -> Report:
        assert self.pipe.poll(5)
        return commands.decode_report(self.pipe.recv_bytes())


@pytest.fixture
def served() -> Iterator[Served]:
    server = Served()
    yield server
    server.pipe.close()
    server.thread.join(5)


def test_runs_a_job_over_the_pipe_and_warms_up_once_after_a_rest(served: Served, monkeypatch) -> None:
    monkeypatch.setattr(worker, "REST_SECONDS", 0.8)
    served.tell(StartJob(7, specs.to_json(RunSpec(n_samples=4))))
    while not isinstance(report := served.hear(), JobEnded):
        if isinstance(report, Batch):
            served.tell(Ack(report.job))
    assert (report.job, report.status) == (7, "finished")
    assert served.warmed == 0
    for _ in range(3):
        assert isinstance(served.hear(), Stats)
    served.tell(Shutdown())
    served.thread.join(5)
    assert not served.thread.is_alive()
    assert served.warmed == 1


@pytest.mark.parametrize("idle", [True, False])
def test_goes_when_the_window_dies_and_closes_its_traces(served: Served, tmp_path: Path, idle: bool) -> None:
    path = tmp_path / "run.h5"
    if not idle:
        served.tell(StartJob(1, specs.to_json(RunSpec(n_samples=100_000, title="slow")), record=str(path)))
        while not isinstance(report := served.hear(), Progress) or report.done < 5:
            pass
    served.pipe.close()
    served.thread.join(5)
    assert not served.thread.is_alive()
    if not idle:
        trace = open_trace(path)
        assert trace.status == "running"
        assert trace["x"][:][:, 0].tolist() == list(range(len(trace["x"])))
        trace.close()


def test_the_default_factory_is_the_door_to_every_run() -> None:
    from trainers import jobs

    assert worker.load(worker.DEFAULT_FACTORY) is jobs.start
