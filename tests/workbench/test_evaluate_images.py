"""`evaluate` on image checkpoints: sweeps count evaluations, reports name what they compare, mistakes are one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from core import spec as specs
from core.checkpoint import EMA, N_CLASSES, PREDICTION, SHAPE, SPEC
from core.images.files import DATA_VARIABLE
from core.learned import build_network
from core.presets import load_one
from core.reports.run import report as report_of
from core.spec import Part
from workbench.commands import main
from workbench.views.reports import LaneReport, table


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A network of the smallest size, as it is before training."""
    file = tmp_path_factory.mktemp("weights") / "small.safetensors"
    small = Part("unet", {"base": 8, "multipliers": "1,1", "blocks": 1, "attention": False})
    spec = load_one("mnist-flow").replace(network=small)
    weights = build_network(spec, (1, 28, 28), 10).state_dict()
    kept = {SPEC: specs.to_json(spec), PREDICTION: "velocity", SHAPE: "[1, 28, 28]", N_CLASSES: "10", "step": "7"}
    save_file({EMA + name: value for name, value in weights.items()}, file, kept)
    return str(file)


def test_images_that_are_lost_are_told(checkpoint: str, capsys, tmp_path: Path) -> None:
    file = tmp_path / "broken.safetensors"
    with safe_open(checkpoint, framework="pt") as whole:
        weights, kept = {name: whole.get_tensor(name) for name in whole.keys()}, whole.metadata()  # noqa: SIM118
    save_file({name: torch.full_like(value, torch.nan) for name, value in weights.items()}, file, kept)
    few = [str(file), "-n", "4", "--nfe", "1", "--metrics", "frechet"]
    words = "4 of 4 particles end as NaN or infinity. Try more steps or clipping. Those are measured as grey pictures."
    found = report(capsys, *few)
    assert found["runs"][0]["lost"] == words
    assert main(["evaluate", *few]) == 0
    assert words in capsys.readouterr().out
    assert f"– A: {words}" in table([LaneReport("A", "Euler", "flow", found)]).notes
    assert "lost" not in report(capsys, checkpoint, *few[1:])["runs"][0]


