"""Traces are held to their runs, told apart, repaired after a kill, and never written by two."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

import resources
from core.errors import TraceError
from core.run import sample
from core.spec import Part, RunSpec, Training
from core.trace import TraceWriter, open_trace, save
from core.trace.repair import repair
from tests.core.test_trace import SMALL, WRITE_AND_DIE, assert_equal, real
from tests.workbench.image_traces import image_trace
from trainers.jobs import start
from workbench.commands import main

SHIPPED = sorted(resources.path("traces").glob("*.h5"))


def record(spec: RunSpec, file: Path) -> Path:
    with TraceWriter(file) as writer:
        for event in real(start(spec)):
            writer.feed(event)
    return file


def add(file: Path, place: str, index, amount: float) -> None:
    with h5py.File(file, "r+") as h5:
        h5[place][index] += amount


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_shipped_trace_is_what_its_run_makes(file, capsys) -> None:
    assert main(["verify", str(file)]) == 0
    assert capsys.readouterr().out.startswith("equal")


@pytest.mark.parametrize(
    ("place", "index", "words"),
    [
        ("streams/x/data", (3, 41, 1), ["step 3 (t = ", "stream x, particle 41, y: "]),
        ("streams/x1_hat/data", (6, 0, 0), ["step 6 (t = 1)", "stream x1_hat, particle 0, x: "]),
        ("streams/field/velocity/data", (0, 7, 1), ["step 0 (t = 0", "stream field/velocity, place 7"]),
        ("streams/x/sigma", (2,), ["step 2", "stream x, column sigma"]),
        ("streams/x/static/data", (9, 1), [" at stream x, real data, point 9, y: "]),
    ],
)
def test_verify_names_the_one_number_that_was_altered(place, index, words, capsys, tmp_path) -> None:
    file = record(SMALL, tmp_path / "run.h5")
    assert main(["verify", str(file)]) == 0
    assert capsys.readouterr().out.startswith("equal bit for bit: ")
    with h5py.File(file, "r+") as h5:  # by the least amount that there is
        h5[place][index] = np.nextafter(h5[place][index], np.inf)
    assert main(["verify", str(file)]) == 1
    out = capsys.readouterr().out
    assert all(word in out for word in words), out


@pytest.mark.parametrize(("status", "code"), [("finished", 1), ("stopped", 0)])
def test_verify_misses_the_last_rows_of_a_run_that_is_said_to_be_finished(status, code, capsys, tmp_path) -> None:
    file = record(SMALL, tmp_path / "run.h5")
    with h5py.File(file, "r+") as h5:
        h5.attrs["status"] = status
        for stream in ("x", "x1_hat", "field/velocity"):
            h5[f"streams/{stream}/committed"][()] = 3
    assert main(["verify", str(file)]) == code
    assert ("holds 3 rows where its run makes 7" in capsys.readouterr().out) == bool(code)


def test_on_another_machine_the_last_digits_may_differ(capsys, tmp_path) -> None:
    file = record(SMALL, tmp_path / "run.h5")
    with h5py.File(file, "r+") as h5:
        h5.attrs["meta"] = json.dumps(json.loads(h5.attrs["meta"]) | {"processor": "another"})
    add(file, "streams/x/data", (3, 41, 1), 1e-4)
    assert main(["verify", str(file)]) == 0
    out = capsys.readouterr().out
    assert "equal within 0.001" in out
    assert "processor" in out
    assert "1 of " in out
    add(file, "streams/x/data", (3, 41, 1), 1e-1)
    assert main(["verify", str(file)]) == 1


def test_weights_are_known_by_their_sha256_wherever_they_lie(capsys, tmp_path, monkeypatch) -> None:
    weights = tmp_path / "mine.safetensors"
    shutil.copy(resources.path("weights", "swiss-roll-flow.safetensors"), weights)
    spec = SMALL.replace(data=Part("swiss-roll"), field=Part("network", {"weights": str(weights)}))
    file = record(spec, tmp_path / "run.h5")
    weights.unlink()
    assert main(["verify", str(file)]) == 0  # the same weights come with the product
    other = resources.path("weights", "swiss-roll-diffusion.safetensors")
    assert main(["verify", str(file), "--weights", str(other)]) == 2
    with h5py.File(file, "r+") as h5:
        h5.attrs["meta"] = json.dumps(json.loads(h5.attrs["meta"]) | {"weights_sha256": "0" * 64})
    assert main(["verify", str(file)]) == 2
    assert "--weights FILE" in capsys.readouterr().err


IN_HALF = RunSpec(
    n_samples=2, data=Part("mnist"), label="3", network=Part("unet"), sampler=Part("euler", {"n_steps": 2}),
    field=Part("network", {"weights": "shipped:mnist-flow", "autocast": True}),
)  # fmt: skip


def units(monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    monkeypatch.setattr("core.machine.device.has_bfloat16", lambda device: there)


@pytest.mark.parametrize("there", [True, False])
def test_samples_are_in_bfloat16_where_the_device_has_units_for_it(tmp_path, monkeypatch, there: bool) -> None:
    units(monkeypatch, there)
    full = IN_HALF.replace(field=Part("network", {"weights": "shipped:mnist-flow"}))
    one, other = (open_trace(record(spec, tmp_path / f"{i}.h5")) for i, spec in enumerate((full, IN_HALF)))
    assert np.array_equal(one["x"][:], other["x"][:]) != there
    assert one.meta["precision"] == "float32"
    assert other.meta["precision"] == ("float32, products in bfloat16" if there else "float32")
    one.close()
    other.close()


def test_samples_in_bfloat16_are_not_held_to_others(tmp_path, monkeypatch, capsys) -> None:
    units(monkeypatch, True)
    file = record(IN_HALF, tmp_path / "half.h5")
    assert main(["verify", str(file)]) == 0
    units(monkeypatch, False)
    assert main(["verify", str(file)]) == 2
    told = capsys.readouterr().err
    assert "only on a device with units for that: precision float32, products in bfloat16, here float32." in told
    file = record(IN_HALF, tmp_path / "full.h5")
    units(monkeypatch, True)
    assert main(["verify", str(file)]) == 0
    assert "compared bit for bit" in capsys.readouterr().out


def test_a_training_is_verified_for_its_first_steps(capsys, tmp_path) -> None:
    spec = RunSpec(
        action="train", data=Part("moons"), n_samples=20, sampler=Part("euler", {"n_steps": 4}),
        training=Training(n_steps=30, n_snapshots=3, batch_size=32),
    )  # fmt: skip
    file = record(spec, tmp_path / "train.h5")
    assert main(["verify", str(file)]) == 0
    add(file, "streams/loss/data", (17,), 1e-6)
    assert main(["verify", str(file)]) == 1
    assert "step 18, stream loss: " in capsys.readouterr().out
    with h5py.File(file, "r+") as h5:
        h5.attrs["meta"] = json.dumps(json.loads(h5.attrs["meta"]) | {"torch": "1.0"})
    assert main(["verify", str(file)]) == 2
    assert "torch 1.0, here " in capsys.readouterr().err


def test_diff_names_fields_step_and_stream(capsys, tmp_path) -> None:
    one = record(SMALL, tmp_path / "one.h5")
    assert main(["diff", str(one), str(one)]) == 0
    # the same step written out is no difference; another number of steps is one, and the times part at once
    same = record(
        SMALL.replace(
            sampler=Part(
                "heun",
                {
                    "n_steps": 6,
                },
            ),
            grid=Part("uniform", {}),
        ),
        tmp_path / "s.h5",
    )
    assert main(["diff", str(one), str(same)]) == 0
    longer = record(SMALL.replace(sampler=Part("heun", {"n_steps": 7})), tmp_path / "longer.h5")
    capsys.readouterr()
    assert main(["diff", str(one), str(longer), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["spec"] == {"sampler.n_steps": [6, 7]}
    assert report["first difference"]["row"] == 1
    add(same, "streams/x/data", (4, 5, 0), 0.5)
    add(same, "streams/x1_hat/data", (5, 5, 0), 0.5)
    assert main(["diff", str(one), str(same)]) == 1
    assert "part first at step 4 (t = 0.6" in (out := capsys.readouterr().out), out
    assert "stream x, particle 5, x" in out


def test_diff_says_where_two_traces_hold_no_numbers_in_common(capsys, tmp_path) -> None:
    save(image_trace(), images := tmp_path / "images.h5")
    with h5py.File(record(SMALL, points := tmp_path / "points.h5"), "r+") as h5:
        del h5["streams/field"]
    assert main(["diff", str(images), str(points)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "there are no numbers to compare"


def test_a_killed_writers_file_is_made_ordinary(capsys, tmp_path) -> None:
    file = tmp_path / "run.h5"
    done = subprocess.run([sys.executable, "-c", WRITE_AND_DIE, str(file)], check=False, cwd=os.getcwd())
    assert done.returncode == -signal.SIGKILL
    with pytest.raises(OSError, match="already open"):
        h5py.File(file)  # what another program says of it
    os.utime(file, (time.time() - 60,) * 2)
    assert main(["info", str(file)]) == 0
    told = capsys.readouterr().out
    assert "Untitled: interrupted" in told
    assert "its writer was killed" in told
    before = open_trace(file)
    rows = before["x"][:]
    before.close()
    assert main(["repair", str(file)]) == 0
    with h5py.File(file) as h5:
        np.testing.assert_array_equal(h5["streams/x/data"][:], rows)
        assert h5.attrs["status"] == "stopped"
    assert main(["verify", str(file)]) == 0
    assert "x 3 rows" in capsys.readouterr().out
    content = file.read_bytes()
    assert main(["repair", str(file)]) == 0
    assert "needs no repair" in capsys.readouterr().out
    assert file.read_bytes() == content


WRITE_AND_WAIT = """
import sys
from pathlib import Path
from tests.core.test_trace import SMALL, real, sample, TraceWriter
events = real(sample(SMALL))
writer = TraceWriter(Path(sys.argv[1]))
for event in events[:10]:
    writer.feed(event)
