"""The engine as a process: it greets, works, is killed and comes back, and leaves when the window does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.events import Event, RunFinished
from core.spec import Part, RunSpec
from core.trace import TraceBuilder, open_trace
from workbench.engine.client import EngineClient
from workbench.engine.commands import Hello, JobEnded, Offer
from workbench.engine.link import GOODBYE_SECONDS, LEARNED_SECONDS

FAKE = "tests.workbench.engine.fake:start"
pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills processes as POSIX does")


class Engine:
    """A client with what it heard."""

    def __init__(self) -> None:
        self.client = EngineClient(factory=FAKE)
        self.hellos: list[Hello] = []
        self.offers: list[Offer] = []
        self.batches: list[tuple[int, list[Event]]] = []
        self.client.hello.connect(self.hellos.append)
        self.client.offered.connect(self.offers.append)
        self.client.batch.connect(lambda job, events: self.batches.append((job, events)))

    def rows(self, job: int) -> int:
        builder = TraceBuilder()
        for number, events in self.batches:
            for event in events if number == job else []:
                builder.feed(event)
        return len(builder.trace["x"]) if builder._trace is not None and "x" in builder.trace else 0

    def run(self, qtbot: QtBot, spec: RunSpec) -> tuple[JobEnded, list[Event]]:
        """The end and the events of a job."""
        with qtbot.waitSignal(self.client.ended, timeout=20_000) as ended:
            job = self.client.submit(spec)
        assert ended.args is not None
        assert ended.args[0].job == job
        return ended.args[0], [event for number, events in self.batches if number == job for event in events]


@pytest.fixture(scope="module")
def shared(qapp: object) -> Iterator[Engine]:
    """One process for all tests that leave it in order."""
    engine = Engine()
    engine.client.start()
    yield engine
    engine.client.shutdown()


@pytest.fixture
def engine(shared: Engine, qtbot: QtBot) -> Engine:
    qtbot.waitUntil(lambda: bool(shared.hellos), timeout=30_000)
    shared.batches.clear()
    return shared


def test_greets_with_the_devices_and_offers_nothing_that_is_known(engine: Engine) -> None:
    (hello,) = engine.hellos
    assert "cpu" in hello.devices
    assert not engine.offers
    assert set(hello.versions) == {"flowscope", "torch", "numpy"}


def test_runs_a_sampling_spec(engine: Engine, qtbot: QtBot) -> None:
    ended, events = engine.run(qtbot, RunSpec(n_samples=20, sampler=Part("euler", {"n_steps": 5}), title="real"))
    assert ended.status == "finished"
    builder = TraceBuilder()
    for event in events:
        builder.feed(event)
    assert builder.trace["x"][:].shape == (6, 20, 2)


def test_the_process_has_no_qt_and_leaves_the_window_room(engine: Engine, qtbot: QtBot) -> None:
    _, events = engine.run(qtbot, RunSpec(n_samples=1, title="where"))
    assert isinstance(events[-1], RunFinished)
    found = json.loads(events[-1].message)
    assert found == {"qt": False, "nice": 5, "waiting": "PASSIVE", "threads": max(1, (os.cpu_count() or 2) - 1)}


def test_a_newer_request_drops_the_older_on_both_sides(engine: Engine, qtbot: QtBot) -> None:
    first = engine.client.submit(RunSpec(n_samples=100_000, title="slow"))
    qtbot.waitUntil(lambda: engine.rows(first) > 5, timeout=5000)
    with qtbot.waitSignal(engine.client.ended, timeout=5000) as ended:
        second = engine.client.submit(RunSpec(n_samples=5), replaces=first)
        engine.batches.clear()
    assert ended.args is not None
    assert ended.args[0].job == second
    assert {job for job, _ in engine.batches} == {second}


def test_stop_over_the_pipe(engine: Engine, qtbot: QtBot) -> None:
    job = engine.client.submit(RunSpec(action="train", n_samples=100_000, title="slow"))
    qtbot.waitUntil(lambda: engine.rows(job) > 5, timeout=5000)
    with qtbot.waitSignal(engine.client.ended, timeout=5000) as ended:
        engine.client.stop(job)
    assert ended.args is not None
    assert (ended.args[0].job, ended.args[0].status) == (job, "stopped")
    assert engine.batches[-1][1][-1] == RunFinished("stopped")


def test_a_killed_engine_is_noticed_replaced_and_loses_nothing(engine: Engine, qtbot: QtBot, tmp_path: Path) -> None:
    client, path = engine.client, tmp_path / "run.h5"
    job = client.submit(RunSpec(n_samples=100_000, title="slow"), record=path)
    qtbot.waitUntil(lambda: engine.rows(job) > 260, timeout=20_000)
    seen = engine.rows(job)
    said: list[str] = []
    client.ended.connect(lambda report: said.append(report.message))
    with qtbot.waitSignals([client.died, client.ended], timeout=1000):
        assert client.pid is not None
        os.kill(client.pid, signal.SIGKILL)
        waiting = client.submit(RunSpec(n_samples=5))  # nobody knows yet
    assert said[0] == "The engine stopped"
    trace = open_trace(path)
    assert trace.status == "running"
    assert trace["x"][:][:, 0].tolist() == list(range(len(trace["x"])))
    # committed every two seconds at the latest, and a row takes 10 ms at least
    assert len(trace["x"]) >= seen - 205 > 50
    trace.close()
    again = client.submit(RunSpec(n_samples=5))
    with qtbot.waitSignals([client.restarted, client.ended], timeout=30_000):
        pass
    assert len(engine.hellos) == 2
    assert engine.rows(again) == 5
    assert engine.rows(waiting) == 0


def test_an_engine_that_cannot_start_is_given_up(qtbot: QtBot, capfd: pytest.CaptureFixture[str]) -> None:
    client = EngineClient(factory="tests.workbench.engine.fake:missing")
    codes: list[int] = []
    ends: list[JobEnded] = []
    client.died.connect(codes.append)
    client.ended.connect(ends.append)
    with qtbot.waitSignal(client.unavailable, timeout=20_000) as said:
        client.start()
        client.submit(RunSpec())
    assert said.args is not None
    assert said.args[0].startswith("The engine stops as soon as it starts.")
    assert codes == [1, 1, 1]
    assert "has no attribute 'missing'" in capfd.readouterr().err
    assert [end.job for end in ends] == [1]
    with qtbot.waitSignal(client.ended, timeout=1000):
        client.submit(RunSpec())
    assert ends[-1] == JobEnded(2, "failed", "The engine stopped")


_WINDOW = """
import sys, time
from pathlib import Path
from PyQt6.QtCore import QCoreApplication, QTimer
from core.spec import RunSpec
from workbench.engine.client import EngineClient

