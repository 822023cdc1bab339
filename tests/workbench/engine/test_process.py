"""The engine as a process: it greets, works, is killed and comes back, and the window never imports torch."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from core import catalog
from core.spec import Part, RunSpec
from core.trace import TraceBuilder, open_trace
from workbench.engine.client import EngineClient

FAKE = "tests.workbench.engine.fake:start"


@pytest.fixture
def engine(qtbot):
    clients = []

    def make(factory: str = FAKE) -> EngineClient:
        client = EngineClient(factory=factory)
        clients.append(client)
        with qtbot.waitSignal(client.hello, timeout=30_000):
            client.start()
        return client

    yield make
    for client in clients:
        client.shutdown()


def test_greets_with_the_catalog_and_runs_a_job(qtbot, engine) -> None:
    client = EngineClient(factory="trainers.jobs:start")
    with qtbot.waitSignal(client.hello, timeout=30_000) as hello:
        client.start()
    known = catalog.load(hello.args[0].catalog)
    assert "heun" in known.parts["sampler"]
    assert "cpu" in hello.args[0].devices
    builder = TraceBuilder()
    client.batch.connect(lambda _, events: [builder.feed(event) for event in events])
    with qtbot.waitSignal(client.ended, timeout=30_000) as ended:
        client.submit(RunSpec(n_samples=20, sampler=Part("euler", {"n_steps": 5})))
    client.shutdown()
    assert ended.args[0].status == "finished"
    assert builder.trace["x"][:].shape == (6, 20, 2)


def test_a_newer_request_drops_the_older_on_both_sides(qtbot, engine) -> None:
    client = engine()
    seen: list[int] = []
    client.batch.connect(lambda job, _: seen.append(job))
    first = client.submit(RunSpec(n_samples=10_000, title="slow"))
    qtbot.waitUntil(lambda: first in seen, timeout=5000)
    with qtbot.waitSignal(client.ended, timeout=5000) as ended:
        second = client.submit(RunSpec(n_samples=5), replaces=first)
        seen.clear()
    assert ended.args[0].job == second
    assert first not in seen


def test_a_killed_engine_is_noticed_replaced_and_loses_nothing(qtbot, engine, tmp_path) -> None:
    client = engine()
    builder = TraceBuilder()
    client.batch.connect(lambda _, events: [builder.feed(event) for event in events])
    client.submit(RunSpec(n_samples=10_000, title="slow"), record=tmp_path / "run.h5")
    qtbot.waitUntil(lambda: builder._trace is not None and "x" in builder.trace and len(builder.trace["x"]) > 20, timeout=9000)
    with qtbot.waitSignals([client.died, client.ended, client.hello], timeout=20_000):
        os.kill(client.pid, signal.SIGKILL)
    trace = open_trace(tmp_path / "run.h5")
    assert trace.status == "running"
    assert list(trace["x"][:][:, 0]) == list(range(len(trace["x"])))
    assert len(trace["x"]) > 5
    trace.close()
    with qtbot.waitSignal(client.ended, timeout=5000) as ended:
        client.submit(RunSpec(n_samples=5))
    assert ended.args[0].status == "finished"


@pytest.mark.parametrize(
    ("module", "forbidden"), [("workbench.engine.client", "torch"), ("workbench.engine.worker", "PyQt6")]
)
def test_each_side_keeps_to_itself(module: str, forbidden: str) -> None:
    code = f"import sys, {module}; sys.exit({forbidden!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
