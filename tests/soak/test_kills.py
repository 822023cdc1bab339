"""Killed at a random moment, or refused by the disk: every committed row of a trace is there, and is the run's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from core import spec as specs
from core.events import Chunk
from core.spec import Part, RunSpec, Training
from core.trace import Trace, open_trace
from core.trace.repair import repair
from tests.soak.mutate import SOAK
from trainers.jobs import start

N = 50 if SOAK else 4
SAMPLE = RunSpec(n_samples=100, data=Part("three-gaussians"), sampler=Part("euler", {"n_steps": 1000}))
TRAIN = RunSpec(
    action="train", data=Part("moons"), n_samples=20, sampler=Part("euler", {"n_steps": 4}), threads=1,
    training=Training(n_steps=100_000, n_snapshots=2, batch_size=32),
)  # fmt: skip


class Run:
    """The rows that a run makes, made as far as they are asked for."""

    def __init__(self, spec: RunSpec) -> None:
        self._events = start(spec)
        self._rows: dict[str, list[np.ndarray]] = {}

    def rows(self, stream: str, n: int) -> np.ndarray:
        made = self._rows.setdefault(stream, [])
        while len(made) < n:
            event = next(self._events)
            if isinstance(event, Chunk):
                self._rows.setdefault(event.stream, []).extend(event.data)
        return np.array(made[:n])


@pytest.fixture(scope="module")
def stage() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.soak.stage"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=os.getcwd())
    yield process
    process.communicate(timeout=60)


def committed(trace: Trace) -> dict[str, int]:
    return {name: len(stream) for name, stream in trace.streams.items()}


def read(file: Path) -> dict[str, int]:
    """What is committed in a file that is being written."""
    trace = open_trace(file)
    try:
        return committed(trace)
    finally:
        trace.close()


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_kills_at_random_moments_lose_no_committed_row(stage, tmp_path) -> None:
    assert stage.stdin is not None
    assert stage.stdout is not None
    rng, runs = np.random.default_rng(os.getpid()), {}
    cases = [(who, spec) for spec in (SAMPLE, TRAIN) for who in ((0,), (1,), (0, 1))]
    some = 0
    for i in range(N):
        # four cases in the suite: the engine, then both, in a sampling and in a training; all of them when soaking
        who, spec = cases[i % 6] if SOAK else [cases[0], cases[4], cases[2], cases[3]][i]
        file = tmp_path / f"{i}.h5"
        stage.stdin.write(json.dumps([specs.to_json(spec), str(file)]) + "\n")
        stage.stdin.flush()
        pids = json.loads(stage.stdout.readline())
        # at any moment, and every second time at any moment after the first rows
        wait_for(file.exists)
        if i % 2:
            wait_for(lambda at=file: any(read(at).values()))
        time.sleep(rng.uniform(0.0, 1.2))
        seen = read(file)
        for which in who:
            os.kill(pids[which], signal.SIGKILL)
        if who == (0,):  # a window whose engine has died would start another
            os.kill(pids[1], signal.SIGKILL)
        assert stage.stdout.readline() == "over\n"
        whole = open_trace(file)
        # an engine whose window has gone ends its training, and shows what was learned until then
        ended = whole.status == "stopped"
        whole.close()
        repair(file)
        trace = open_trace(file)
        assert trace.status in ("stopped", "finished")
        kept = committed(trace)
        assert all(kept[name] >= n for name, n in seen.items())
        run = runs.setdefault(spec.action, Run(spec))
        for name, stream in trace.streams.items():
            n = len(stream)
            if ended and stream.declared.capacity == spec.training.n_snapshots and n > 1:
                n -= 1
                assert stream.column("step")[n] == len(trace["loss"])
            made = run.rows(name, n).reshape(n, *stream.declared.row_shape)
            np.testing.assert_array_equal(stream[:n], made, err_msg=f"{name} {who}")
        trace.close()
        some += any(kept.values())
    assert some >= N / 2
    print(f"{N} of {N} readable with all committed rows, {some} of them with rows")


FILL = """
import sys
from pathlib import Path
import numpy as np
from core import spec as specs
from core.errors import TraceError
from core.events import Chunk, RunFinished, RunStarted, StreamDeclared
from core.trace import TraceWriter
from core.trace.trace import SAMPLING_COLUMNS
how, path = sys.argv[1:]
if how == "limit":
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, 4_000_000))
writer = TraceWriter(Path(path))
writer.feed(RunStarted(specs.to_json(specs.RunSpec()), {}))
writer.feed(StreamDeclared(
    name="x", row_shape=(5000, 2), dims=("t", "particle", "xy"), kind="points", columns=SAMPLING_COLUMNS, capacity=9
))
try:
    for i in range(3000):
        column = np.array([float(i)])
        writer.feed(Chunk("x", np.full((1, 5000, 2), i, np.float32), dict.fromkeys(SAMPLING_COLUMNS, column)))
        writer.flush()
except TraceError as error:
    print(error)
    writer.feed(RunFinished("failed", "no room"))
writer.close()
"""


def check_filled(out: str, file: Path, least: int) -> None:
    (line,) = out.splitlines()
    assert "cannot be written further" in line
    trace = open_trace(file)
    x = trace["x"][:]
    assert trace.status == "failed"
    assert len(x) >= least
    np.testing.assert_array_equal(x, np.broadcast_to(np.arange(len(x))[:, None, None], x.shape))
    trace.close()


def fill(how: str, file: Path, *before: str) -> str:
    command = [*before, sys.executable, "-c", FILL, how, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=os.getcwd(), timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="room is reserved on Linux")
def test_where_the_system_refuses_more_the_part_before_is_readable(tmp_path) -> None:
    """libhdf5 itself crashes on a refused write and leaves a file that nothing reads."""
    file = tmp_path / "run.h5"
    check_filled(fill("limit", file), file, 60)
    assert file.stat().st_size < 3_500_000


@pytest.mark.skipif(not SOAK, reason="mounts a disk of its own: make soak")
def test_on_a_full_disk_the_part_before_is_readable(tmp_path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    inside = f'mount -t tmpfs -o size=40m none {disk} && "$@" && cp {disk}/run.h5 {tmp_path}/run.h5'
    out = fill("disk", disk / "run.h5", "unshare", "-rm", "sh", "-c", inside, "sh")
    check_filled(out, tmp_path / "run.h5", 100)