writer.flush()
print("ready", flush=True)
sys.stdin.readline()
for event in events[10:]:
    writer.feed(event)
writer.close()
"""


def test_a_second_writer_is_refused_and_a_live_file_is_not_repaired(tmp_path) -> None:
    file = tmp_path / "run.h5"
    command = [sys.executable, "-c", WRITE_AND_WAIT, str(file)]
    first = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=os.getcwd())
    assert first.stdout is not None
    assert first.stdout.readline() == "ready\n"
    with pytest.raises(TraceError, match="being written by another run"):
        TraceWriter(file)
    with pytest.raises(TraceError, match="still being written"):
        repair(file)
    assert main(["info", str(file)]) == 0
    first.communicate("\n", timeout=60)
    assert first.returncode == 0
    whole = record(SMALL, tmp_path / "whole.h5")
    assert_equal(open_trace(file), open_trace(whole))


def test_an_older_file_stays_until_a_new_run_has_rows(tmp_path) -> None:
    file = record(SMALL, tmp_path / "run.h5")
    before = file.read_bytes()
    writer, events = TraceWriter(file), iter(real(sample(SMALL)))
    for _ in range(4):
        writer.feed(next(events))
    assert file.read_bytes() == before
    writer.feed(next(events))
    writer.close()
    assert len(open_trace(file)["x"]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5"]
