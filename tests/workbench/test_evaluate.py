"""`evaluate`: a checkpoint or a trace beside real data; its numbers are those of the metrics, its mistakes one line."""

from __future__ import annotations

import json
import shutil

import h5py
import pytest
import torch

import resources
from core.datasets.swiss_roll import SwissRoll
from core.errors import SpecError
from core.metrics.chamfer import Chamfer
from core.metrics.sliced_w2 import SlicedW2
from core.reports.points import real_points
from core.setup import resolve
from core.spec import Part, RunSpec, Training
from core.trace import TraceWriter, open_trace
from trainers.checkpoint import FILE_NAME
from workbench.commands import main

WEIGHTS = str(resources.path("weights", "swiss-roll-flow.safetensors"))
TRACE = str(resources.path("traces", "swiss-roll-flow.h5"))


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert main(["evaluate", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_checkpoint_comes_close_to_the_floor(capsys, tmp_path) -> None:
    out = tmp_path / "report.json"
    few = ["--metrics", "sliced-w2,straightness", "-n", "400", "--seed", "5", "--set", "sampler.n_steps=10"]
    found = report(capsys, WEIGHTS, *few, "-o", str(out))
    assert json.loads(out.read_text()) == found
    assert {key: found[key] for key in ("n", "seed", "NFE")} == {"n": 400, "seed": 5, "NFE": 19}
    assert list(found["metrics"]) == ["sliced-w2", "straightness"]
    distance = found["metrics"]["sliced-w2"]
    assert 0 < distance["value"] < 3 * distance["floor"]
    assert found["metrics"]["straightness"]["value"] > 0.1
    assert found["metrics"]["straightness"]["floor"] is None


@pytest.mark.parametrize("suffix", [".txt", ".md"])
def test_a_report_to_read_says_what_is_printed(suffix, capsys, tmp_path) -> None:
    out = tmp_path / f"report{suffix}"
    assert main(["evaluate", TRACE, "--metrics", "straightness", "-o", str(out)]) == 0
    printed = capsys.readouterr().out.strip()
    assert printed in out.read_text()
    assert TRACE in out.read_text().splitlines()[0]
    assert main(["evaluate", TRACE, "--metrics", "straightness", "-o", str(out)]) == 0  # one of its own is replaced


def test_the_numbers_are_those_of_the_metrics(capsys) -> None:
    found = report(capsys, TRACE, "--metrics", "chamfer,sliced-w2")
    trace = open_trace(TRACE)
    x, nfe, seed = torch.from_numpy(trace["x"][-1]), trace["x"].column("nfe")[-1], trace.spec.seed
    trace.close()
    n = len(x)
    held_out = SwissRoll().held_out(2 * n, seed).x
    real, other = held_out[:n], held_out[n:]
    assert (found["n"], found["NFE"]) == (n, nfe)
    for metric in (Chamfer(), SlicedW2()):
        row = found["metrics"][metric.name]
        assert row["value"] == pytest.approx(metric.measure(x, real))
        assert row["floor"] == pytest.approx(metric.measure(other, real))


def test_noise_is_far_from_the_data_in_every_distance(capsys, tmp_path) -> None:
    """A trace whose samples are hardly moved noise: each distance is far above its floor, and the table says so."""
    spec = RunSpec(n_samples=300, data=Part("three-gaussians"), sampler=Part("euler", {"n_steps": 1}))
    found = _recorded(spec, tmp_path, capsys)
    for name in ("chamfer", "sliced-w2", "w2", "energy"):
        assert found["metrics"][name]["value"] > 3 * found["metrics"][name]["floor"], name
    # one step is as straight as can be, and the exact field is exact
    assert found["metrics"]["straightness"]["value"] == pytest.approx(0.0, abs=1e-9)
    assert found["metrics"]["detour"]["value"] == pytest.approx(1.0)
    assert found["metrics"]["velocity-error"]["value"] < 1e-6
    assert found["metrics"]["nll"]["value"] == pytest.approx(found["metrics"]["nll"]["floor"], abs=5e-3)
    assert main(["evaluate", str(tmp_path / "x.h5"), "--metrics", "w2"]) == 0
    assert "W2, exact" in capsys.readouterr().out


def test_classes_are_compared_with_their_own_points(capsys, tmp_path) -> None:
    spec = RunSpec(n_samples=200, data=Part("three-gaussians"), label="0", sampler=Part("euler", {"n_steps": 20}))
    found = _recorded(spec, tmp_path, capsys)
    row = found["metrics"]["sliced-w2"]
    assert row["value"] < 3 * row["floor"]
    assert "Leave the class empty" in found["metrics"]["nll"]["left out"]


@pytest.mark.parametrize(
    ("objective", "known", "left_out"),
    [
        ("consistency", {"jump-error"}, {"velocity-error": "needs a field", "nll": "needs a field"}),
        ("mean-flow", {"jump-error", "velocity-error", "nll"}, {}),
        ("reflow", {"nll"}, {"jump-error": "needs a network that jumps", "velocity-error": "needs independent pairs"}),
    ],
)
def test_a_field_is_measured_by_what_it_stands_for(objective: str, known, left_out, capsys, tmp_path) -> None:
    """What a consistency model makes of x_t is no velocity, and a reflowed one is not that of independent pairs."""
    from core.trace.build import collect
    from trainers.loop import train

    params = {"n_pairs": 64, "n_ode": 2} if objective == "reflow" else {}
    spec = RunSpec(
        action="train", n_samples=32, data=Part("three-gaussians"), network=Part("mlp", {"width": 8, "depth": 1}),
        objective=Part(objective, params), sampler=Part("euler" if objective == "reflow" else "mean-flow"), threads=1,
        training=Training(n_steps=3, batch_size=16, n_snapshots=0),
    )  # fmt: skip
    collect(train(spec, tmp_path))
    found = report(capsys, str(tmp_path / FILE_NAME))["metrics"]
    measured = {name for name in ("jump-error", "velocity-error", "nll") if "value" in found[name]}
    assert measured == known
    for name, words in left_out.items():
        assert words in found[name]["left out"]


def _recorded(spec: RunSpec, folder, capsys) -> dict:
    from core.events import Tick
    from core.run import sample

    with TraceWriter(folder / "x.h5") as writer:
        for event in sample(spec):
            if not isinstance(event, Tick):
                writer.feed(event)
    return report(capsys, str(folder / "x.h5"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([WEIGHTS, "--metrics", "chamfre"], "metrics: There is no metric “chamfre”. Did you mean chamfer?"),
        ([TRACE, "-n", "5000"], "The trace holds 1,400 particles. Given 5,000."),
        ([TRACE, "-n", "1"], "Samples must be at least 2. Given 1."),
        ([TRACE, "--set", "sampler=heun"], "Name a checkpoint to sample it otherwise"),
        ([WEIGHTS, "--metrics", "w2", "-n", "5000", "--set", "sampler.n_steps=1"], "at most 4,096 points"),
        (["gone.safetensors"], "There is no file gone.safetensors"),
        (["swiss-roll-flow"], "swiss-roll-flow is a preset. Name shipped:swiss-roll-flow, or a trace."),
        (["gone.h5"], "There is no file gone.h5"),
        ([TRACE, "--metrics", "energy", "-n", "9", "-o", "gone/report.json"], "gone/report.json cannot be written"),
        ([WEIGHTS, "-o", "report.pdf"], "A report ends in .json, .txt, .md. Given report.pdf."),
        ([WEIGHTS, "-o", "gone/report.json"], "gone/report.json cannot be written: there is no folder gone."),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_two(arguments, words, capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", *arguments]) == 2
    # where sampling takes long its progress stands before the mistake
    *progress, told = capsys.readouterr().err.splitlines()
    assert told.startswith("flowscope: ")
    assert words in told
    assert all(" of " in line for line in progress)


def test_a_trace_from_elsewhere_is_checked_before_it_is_opened(capsys, tmp_path) -> None:
    shutil.copy(TRACE, tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["streams/x/away"] = h5py.ExternalLink("/somewhere/else.h5", "x")
    assert main(["evaluate", str(tmp_path / "a.h5")]) == 2
    assert "a.h5 is not a readable trace" in capsys.readouterr().err


def test_a_class_of_which_nothing_is_held_out_is_not_looked_for_for_ever(tmp_path) -> None:
    rows = [f"{i % 7}.5,{i % 5}.5,often" for i in range(40)]
    for place in range(40):  # one of them is kept for training
        lines = [*rows[:place], "1,1,once", *rows[place:]]
        (tmp_path / f"{place}.csv").write_text("\n".join(lines))
        setup = resolve(RunSpec(data=Part("points", {"file": str(tmp_path / f"{place}.csv")}), label="once"))
        if "once" not in {setup.dataset.class_names[int(k)] for k in setup.dataset.held_out(8, 0).labels}:
            break
    with pytest.raises(SpecError, match="too few are of class once"):
        real_points(setup, 4, 0)
    assert len(real_points(resolve(setup.spec.replace(label="often")), 4, 0)) == 4


def test_a_trace_without_samples_says_so(capsys, tmp_path) -> None:
    from core.events import Tick
    from trainers.jobs import start

    spec = RunSpec(action="train", n_samples=20)
    training = spec.training.__class__(n_steps=2, batch_size=8, n_snapshots=0)
    with TraceWriter(tmp_path / "t.h5") as writer:
        for event in start(spec.replace(training=training)):
            if not isinstance(event, Tick):
                writer.feed(event)
    assert main(["evaluate", str(tmp_path / "t.h5")]) == 2
    assert "records no samples" in capsys.readouterr().err
