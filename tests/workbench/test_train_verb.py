"""The verb that trains, from the outside: what it keeps when it is stopped, and how it goes on."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from core.trace import open_trace
from workbench.commands import main

TOP = Path(__file__).resolve().parents[2]


def test_a_training_is_begun_anew_only_where_that_is_asked_for(capsys, tmp_path) -> None:
    few = ["--set", "training.n_steps=6", "--set", "training.n_snapshots=0", "--set", "training.n_validations=0"]
    command = ["train", "three-gaussians-flow", *few, "-o", str(tmp_path)]
    assert main(command) == 0
    before = (tmp_path / "checkpoint.safetensors").read_bytes(), (tmp_path / "train.h5").read_bytes()
    assert main(command) == 2
    assert "holds a training of 6 steps. Go on with --resume" in capsys.readouterr().err
    assert main([*command, "--resume"]) == 0
    assert "has its 6 steps already" in capsys.readouterr().out
    assert before == ((tmp_path / "checkpoint.safetensors").read_bytes(), (tmp_path / "train.h5").read_bytes())
    assert main([*command, "--overwrite", "--set", "seed=3"]) == 0
    assert before[0] != (tmp_path / "checkpoint.safetensors").read_bytes()


def test_trains_resumes_and_samples_a_checkpoint(capsys, tmp_path) -> None:
    few = ["--set", "training.n_steps=12", "--set", "training.n_snapshots=2", "--set", "n_samples=20"]
    assert main(["train", "three-gaussians-flow", *few, "-o", str(tmp_path)]) == 0
    checkpoint = tmp_path / "checkpoint.safetensors"
    assert main(["sample", str(checkpoint), "--set", "n_samples=30", "-o", str(tmp_path / "s.h5")]) == 0
    with h5py.File(tmp_path / "s.h5") as file:
        assert file["streams/x/data"].shape == (51, 30, 2)
    assert "finished after 12 steps" in capsys.readouterr().out
    assert main(["info", str(tmp_path / "train.h5")]) == 0
    with h5py.File(tmp_path / "train.h5") as file:
        n = int(json.loads(file.attrs["meta"])["parameters"])
    assert f"network of {n:,} parameters" in capsys.readouterr().out


def test_a_resumed_training_goes_on_in_the_same_trace(capsys, tmp_path) -> None:
    """As if it had never stopped, and still to be verified though the second part asked for more steps."""

    def train(n_steps: int, out: Path, *more: str) -> None:
        few = [f"training.n_steps={n_steps}", "training.n_snapshots=3", "n_samples=20", "schedule=constant"]
        assert main(["train", "three-gaussians-flow", *(f"--set={each}" for each in few), "-o", str(out), *more]) == 0

    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(40, whole)
    train(24, parts)
    train(40, parts, "--resume")
    assert "finished after 40 steps" in capsys.readouterr().out
    traces = [open_trace(folder / "train.h5") for folder in (whole, parts)]
    losses = [trace["loss"][:] for trace in traces]
    np.testing.assert_array_equal(*losses)
    assert traces[1]["loss"].axis.tolist() == list(range(1, 41))
    shown = traces[1]["snapshot/x"].axis.tolist()
    assert shown == sorted(set(shown))
    assert {0.0, 24.0, 40.0} <= set(shown)
    for trace in traces:
        trace.close()
    assert main(["verify", str(parts / "train.h5")]) == 0
    assert "equal bit for bit: loss 23 rows" in capsys.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_a_training_and_keeps_what_was_learned(number, capsys, tmp_path) -> None:
    """As the end of a batch job's time does, between two steps: exit 0, a stopped trace, and a resume that goes on."""
    arguments = ["train", "three-gaussians-flow", "--set", "training.n_steps=200000", "--set", "n_samples=100"]
    command = [sys.executable, str(TOP / "main.py"), *arguments, "-o", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=TOP)
    assert process.stderr is not None
    while not re.search(r": [1-9][\d,]* of 200,000", process.stderr.readline()):
        assert process.poll() is None
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "stopped after" in out
    assert "Traceback" not in err
    done = int(out.split("stopped after ")[1].split(" ")[0].replace(",", ""))
    with h5py.File(tmp_path / "train.h5") as trace:
        assert trace.attrs["status"] == "stopped"
    more = ["--set", f"training.n_steps={done + 5}", "--set", "training.n_snapshots=0"]
    assert main(["train", "three-gaussians-flow", *more, "-o", str(tmp_path), "--resume"]) == 0
    assert f"finished after {done + 5:,} steps" in capsys.readouterr().out