@pytest.fixture(autouse=True)
def no_data(tmp_path, monkeypatch) -> None:
    """The shipped sample stands for the real images."""
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert main(["evaluate", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_sweep_counts_evaluations_and_names_what_it_compares(checkpoint: str, capsys, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    found = report(
        capsys, checkpoint, "-n", "20", "--nfe", "2,5", "--guidance", "1,2", "-o", str(out), "--set", "threads=3"
    )
    assert json.loads(out.read_text()) == found
    rows = [(run["guidance scale"], run["NFE"], run["sampler"]["n_steps"]) for run in found["runs"]]
    # guidance takes two evaluations, so that five are enough for two steps
    assert rows == [(1.0, 2, 2), (1.0, 5, 5), (2.0, 2, 1), (2.0, 4, 2)]
    assert found["features"]["name"] == "mnist-classifier"
    assert found["reference"]["from"] == "the shipped sample"
    assert found["runs"][0]["weights"]["training steps"] == 7
    agreement = found["runs"][0]["metrics"]["label-agreement"]
    assert agreement["value"] == pytest.approx(sum(c["value"] for c in agreement["classes"].values()) / 10)
    for run in found["runs"]:
        assert run["metrics"]["frechet"]["value"] > 2 * found["floor"]["metrics"]["frechet"]["value"]
        assert "MNIST is not here" in run["metrics"]["nearest-training"]["left out"]
        assert run["threads"] == 3
        costs = run["images a second, scaled to NFE"]
        assert costs["20"] == pytest.approx(run["images a second"] * run["NFE"] / 20, rel=0.02)


def test_settings_and_clipping_reach_the_run_and_the_table_shows_them(checkpoint: str, capsys) -> None:
    sets = ["--set", "sampler.n_steps=2", "--set", "clipping=clip", "--set", "clipping.limit=1", "--set", "label=3,5"]
    arguments = [checkpoint, "-n", "8", "--metrics", "frechet,label-agreement", "--rungs", *sets]
    assert main(["evaluate", *arguments]) == 0
    text = capsys.readouterr().out
    assert "Euler, NFE 2, guidance 1, clip" in text
    assert "a second real set" in text
    assert "real, blurred" in text


def test_images_of_no_class_are_compared_as_they_come(checkpoint: str, capsys, tmp_path: Path, qapp) -> None:
    page = tmp_path / "page.png"
    one_step = ["--set", "sampler.n_steps=1", "--set", 'label=""', "-n", "12"]
    assert main(["evaluate", checkpoint, *one_step, "--page", str(page), "-o", str(tmp_path / "out.json")]) == 0
    found = json.loads((tmp_path / "out.json").read_text())
    assert found["reference"]["classes"] == "as they come"
    assert "classes" not in found["runs"][0]["metrics"]["frechet"]
    assert "needs classes to be asked for" in found["runs"][0]["metrics"]["label-agreement"]["left out"]
    assert page.stat().st_size > 10_000


def test_a_trace_is_measured_as_it_is(checkpoint: str, capsys, tmp_path: Path) -> None:
    trace = str(tmp_path / "x.h5")
    sets = ["--set", "sampler.n_steps=2", "--set", "n_samples=12"]
    assert main(["sample", checkpoint, *sets, "-o", trace]) == 0
    capsys.readouterr()
    recorded = report(capsys, trace, "--metrics", "frechet")
    sampled = report(capsys, checkpoint, "--metrics", "frechet", "-n", "12", "--set", "sampler.n_steps=2")
    assert recorded["runs"][0]["NFE"] == 2
    assert recorded["runs"][0]["metrics"] == sampled["runs"][0]["metrics"]
    # the window asks the engine for the very same report
    *_, begun, _ = report_of(Path(trace))
    assert json.loads(begun.meta["report"]) | {"subject": trace} == report(capsys, trace)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--metrics", "chamfer"], "metrics: There is no metric of images “chamfer”"),
        (["--features", "mnst-classifier"], "no feature network “mnst-classifier”. Did you mean mnist-classifier?"),
        (["--guidance", "2", "--nfe", "1"], "--nfe: Euler takes at least 2 evaluations here. Given 1."),
        (["--set", "sampler=dormand-prince", "--nfe", "9"], "--nfe: Dormand-Prince evaluates as often as"),
        (["-n", "600"], "MNIST has 50 images of class 0: 25 for each of 2 sets. Given 60."),
        (["-n", "600"], "Only a sample ships; “main.py fetch mnist” brings all."),
        (["--set", "features.side=3"], "features.side: There is no parameter “side”"),
        (["--metrics", "nearest-training", "-n", "10"], "MNIST is not here"),
        (["--metrics", "label-agreement", "--set", 'label=""'], "Label agreement needs classes to be asked for"),
    ],
)
def test_a_mistake_is_one_line(checkpoint: str, arguments: list[str], words: str, capsys) -> None:
    few = ["-n", "10", "--set", "sampler.n_steps=1"]
    assert main(["evaluate", checkpoint, *few, *arguments]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1


def test_options_of_images_are_refused_for_points(capsys) -> None:
    import resources

    assert main(["evaluate", str(resources.path("weights", "swiss-roll-flow.safetensors")), "--nfe", "5"]) == 2
    assert "are for images" in capsys.readouterr().err


def test_what_is_not_a_number_does_not_stop_a_report() -> None:
    from core.images.reference import to_bytes

    assert to_bytes(torch.full((1, 1, 2, 2), torch.nan)).unique().tolist() == [128]


class TestPage:
    def test_a_png_for_each_run_and_one_pdf_for_all(self, checkpoint: str, capsys, tmp_path: Path, qapp) -> None:
        few = [checkpoint, "-n", "10", "--guidance", "1,2", "--nfe", "2", "--metrics", "label-agreement"]
        assert main(["evaluate", *few, "--page", str(tmp_path / "page.png")]) == 0
        assert f"page {tmp_path / 'page-1.png'}" in capsys.readouterr().out
        from PyQt6.QtGui import QImage

        sizes = {QImage(str(tmp_path / f"page-{i}.png")).size().width() for i in (1, 2)}
        assert len(sizes) == 1
        assert sizes.pop() > 2000
        assert main(["evaluate", *few, "--page", str(tmp_path / "page.pdf")]) == 0
        assert (tmp_path / "page.pdf").read_bytes().count(b"/Type /Page\n") == 2

    @pytest.mark.parametrize("name", ["page.gif", "gone/page.png"])
    def test_a_wrong_name_is_told_before_anything_is_sampled(
        self, checkpoint: str, name: str, capsys, tmp_path
    ) -> None:
        assert main(["evaluate", checkpoint, "--page", str(tmp_path / name)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
