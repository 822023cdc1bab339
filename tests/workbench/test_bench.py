"""`bench` with tiny sizes: the structure of its reports and the honesty of their numbers; nothing is timed here."""

from __future__ import annotations

import json

import pytest
import torch

from core.images.files import DATA_VARIABLE
from core.machine.device import has_bfloat16
from core.metrics.chamfer import Chamfer
from core.spec import Part, RunSpec
from workbench.commands import main
from workbench.commands.benches import cores, images, one_step, recording, sample, scrubbing, solvers, swiss_roll, train


def test_what_there_is_to_measure(capsys) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["bench", "nothing"])
    assert exit_.value.code == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    for what in (
        "comparison",
        "export",
        "images",
        "one-step",
        "recording",
        "sample",
        "scrubbing",
        "solvers",
        "swiss-roll",
        "train",
        "window",
    ):
        assert f"'{what}'" in err


def test_the_window_needs_a_display(capsys, monkeypatch) -> None:
    monkeypatch.setattr("workbench.commands.benches.window.has_display", lambda: False)
    assert main(["bench", "window"]) == 2
    assert "measured on a display" in capsys.readouterr().err


class TestSwissRoll:
    def test_trains_in_its_budgets_and_measures_what_was_sampled(self, tmp_path) -> None:
        flow = next(method for method in swiss_roll.METHODS if method.budget == "flow")._replace(aim=1e9)
        dpm = next(method for method in swiss_roll.METHODS if method.sampler.name == "dpm-solver-2")
        methods = (
            flow._replace(sampler=Part("euler", {"n_steps": 2})),
            dpm._replace(sampler=Part("dpm-solver-2", {"n_steps": 2}), aim=0.1),
        )
        report = swiss_roll.compare(methods, 0.001, 3, tmp_path)
        assert [(row["training steps"], row["NFE"]) for row in report["rows"]] == [(10, 2), (5, 3)]
        assert [row["reached"] for row in report["rows"]] == [True, False]
        assert all(row["chamfer"] > 10 * report["two real sets"] for row in report["rows"])
        assert 0.3 < report["two real sets"] < 0.45
        assert sorted(path.name for path in tmp_path.iterdir()) == ["diffusion", "flow"]
        text = swiss_roll.table(report)
        assert text.count("missed") == 1
        assert "24.16" in text

    def test_reflow_learns_from_the_flow_that_was_trained_before(self, tmp_path, monkeypatch) -> None:
        reflow = swiss_roll.BUDGETS["reflow"]
        small = reflow._replace(objective=Part("reflow", {"n_pairs": 64, "n_ode": 2}))
        monkeypatch.setitem(swiss_roll.BUDGETS, "reflow", small)
        (method,) = (each for each in swiss_roll.METHODS if each.title == "Reflow, 10 steps")
        report = swiss_roll.compare((method,), 0.0005, 3, tmp_path)
        assert [row["method"] for row in report["rows"]] == ["Reflow, 10 steps"]
        assert 3.7 < report["clipping"]["limit"] < 3.9  # the roll ends that far from the middle
        held, free = (report["rows"][0][key] for key in ("chamfer", "chamfer, previews as they are"))
        assert held < free  # so few steps leave particles anywhere
        assert sorted(path.name for path in tmp_path.iterdir()) == ["flow", "reflow"]

    def test_a_wrong_scale_is_one_line(self, capsys) -> None:
        assert main(["bench", "swiss-roll", "--steps-scale", "0"]) == 2
        assert "Give a positive number, such as 0.1. Given 0." in capsys.readouterr().err

    def test_the_points_compared_are_those_of_the_known_comparison(self) -> None:
        assert Chamfer().n_points == swiss_roll._N_SAMPLES


def test_one_step_trains_each_preset_once_and_samples_it_as_often_as_asked(tmp_path) -> None:
    rows = (one_step.Row("eight-gaussians-flow", 3), one_step.Row("eight-gaussians-flow", 1), one_step.ROWS[-1])
    report = one_step.compare(rows, 0.0005, 3, tmp_path)
    assert [(row["method"], row["NFE"]) for row in report["rows"]] == [
        ("flow matching", 3), ("flow matching", 1), ("shortcut model", 2),
    ]  # fmt: skip
    assert 0.02 < report["two real sets"] < 0.2
    assert all(row["sliced W2"] > 2 * report["two real sets"] for row in report["rows"])
    assert {path.suffix for path in tmp_path.iterdir()} == {"", ".h5"}
    assert "two real sets" in one_step.table(report)


