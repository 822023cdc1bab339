"""`compare`: one noise for all, what is written, and mistakes told before anything starts."""

from __future__ import annotations

import json
from contextlib import closing

import numpy as np
from PIL import Image

from core import presets
from core.events import Chunk, Tick
from core.run import sample
from core.trace import TraceWriter, open_trace
from workbench.commands import main
from workbench.commands.compare import _measured, _specs, _table
from workbench.commands.reports import IN_FOLDER


def test_runs_of_one_noise_stand_in_one_film_and_one_report(qapp, capsys, tmp_path) -> None:
    arguments = ["compare", "swiss-roll", "shipped:swiss-roll-flow", "-n", "60", "--seed", "5"]
    assert main([*arguments, "--set", "sampler.n_steps=3", "-o", str(tmp_path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    as_json, as_text = ((tmp_path / name).read_text() for name in IN_FOLDER)
    assert json.loads(as_json) == report
    for lane in report["lanes"]:
        (line,) = [line for line in as_text.splitlines() if line.startswith(f"{lane['name']} ")]
        assert line.split()[-len(lane["metrics"]) :] == [f"{value:.4g}" for value in lane["metrics"].values()]
    names = ["swiss-roll-diffusion", "swiss-roll-flow", "shipped-swiss-roll-flow"]
    assert [lane["name"] for lane in report["lanes"]] == names
    assert [lane["NFE"] for lane in report["lanes"]] == [3, 5, 5]  # Heun evaluates twice but at the end
    traces = [open_trace(tmp_path / lane["trace"]) for lane in report["lanes"]]
    for trace in traces[1:]:  # a path begins at its own sigma
        np.testing.assert_allclose(trace["x"][0], traces[0]["x"][0], rtol=1e-3)
    np.testing.assert_array_equal(traces[2]["x"][-1], traces[1]["x"][-1])  # the preset names the same weights
    assert report["lanes"][1]["metrics"] == report["lanes"][2]["metrics"]
    assert all(0 < lane["metrics"]["sliced-w2"] < 2 for lane in report["lanes"])
    with Image.open(tmp_path / "comparison.png") as picture:
        assert picture.width == 3 * 400
    with Image.open(tmp_path / "comparison.gif") as film:
        assert film.n_frames == 120


def test_a_comparison_in_a_file_of_ones_own_is_all_of_its_runs(tmp_path) -> None:
    (tmp_path / "mine.toml").write_text('n_samples = 50\n[data]\nname = "moons"')
    file = tmp_path / "both.toml"
    file.write_text(f'lanes = ["{tmp_path / "mine.toml"}", "moons-to-eight"]')
    found = _specs([str(file)], [])
    assert [(name, spec.n_samples, spec.data.name) for name, spec in found.items()] == [
        ("mine", 50, "moons"), ("moons-to-eight", *_of("moons-to-eight"))
    ]  # fmt: skip


def _of(preset: str) -> tuple[int, str]:
    spec = presets.load_one(preset)
    return spec.n_samples, spec.data.name


def test_a_lane_that_lost_samples_has_no_numbers(tmp_path) -> None:
    spec = presets.load_one("moons-to-eight").replace(n_samples=8)
    with TraceWriter(tmp_path / "lost.h5") as writer:
        for event in sample(spec):
            if isinstance(event, Chunk) and event.stream == "x":
                event.data[..., 3, :] = np.nan
            if not isinstance(event, Tick):
                writer.feed(event)
    with closing(open_trace(tmp_path / "lost.h5")) as trace:
        assert _measured(trace) == {}
    whole = {"name": "whole", "sampler": {"name": "euler"}, "NFE": 5, "seconds": 0.1, "metrics": {"sliced-w2": 1.5}}
    *_, first, second = _table({"n": 8, "seed": 1, "lanes": [whole, whole | {"metrics": {}}]}).splitlines()
    assert (first.split()[-1], second.split()[-1]) == ("1.5", "–")


def test_mistakes_are_one_line_and_leave_nothing(capsys, tmp_path) -> None:
    for given, said in (
        (["swiss-roll-flow"], "Two to 6 runs can be compared. Given 1."),
        (["swiss-roll-flow", "swiss-rol"], "Did you mean swiss-roll"),
        (["swiss-roll", "--set", "sampler.n_stps=3"], "Did you mean n_steps?"),
        (["swiss-roll", "-n", "0"], "n_samples"),
    ):
        assert main(["compare", *given, "-o", str(tmp_path / "out")]) == 2
        err = capsys.readouterr().err
        assert err.count("\n") == 1
        assert said in err
    assert not (tmp_path / "out").exists()


def test_one_sample_is_one(qapp, tmp_path) -> None:
    few = ["-n", "1", "--set", "sampler.n_steps=1"]
    assert main(["compare", "swiss-roll-flow", "swiss-roll-flow", *few, "-o", str(tmp_path)]) == 0
    assert "\n1 sample of one noise, seed 11\n" in (tmp_path / "report.txt").read_text()
