"""The list of runs on the command line: every trace below a folder, in an order, and what is none told beside it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

import resources
from core.trace import open_trace
from tests.workbench.trained import training_file
from workbench import folders
from workbench.commands import main
from workbench.commands.runs import _table
from workbench.control.disk.runs_folder import library

FLOW, DIFFUSION = (resources.path("traces", f"swiss-roll-{kind}.h5") for kind in ("flow", "diffusion"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    return training_file(tmp_path_factory.mktemp("trained"))


@pytest.fixture
def runs(tmp_path, trained) -> Path:
    """A training, two runs of which the diffusion is newer, and two files that are no traces."""
    root = tmp_path / "out"
    shutil.copytree(trained.parent, root / "learned")
    for i, source in enumerate((FLOW, DIFFUSION)):
        shutil.copy(source, root / source.name)
        os.utime(root / source.name, (1_700_000_000 + i, 1_700_000_000 + i))
    (root / "broken.h5").write_bytes(b"nothing")
    (root / "notes.txt").write_bytes(b"no trace and not looked at")
    return root


def listed(capsys, *arguments: object) -> tuple[dict, str]:
    assert main(["runs", "--json", *map(str, arguments)]) == 0
    said = capsys.readouterr()
    return json.loads(said.out), said.err


def names(report: dict) -> list[str]:
    return [Path(entry["file"]).name for entry in report["runs"]]


def test_every_trace_is_listed_newest_first_and_what_is_none_is_told(runs, capsys) -> None:
    report, _ = listed(capsys, runs)
    assert names(report) == ["train.h5", "swiss-roll-diffusion.h5", "swiss-roll-flow.h5"]
    assert [Path(each["file"]).name for each in report["unreadable"]] == ["broken.h5"]
    for entry in report["runs"]:
        trace = open_trace(entry["file"])
        training = trace.spec.action == "train"
        assert (entry["action"], entry["status"]) == (trace.spec.action, trace.status)
        assert entry["steps"] == (trace["loss"].axis[-1] if training else 0)
        assert entry["nfe"] == (None if training else trace["x"].column("nfe")[-1])
        assert entry["loss"] == (pytest.approx(float(trace["loss"][-100:].mean())) if training else None)
        trace.close()
    weights = (runs / "learned" / "checkpoint.safetensors").stat().st_size
    assert report["runs"][0]["bytes"] > weights  # a training is its folder


def test_a_line_for_each_and_one_for_what_is_broken(runs, capsys) -> None:
    assert main(["runs", str(runs)]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert len(lines) == 4
    assert max(map(len, lines)) <= 120
    assert len({line.index(word) for line, word in zip(lines[1:], ("train", "sample", "sample"), strict=True)}) == 1
    assert said.err.count("\n") == 1
    assert "broken.h5 is not an HDF5 file" in said.err


def test_the_order_is_chosen_and_runs_without_a_value_come_last(runs, capsys) -> None:
    ordered = {order: listed(capsys, runs, "--sort", order)[0] for order in ("size", "loss", "nfe", "data")}
    sizes = [entry["bytes"] for entry in ordered["size"]["runs"]]
    assert sizes == sorted(sizes, reverse=True)
    assert names(ordered["loss"])[0] == "train.h5"
    assert [entry["nfe"] for entry in ordered["nfe"]["runs"]] == [50, 49, None]
    assert [entry["data"] for entry in ordered["data"]["runs"]] == ["swiss-roll", "swiss-roll", "three-gaussians"]


def test_a_run_that_is_named_twice_is_listed_once(runs, capsys, monkeypatch) -> None:
    monkeypatch.chdir(runs)
    report, _ = listed(capsys, ".", runs, runs / "swiss-roll-flow.h5")
    assert names(report) == ["train.h5", "swiss-roll-diffusion.h5", "swiss-roll-flow.h5"]
    assert len(report["unreadable"]) == 1


def test_without_a_folder_it_lists_what_the_window_does(runs, capsys) -> None:
    kept = folders.runs() / "20261101-mine"
    shutil.copytree(runs / "learned", kept)
    (kept / "name.txt").write_text("My best run", encoding="utf-8")
    report, _ = listed(capsys)
    assert [entry["name"] for entry in report["runs"]] == ["My best run"]
    assert [run.name for run in library.read(library.places())] == ["My best run"]
    assert listed(capsys, folders.home())[0] == report  # as a folder that somebody names


def test_a_long_line_is_cut_where_it_says_least() -> None:
    row = ["A title " * 9, "sample", "data", "path/objective/sampler", "", "", "", "finished", "Today, 18:00", "1 MB"]
    head, line = _table([row], 100).splitlines()
    assert len(line) == 100
    assert "…" in line
    assert "path/objective/sampler" in line
    assert "loss" not in head  # of which there is none