def test_training_both_ways_comes_to_the_same_loss(tmp_path) -> None:
    report = train.compare(120, tmp_path, threads=1, turn=20)
    assert report["timed steps"] == 100
    assert set(report["loss"]) == set(report["steps a second"]) == {train.OURS, train.ALONE, *train.PLAINS}
    # few steps: what is compared here is that both learn, from the same loss at the start (E |x1 - x0|^2 = 5)
    assert all(2.0 < loss < 4.5 for loss in report["loss"].values())
    assert report["loss"][train.PLAIN] == pytest.approx(report["loss"][train.OURS], rel=0.1)
    speeds = report["steps a second"]
    assert report["ratio"][train.PLAIN] == pytest.approx(speeds[train.OURS] / speeds[train.PLAIN])
    assert "×" in train.table(report)
    near, wrong = report["as near in"], report["velocity error"]
    assert all(0.05 < error < 1.0 for error in wrong.values())
    if near["share of the steps"] is None:
        assert report["ratio for the same result"] is None
    else:
        assert near["velocity error"] <= wrong[train.PLAIN]
        plain = 120 / max(speeds[name] for name in train.PLAINS)
        assert report["plain loop, seconds in all"] == pytest.approx(plain)
        assert near["seconds"] > 0
        assert report["ratio for the same result"] == pytest.approx(plain / near["seconds"])