def main(factory, at):
    app = QCoreApplication([])
    client = EngineClient(factory="tests.workbench.engine.fake:" + factory)
    client.start()
    client.submit(RunSpec(n_samples=100_000, title="slow"))
    def leave():
        print(client.pid, time.time(), "torch" in sys.modules, flush=True)
        app.quit()
    getattr(client, at).connect(lambda *_: leave()) if at else QTimer.singleShot(300, leave)
    app.exec()

if __name__ == "__main__":
    main(*sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("factory", "at"),
    [("start", ""), ("start", "batch"), ("stubborn", "hello")],
    ids=["while the engine starts", "while a job runs", "while it does not listen"],
)
def test_the_engine_goes_when_the_application_does(tmp_path: Path, factory: str, at: str) -> None:
    script = tmp_path / "window.py"
    script.write_text(_WINDOW)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, script, factory, at], capture_output=True, text=True, timeout=30, env=environment, check=False
    )
    left = time.time()
    assert (done.returncode, done.stderr) == (0, "")
    pid, quitting, torch = done.stdout.split()
    assert left - float(quitting) < 1.5
    assert torch == "False"
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


@pytest.mark.parametrize(("action", "patience"), [("sample", GOODBYE_SECONDS), ("train", LEARNED_SECONDS)])
def test_an_engine_that_trains_may_end_its_step(qtbot: QtBot, monkeypatch, action, patience: float) -> None:
    asked: list[float] = []
    client = EngineClient(factory=FAKE)
    client.start()
    client.submit(RunSpec(action=action, n_samples=100_000, title="slow"))
    assert client._link is not None
    close = client._link.close
    monkeypatch.setattr(client._link, "close", lambda seconds: (asked.append(seconds), close(seconds)))
    client.shutdown()
    assert asked == [patience]


def test_the_client_never_imports_torch() -> None:
    code = "import sys, workbench.engine.client; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
