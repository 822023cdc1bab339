"""A trace is the same live and from disk; a run is the same twice; what was committed survives a kill."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from core import events as ev
from core.errors import TraceError
from core.events import StopRun, Tick
from core.run import sample
from core.spec import Part, RunSpec
from core.trace import Trace, TraceBuilder, TraceWriter, lock, open_trace, save
from core.trace.build import collect
from core.trace.lock import FRESH_SECONDS, left_open
from core.trace.prolong import prolonged
from core.trace.reader import open_file
from core.trace.schema import LIBVER
from workbench.commands.progress import record

SMALL = RunSpec(n_samples=64, data=Part("three-gaussians"), sampler=Part("heun", {"n_steps": 6}))


def real(events):
    return [event for event in events if not isinstance(event, Tick)]


def assert_equal(a: Trace, b: Trace) -> None:
    assert a.streams.keys() == b.streams.keys()
    for name, stream in a.streams.items():
        np.testing.assert_array_equal(stream[:], b[name][:], err_msg=name)
        for column in stream.declared.columns:
            np.testing.assert_array_equal(stream.column(column), b[name].column(column), err_msg=name)
        for key, value in stream.static.items():
            np.testing.assert_array_equal(value, b[name].static[key])
    assert (a.spec, a.status) == (b.spec, b.status)


def test_live_and_from_disk_are_equal(tmp_path) -> None:
    events = real(sample(SMALL))
    with TraceWriter(tmp_path / "run.h5") as writer:
        for event in events:
            writer.feed(event)
    assert_equal(collect(iter(events)), open_trace(tmp_path / "run.h5"))


def test_events_survive_the_pipe() -> None:
    events = real(sample(SMALL))
    assert_equal(collect(iter(events)), collect(ev.decode(ev.encode(event)) for event in events))


@pytest.mark.parametrize("sampler", [Part("heun", {"n_steps": 6}), Part("ddpm", {"n_steps": 6})], ids=["ode", "sde"])
def test_same_spec_and_seed_give_the_same_trace(sampler) -> None:
    spec = SMALL.replace(sampler=sampler, path=Part("vp-linear"), grid=Part("ddpm-stride"))
    assert_equal(collect(sample(spec)), collect(sample(spec)))


@pytest.mark.parametrize("name", ["euler", "ddpm"])
@pytest.mark.parametrize("field", ["exact", "network"])
def test_fewer_particles_keep_their_noise_and_their_ways(name: str, field: str, tmp_path) -> None:
    weights = {}
    if field == "network":
        from trainers.loop import train

        tiny = RunSpec(objective=Part("diffusion"), path=Part("vp-linear"), data=Part("moons"), n_samples=10)
        collect(train(tiny.replace(training=tiny.training.__class__(n_steps=3, n_snapshots=0)), tmp_path))
        weights = {"weights": str(tmp_path / "checkpoint.safetensors")}
    spec = RunSpec(
        data=Part("moons"), path=Part("vp-linear"), grid=Part("ddpm-stride"), sampler=Part(name, {"n_steps": 12}),
        field=Part(field, weights),
    )  # fmt: skip
    many, few = (collect(sample(spec.replace(n_samples=n))) for n in (1000, 500))
    np.testing.assert_array_equal(many["x"][:][:, :500], few["x"][:])
    np.testing.assert_array_equal(many["x1_hat"][:][:, :500], few["x1_hat"][:])


def test_methods_start_from_the_same_noise() -> None:
    flow = collect(sample(SMALL))
    diffusion = collect(sample(SMALL.replace(path=Part("vp-linear"), grid=Part("ddpm-stride"), sampler=Part("ddpm"))))
    starts = [trace["x"][0] / trace["x"].column("sigma")[0] for trace in (flow, diffusion)]
    np.testing.assert_allclose(*starts, rtol=1e-6)


@pytest.mark.parametrize("step", range(0, 22, 4))
def test_a_run_can_be_stopped_at_any_step(step: int, tmp_path) -> None:
    run = sample(SMALL)
    with TraceWriter(tmp_path / "run.h5") as writer:
        for _ in range(step + 5):
            event = next(run)
            if not isinstance(event, Tick):
                writer.feed(event)
        writer.feed(run.throw(StopRun()))
    trace = open_trace(tmp_path / "run.h5")
    assert trace.status == "stopped"
    full = collect(sample(SMALL))
    np.testing.assert_array_equal(trace["x"][:], full["x"][: len(trace["x"])])


@pytest.mark.skipif(sys.platform == "win32", reason="an open file keeps its name there")
def test_a_file_that_has_its_name_lets_readers_in(tmp_path, monkeypatch) -> None:
    """Whoever sees it can open it, and a writer killed between the two would leave what nobody can read."""
    replace, opened = Path.replace, []

    def renamed(self, target):
        assert left_open(self)  # its writer has it open already, and opens it no other way once it has its name
        with open_file(self) as file:
            opened.append(sorted(file["streams"]))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", renamed)
    with TraceWriter(tmp_path / "run.h5") as writer:
        for event in real(sample(SMALL)):
            writer.feed(event)
    with h5py.File(tmp_path / "run.h5") as file:
        assert opened == [sorted(file["streams"])]


WRITE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from tests.core.test_trace import SMALL, real, sample, TraceWriter
writer = TraceWriter(Path(sys.argv[1]))
for i, event in enumerate(real(sample(SMALL))):
    writer.feed(event)
    if i == 12:
        writer.flush()
    if i == 16:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_writer_leaves_every_committed_row(tmp_path) -> None:
    file = tmp_path / "run.h5"
    done = subprocess.run([sys.executable, "-c", WRITE_AND_DIE, str(file)], check=False, cwd=os.getcwd())
    assert done.returncode == -signal.SIGKILL
    trace, full = open_trace(file), collect(sample(SMALL))
    assert trace.status in ("running", "interrupted")
    assert len(trace["x"]) == 3
    np.testing.assert_array_equal(trace["x"][:], full["x"][:3])
    before = file.read_bytes()
    _age(file)
    assert open_trace(file).status == "interrupted"
    assert file.read_bytes() == before  # to find out is no reason to write


def _age(file: Path, seconds: float = FRESH_SECONDS + 1) -> None:
    """As if nothing had been written for a while."""
    os.utime(file, (time.time() - seconds,) * 2)


@pytest.mark.parametrize("locks", [True, False], ids=["with locks", "without"])
def test_a_run_that_goes_on_is_never_called_interrupted(locks: bool, tmp_path, monkeypatch) -> None:
    """However long it says nothing, and on a file system that knows no locks, at every step of its file."""
    if not locks:
        monkeypatch.setattr(lock, "_lock", _no_locks)
    file, seen = tmp_path / "run.h5", []
    with TraceWriter(file) as writer:
        for event in real(sample(SMALL)):
            writer.feed(event)
            writer.flush()
            if file.is_file():
                _age(file, 3600.0)
                seen.append(open_trace(file).status)
    assert seen
    assert set(seen) == {"running"}
    _age(file)
    assert open_trace(file).status == "finished"


def _no_locks(_descriptor: int, *, alone: bool) -> None:
    raise OSError(errno.ENOLCK, f"no locks here, {alone=}")


def test_a_claim_waits_for_whoever_asks(tmp_path, monkeypatch) -> None:
    """To ask takes the lock for a moment: a run that began in it would be unseen for ever."""
    taken, locked = [], lock._lock

    def held_once(descriptor: int, *, alone: bool) -> None:
        taken.append(alone)
        if len(taken) == 1:
            raise BlockingIOError
        locked(descriptor, alone=alone)

    monkeypatch.setattr(lock, "_lock", held_once)
    with h5py.File(tmp_path / "run.h5", "w", libver=LIBVER) as file:
        file.swmr_mode = True
        claim = lock.Claim(tmp_path / "run.h5")
        assert lock.is_written(tmp_path / "run.h5")
        claim.release()
        assert not lock.is_written(tmp_path / "run.h5")


def test_a_copy_of_an_interrupted_run_says_that_it_stopped(tmp_path) -> None:
    trace = collect(sample(SMALL))
    trace.status = "interrupted"
    save(trace, tmp_path / "copy.h5")
    assert open_trace(tmp_path / "copy.h5").status == "stopped"


def test_the_rows_of_a_run_that_is_over_are_counted_once(tmp_path, monkeypatch) -> None:
    save(collect(sample(SMALL)), tmp_path / "over.h5")
    trace = open_trace(tmp_path / "over.h5")
    asked: list[object] = []
    whole = h5py.Dataset.__getitem__
    monkeypatch.setattr(h5py.Dataset, "__getitem__", lambda self, key: asked.append(key) or whole(self, key))
    rows = len(trace["x"])
    assert (rows, len(trace["x"]), asked) == (rows, rows, [])
    assert len(trace["x"][:]) == rows
    assert len(asked) == 1, "the rows alone were read"
    trace.close()
    assert len(trace["x"]) == 0


def test_a_reader_follows_a_growing_file(tmp_path) -> None:
    events = real(sample(SMALL))
    with TraceWriter(tmp_path / "run.h5") as writer:
        for event in events[:8]:
            writer.feed(event)
        writer.flush()
        reader = open_trace(tmp_path / "run.h5")
        before = len(reader["x"])
        for event in events[8:-1]:
            writer.feed(event)
        writer.flush()
        assert before < len(reader["x"]) == 7
        reader.close()


FOLLOW = """
import sys, numpy as np
from core.trace import open_trace
trace = open_trace(sys.argv[1])
print(trace["x"][:].tobytes().hex(), flush=True)
sys.stdin.readline()
print(trace["x"][:].tobytes().hex(), trace["x"].axis.tobytes().hex(), flush=True)
"""


def test_who_has_read_part_of_a_chunk_sees_the_rest_of_it_when_it_is_there(tmp_path) -> None:
    """Several small rows share a chunk, which is written again as they come."""
    events, full = real(sample(SMALL)), collect(sample(SMALL))["x"]
    with TraceWriter(tmp_path / "run.h5") as writer:
        for event in events[:8]:
            writer.feed(event)
        writer.flush()
        command = [sys.executable, "-c", FOLLOW, str(tmp_path / "run.h5")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout is not None
            before = np.frombuffer(bytes.fromhex(reader.stdout.readline()), np.float32).reshape(-1, 64, 2)
            for event in events[8:]:
                writer.feed(event)
            after, t = (bytes.fromhex(part) for part in reader.communicate("\n")[0].split())
        assert h5py.h5d.open(writer._file.id, b"streams/x/data").get_create_plist().get_chunk()[0] > len(before) > 0
    np.testing.assert_array_equal(before, full[: len(before)])
    np.testing.assert_array_equal(np.frombuffer(after, np.float32).reshape(-1, 64, 2), full[:])
    np.testing.assert_array_equal(np.frombuffer(t), full.axis)


def resumed(file: Path):
    """The events of the same run gone on with from the trace of a file."""
    return prolonged(sample(SMALL), open_trace(file), 1)


def test_a_full_disk_leaves_the_trace_that_was_to_be_prolonged(tmp_path, monkeypatch) -> None:
    file = tmp_path / "run.h5"
    save(collect(sample(SMALL)), file)
    whole = open_trace(file)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=21_000_000))
    with pytest.raises(TraceError, match="has 21 MB left"):
        record(resumed(file), "", file)
    assert_equal(whole, open_trace(file))
    assert [each.name for each in tmp_path.iterdir()] == ["run.h5"]


def test_a_trace_that_is_prolonged_is_whole_at_every_moment(tmp_path) -> None:
    file = tmp_path / "run.h5"
    save(collect(sample(SMALL)), file)
    rows = {name: len(stream) for name, stream in open_trace(file).streams.items()}
    assert len(rows) > 1
    with TraceWriter(file) as writer:
        for event in real(resumed(file)):
            writer.feed(event)
            assert {name: len(stream) for name, stream in open_trace(file).streams.items()} == rows


def test_a_resumed_run_that_fails_in_its_first_step_keeps_the_rows_before(tmp_path) -> None:
    file = tmp_path / "run.h5"
    save(collect(sample(SMALL)), file)
    whole = open_trace(file)

    def failing():
        yield from (event for event in real(sample(SMALL)) if isinstance(event, (ev.RunStarted, ev.StreamDeclared)))
        raise MemoryError

    with pytest.raises(MemoryError):
        record(prolonged(failing(), open_trace(file), 1), "", file)
    after = open_trace(file)
    assert after.status == "failed"
    np.testing.assert_array_equal(after["x"][:], whole["x"][:])


def test_plain_h5py_reads_a_trace(tmp_path) -> None:
    with TraceWriter(tmp_path / "run.h5") as writer:
        for event in real(sample(SMALL)):
            writer.feed(event)
    with h5py.File(tmp_path / "run.h5") as file:
        group = file["streams/x"]
        assert group["data"].shape == (7, 64, 2)
        assert group.attrs["NX_class"] == "NXdata"
        assert group[group.attrs["axes"][0]].shape == (7,)


@pytest.mark.parametrize("size", [0, 7, 500, 5000, 20_000])
def test_a_truncated_file_is_refused_in_one_line(size: int, tmp_path) -> None:
    file = tmp_path / "run.h5"
    with TraceWriter(file) as writer:
        for event in real(sample(SMALL)):
            writer.feed(event)
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(TraceError) as caught:
        open_trace(file)
    assert "\n" not in str(caught.value)
    assert str(file) in str(caught.value)


def test_other_files_are_refused_by_what_they_are(tmp_path) -> None:
    with pytest.raises(TraceError, match="There is no file"):
        open_trace(tmp_path / "none.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = [1, 2]
    with pytest.raises(TraceError, match="without Flowscope's schema"):
        open_trace(tmp_path / "other.h5")
    with h5py.File(tmp_path / "other.h5", "a") as file:
        file.attrs["schema"], file.attrs["version"] = "flowscope-trace", "9.0"
    with pytest.raises(TraceError, match=r"version 9\.0"):
        open_trace(tmp_path / "other.h5")


def test_a_file_that_cannot_be_made_is_told_in_the_words_of_the_system(tmp_path) -> None:
    (tmp_path / "run.h5.new").mkdir()
    with pytest.raises(TraceError) as caught:
        TraceWriter(tmp_path / "run.h5")
    assert str(caught.value) == f"{tmp_path / 'run.h5'} cannot be written: {os.strerror(errno.EISDIR)}."


def test_a_trace_for_which_there_is_no_room_is_refused_before_hdf5_tries(tmp_path, little_room) -> None:
    with pytest.raises(TraceError, match=r"run.h5 cannot be written: File too large\."):
        record(sample(SMALL), "", tmp_path / "run.h5")
    assert not any(tmp_path.iterdir())


def test_a_name_that_the_system_refuses_is_told_when_a_trace_is_saved(tmp_path) -> None:
    """What is left behind is removed, and where nothing can be, that is not told instead."""
    with pytest.raises(TraceError, match="cannot be written"):
        save(collect(sample(SMALL)), tmp_path / f"{300 * 'n'}.h5")
    assert not any(tmp_path.iterdir())


def test_what_ends_the_writing_is_told_and_not_that_the_file_cannot_be_closed_then(tmp_path, monkeypatch) -> None:
    trace = collect(sample(SMALL))

    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "no matter")

    monkeypatch.setattr("core.trace.writer.TraceWriter.flush", broken)
    with pytest.raises(TraceError) as caught:
        save(trace, tmp_path / "run.h5")
    assert str(caught.value) == f"{tmp_path / 'run.h5'} cannot be written further: {os.strerror(errno.EIO)}."


def test_a_stream_outgrows_its_declared_capacity() -> None:
    builder = TraceBuilder()
    for event in real(sample(SMALL)):
        if isinstance(event, ev.StreamDeclared):
            event = ev.msgspec.structs.replace(event, capacity=2)
        builder.feed(event)
    assert_equal(builder.trace, collect(sample(SMALL)))