def test_what_is_never_as_near_as_the_plain_loop_says_so(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(train, "_SHARES", (0.1,))
    report = train.compare(20, tmp_path, threads=1, turn=20)
    assert report["as near in"]["share of the steps"] is None
    assert "not as near" in train.table(report)


def test_training_for_less_than_a_turn_is_not_timed(tmp_path) -> None:
    report = train.compare(4, tmp_path, threads=1, turn=20)
    assert report["ratio"] == dict.fromkeys((train.ALONE, *train.PLAINS))
    assert "–" in train.table(report)


@pytest.mark.filterwarnings("ignore")  # the other libraries' own, where they are installed
def test_all_libraries_carry_the_particles_to_the_same_place() -> None:
    report = sample.compare(40, 5, 1, threads=1)
    assert set(report["seconds"]) == {sample.OURS, *report["ratio"]}
    assert {*report["ratio"], *report["missing"]} == {sample.DIFFUSERS, sample.TORCHDIFFEQ}
    assert all(difference < 1e-5 for difference in report["largest difference"].values())
    for name in report["missing"]:
        assert f"{name} is not installed" in sample.table(report)


def test_a_library_that_is_missing_is_named(monkeypatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    report = sample.compare(10, 2, 1, threads=1)
    assert report["missing"] == [sample.DIFFUSERS, sample.TORCHDIFFEQ]
    assert list(report["seconds"]) == [sample.OURS]
    assert "torchdiffeq is not installed" in sample.table(report)


def test_the_table_of_solvers_is_json_too(capsys, monkeypatch) -> None:
    orders = [{"sampler": "euler", "order": 1, "measured": 0.99, "error at NFE": {"5": 0.4, "10": 0.2}}]
    strong = [
        {"sampler": "ddim", "params": {"eta": 1.0}, "order": 1.0, "source": "", "measured": 1.02,
         "distance at steps": {"50": 0.1}}
    ]  # fmt: skip
    monkeypatch.setattr(solvers, "_orders", lambda: orders)
    monkeypatch.setattr(solvers, "_strong_orders", lambda: strong)
    assert main(["bench", "solvers", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"orders": orders, "strong orders": strong}
    assert main(["bench", "solvers"]) == 0
    out = capsys.readouterr().out
    assert "ddim eta=1.0" in out
    assert "0.99" in out


def test_films_are_measured_beside_their_peer(qapp, capsys) -> None:
    assert main(["bench", "export", "--frames", "3", "--peer-frames", "2", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    for film, least in zip(report["films"], (0.05, 0.02), strict=True):
        assert film["seconds"] == pytest.approx(3 * film["ms a frame"] / 1000)
        assert film["megabytes"] > least
        peer = film["matplotlib"]
        assert peer["ratio"] == pytest.approx(peer["ms a frame"] / film["ms a frame"])
    assert main(["bench", "export", "--frames", "1"]) == 2
    assert "at least 2 frames. Given 1." in capsys.readouterr().err


class TestImages:
    def test_every_row_has_its_network_and_is_measured_beside_real_images(self, capsys, tmp_path, monkeypatch) -> None:
        monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))  # the shipped sample stands for the real images
        out = tmp_path / "report.json"
        arguments = ["mnist", "-n", "20", "--only", "mnist-mean-flow", "--half", "-o", str(out)]
        assert main(["bench", "images", *arguments, "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert json.loads(out.read_text()) == report
        assert [row["NFE"] for row in report["rows"]] == [1, 2, 4, 10]
        units = has_bfloat16(torch.device("cpu"))  # float32 is computed where there are none
        assert {row["products"] for row in report["rows"]} == {"bfloat16" if units else "float32"}
        blurred = next(rung for title, rung in report["rungs"].items() if "blurred" in title)
        for row in report["rows"]:
            assert row["metrics"]["frechet"]["value"] < blurred["frechet"]["value"]
            assert row["metrics"]["label-agreement"]["value"] >= 0.8
        runs = 5000 + 4000 + 1500 + 2104 + 2600  # of the flow, twice, before its own, of which one was stopped
        assert report["trained"]["mnist-mean-flow"]["images"] == runs * 128
        text = images.table(report)
        assert text.count("| mnist-mean-flow |") == 4
        assert "| real, blurred" in text

    def test_goes_on_from_the_rows_of_its_report(self, capsys, tmp_path, monkeypatch) -> None:
        monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
        monkeypatch.setitem(images.ROWS, "mnist", (images.Row("mnist-mean-flow", (2,)),))
        out = tmp_path / "report.json"
        command = ["bench", "images", "mnist", "-n", "12", "-o", str(out)]
        assert main(command) == 0
        first = json.loads(out.read_text())["rows"]
        monkeypatch.setitem(images.ROWS, "mnist", (images.Row("mnist-mean-flow", (1, 2)),))
        keep = images._keep

        def kept_and_interrupted(*report: object) -> None:
            keep(*report)
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(images, "_keep", kept_and_interrupted)
            assert main(command) == 130  # after the first row
        rows = json.loads(out.read_text())["rows"]
        assert [row["NFE"] for row in rows] == [1, 2]
        assert rows[1:] == first  # its seconds too: it was not sampled again
        assert main(command) == 0
        assert json.loads(out.read_text())["rows"] == rows

        before = out.read_text()
        assert main([*command[:-4], "-n", "13", "-o", str(out)]) == 2
        assert "report of other images or features" in capsys.readouterr().err
        assert out.read_text() == before

    @pytest.mark.parametrize("content", ["", "[]", '{"rows": []}', "\0"])
    def test_another_file_is_not_written_over(self, capsys, tmp_path, monkeypatch, content) -> None:
        monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
        out = tmp_path / "thesis.json"
        out.write_text(content)
        assert main(["bench", "images", "mnist", "-n", "12", "--only", "mnist-mean-flow", "-o", str(out)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
        assert out.read_text() == content

    def test_mistakes_are_one_line(self, capsys) -> None:
        assert main(["bench", "images", "mnits"]) == 2
        assert "mnist" in capsys.readouterr().err
        assert main(["bench", "images", "mnist", "--only", "cifar10-flow"]) == 2
        assert "There are rows of mnist-flow, mnist-mean-flow" in capsys.readouterr().err


class TestRecording:
    def test_the_run_that_is_recorded_is_the_one_that_is_not(self) -> None:
        row = recording.Row("swiss-roll-flow", 20, 3, 0.05)
        report = recording.compare((row,), 1, threads=1)
        (told,) = report["rows"]
        assert (told["samples"], told["steps"], told["most"]) == (20, 3, 0.05)
        assert told["megabytes"] > 0.002  # at least x, [4, 20, 2] and x1_hat, were written
        assert 0 < told["seconds"] < told["seconds recorded"]
        assert told["cost"] == pytest.approx(told["seconds recorded"] / told["seconds"] - 1)
        assert "5%" in recording.table(report)

    @pytest.mark.parametrize("what", ["recording", "sample"])
    def test_no_turn_is_one_line(self, capsys, what: str) -> None:
        assert main(["bench", what, "--rounds", "0"]) == 2
        assert "Give at least one. Given 0." in capsys.readouterr().err


class TestCores:
    def test_every_way_trains_the_same_network(self) -> None:
        wide = RunSpec(network=Part("mlp", {"width": 512, "depth": 1}), device="cpu", action="train")
        report = cores.compare(wide, rounds=1)
        assert report["steps"] == 2
        assert list(report["seconds a step"]) == [cores.ONE, cores.THREADS, cores.PAIR]
        assert all(value > 0 for value in report["seconds a step"].values())
        assert report["ratio"][cores.ONE] == 1.0
        assert "two processes" in cores.table({"preset": "wide"} | report)

    def test_what_is_not_shared_is_one_line(self, capsys) -> None:
        assert main(["bench", "cores", "swiss-roll-flow"]) == 2
        assert "trained by one process" in capsys.readouterr().err
        assert main(["bench", "cores", "--rounds", "0"]) == 2
        assert "Give at least one. Given 0." in capsys.readouterr().err


class TestScrubbing:
    def test_every_moment_is_of_a_trace_that_was_written(self, qapp) -> None:
        report = scrubbing.scrub(0.0003, 5, (4, 1, 16, 16))
        assert report["steps"] == 37
        assert report["megabytes"] > 2 * 37 * 4 * 16 * 16 * 4 / 1e6
        moves = report["moves, ms"]
        assert list(moves) == ["read", "sheets", "page"]
        assert all(0 < row["median"] <= row["p95"] for row in moves.values())
        assert "37 steps" in scrubbing.table(report)

    def test_a_trace_without_steps_is_one_line(self, capsys) -> None:
        assert main(["bench", "scrubbing", "--gigabytes", "0.001"]) == 2
        assert "at least 2 steps. Given 0.001." in capsys.readouterr().err
