"""The verbs from the outside: what they write, what they print, and one line with exit code 2 for every mistake."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest

import resources
from core import presets, registry
from core.run import sample
from core.trace import open_trace
from workbench.commands import main
from workbench.commands.progress import record
from workbench.model.analyses import refused

TOP = Path(__file__).resolve().parents[2]
FLOW = resources.path("traces", "swiss-roll-flow.h5")
LONG = 300 * "n"


def flowscope(*arguments: object, cwd: Path = TOP, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TOP / "main.py"), *map(str, arguments)]
    kept = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=kept | env, check=False, timeout=110)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sample", "nonsense"], "There is no preset “nonsense”"),
        (["sample", "swiss-roll-flow", "--set", "sampler.n_steps=-3"], "Steps must be 1 to 1,000. Given −3."),
        (["sample", "swiss-roll"], "Name one of them: swiss-roll-diffusion or swiss-roll-flow"),
        (["sample", "three-gaussians-flow"], "flowscope train three-gaussians-flow"),
        (["sample", "swiss-roll-flow", "--set", "network=gated-mlp"], "trained with the network mlp. Leave it at that"),
        (["sample", "swiss-roll-flow", "--set", "network.width=64"], "or train mlp (width = 64) anew"),
        (["sample", "shipped:mnist-flow", "--set", "network=mlp"], "trained with the network unet"),
        (["sample", "swiss-roll-flow", "--set", "objective=diffusion"], "trained with the objective flow-matching"),
        (["evaluate", "shipped:swiss-roll-flow", "--set", "network=gated-mlp"], "trained with the network mlp"),
        (["sample", "shipped:swiss-roll-flow", "--set", "path=vp-linear"], "trained on the path linear. Choose"),
        (["sample", "gone.toml"], "flowscope: There is no file gone.toml.\n"),
        (["sample", "gone.h5"], "flowscope: There is no file gone.h5.\n"),
        (["train", "gone/run", "-o", "out"], "flowscope: There is no file gone/run.\n"),
        (["sample", "notes.tx"], "There is no file notes.tx. Did you mean notes.txt?"),
        (["sample", "swiss-roll-flow.toml"], "There is a preset swiss-roll-flow."),
        (["sample", "gone.safetensors"], "There is no file gone.safetensors"),
        (["train", "swiss-roll-flow", "--resume", "-o", "."], "holds no checkpoint.safetensors to go on from"),
        (["sample", "one-step", "--set", "sampler=euler"], "Name one of them: eight-gaussians-flow or"),
        (
            ["fetch", "mnist", "--data", "/dev/null/data"],
            "mnist could not be downloaded: Not a directory (/dev/null/data",
        ),
        (["info", "gone.h5"], "There is no file gone.h5"),
        (["gone.h5"], "There is no file gone.h5"),
        (["gone.safetensors"], "There is no file gone.safetensors"),
        (["notes.txt"], "notes.txt is none of what the window opens: traces (.h5, .hdf5), weights (.safetensors)"),
        (["runs", "gone"], "There is no folder gone. Name one that holds traces, or a trace."),
        (["list", "samplers"], "Did you mean sampler"),
        (["export", "gone.h5", "out.gif"], "There is no file gone.h5"),
        (["export", "gone.h5", "out.gif", "--size", "big"], "Size must be WxH"),
        (["export", "gone.h5", "out.gif", "--seconds", "nan"], "Seconds must be 0.1 to 600. Given nan."),
        (["export", "gone.h5", "out.gif", "--fps", "0"], "Frames a second must be 1 to 50. Given 0."),
        (["export", "gone.h5", "out.png", "--t", "nan"], "Time must be 0 to 1. Given nan."),
        (["export", "gone.h5", "out.txt"], "must end in .gif, .mp4, .webp"),
        (["demo", "comparison", "--n-epochs", "0", "-o", "out"], "Epochs must be at least 1"),
        (["demo", "comparison", "--set", "sampler.n_steps=-3", "-o", "out"], "Steps must be 1 to 1,000. Given −3."),
        (["demo", "comparison", "--set", "coupling=minibatch-ot", "-o", "out"], "needs normal, independent noise"),
        (["sample", "swiss-roll-flow", "-o", "."], ". is a folder. Name a file."),
        (["sample", "swiss-roll-flow", "-o", "/dev/null"], "/dev/null is no ordinary file"),
        (["sample", "swiss-roll-flow", "-o", "notes.txt"], "notes.txt is there and is something else"),
        (["sample", "notes.txt"], "notes.txt is no TOML file. Name one that ends in .toml, a checkpoint"),
        (["sample", "swiss-roll-flow", "-o", "run.txt"], "A trace ends in .h5 or .hdf5. Given run.txt."),
        (["repair", str(FLOW), "-o", "run.txt"], "A trace ends in .h5 or .hdf5. Given run.txt."),
        (["sample", "swiss-roll-flow", "-o", "/proc/c.h5"], "/proc/c.h5 cannot be written: No such file or directory."),
        (["train", "swiss-roll-flow", "-o", "notes.txt"], "notes.txt is a file. Name a folder."),
        (["train", "swiss-roll-flow", "-o", "notes.txt/run"], "flowscope: -o: notes.txt is a file. Name a folder."),
        (["train", "swiss-roll-flow", "-o", "/proc/run/of"], "flowscope: /proc/run/of cannot be written: No such"),
        (["sample", "swiss-roll-flow", "-o", "notes.txt/run.h5"], "flowscope: -o: notes.txt is a file. Name a folder."),
        (
            ["train", "swiss-roll-flow", "-o", "out", "--init-from", "notes.txt"],
            "notes.txt is not a readable checkpoint",
        ),
        (["sample", "swiss-roll-flow", "--set", "grid.n_steps=10"], "“n_steps”: this has no parameters."),
        (["sample", "swiss-roll-flow", "sampler.n_steps=4"], "Write --set sampler.n_steps=4"),
        (["sample", "swiss-roll-flow", "sampler.n_steps=4"], "See: flowscope sample --help"),
        (["bench", "images", "mnist", "--wrong"], "See: flowscope bench images --help"),
        (["evaluate", str(FLOW), "--metrics", ""], "Name at least one metric."),
        (["list", "--data", "nowhere"], "--data: There is no folder nowhere."),
        (
            ["list", "--data", "~nobody-of-this-name/data"],
            "--data: ~nobody-of-this-name/data begins with a user who does",
        ),
        (["fetch", "mnist", "--data", "~nobody-of-this-name"], "~nobody-of-this-name begins with a user who does not"),
        (["bench", "images", "mnist", "--data", "nowhere"], "--data: There is no folder nowhere."),
        (["train", "shipped:swiss-roll-flow", "-o", "out"], "--init-from shipped:swiss-roll-flow"),
        (["compare", "swiss-roll-flow", "mnist-flow", "-o", "out"], "Images and points do not fit into one picture"),
        (["evaluate", str(FLOW), "--metrics", "frechet"], "frechet is of images; these are points. Known: chamfer"),
        (["evaluate", str(FLOW), "-o", "notes.txt"], "notes.txt is there and is something else"),
        (["export", str(FLOW), "full"], "full is there already. Name a new folder for the frames."),
        (["export", str(FLOW), "mine.csv"], "mine.csv is there. Choose another name, or replace it with --overwrite."),
        (
            ["export", str(FLOW), "o.png", "--seconds", "2", "--fps", "10"],
            "--fps and --seconds are for films; o.png is",
        ),
        (["export", str(FLOW), "o.svg", "--scale", "2"], "--scale is for pixels; o.svg holds shapes, which are sharp"),
        (["export", str(FLOW), "o.csv", "--theme", "dark"], "--theme is for films and pictures; o.csv holds numbers."),
        (["export", str(FLOW), "o.gif", "--at", "0"], "--at is for pictures, numbers and films over training; o.gif"),
        (["info", "full"], "full is a folder. Name a file in it."),
        (["repair", str(FLOW), "-o", "notes.txt"], "notes.txt is there and is something else. Choose another name"),
        (["repair", str(FLOW), "-o", str(FLOW)], "is the trace itself. Leave -o out to repair it in place."),
        (["sample", "swiss-roll-flow", "-o", f"{LONG}.h5"], "is too long a name. Choose a shorter one."),
        (["train", "swiss-roll-flow", "-o", LONG], "is too long a name. Choose a shorter one."),
        ([LONG], "There is no verb"),
        (["sampel"], "There is no verb “sampel”. Did you mean sample?"),
        (["train", "swiss-roll-flow"], "required: -o/--out"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_two(qapp, arguments, words, capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLOWSCOPE_DATA", "")  # to be put back
    (tmp_path / "notes.txt").write_text("not to be lost")
    (tmp_path / "mine.csv").write_text("not to be lost")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "frame.png").touch()
    try:
        code = main(arguments)
    except SystemExit as exit_:
        code = exit_.code
    err = capsys.readouterr().err
    assert code == 2
    assert words in err
    assert err.count("\n") == 1
    assert {(tmp_path / name).read_text() for name in ("notes.txt", "mine.csv")} == {"not to be lost"}


def test_every_verb_is_told_where_the_data_lie(capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("FLOWSCOPE_DATA", "")  # to be put back
    assert main(["train", "mnist-flow", "-o", str(tmp_path / "out"), "--data", str(tmp_path)]) == 2
    assert "with --data or FLOWSCOPE_DATA" in capsys.readouterr().err
    assert os.environ["FLOWSCOPE_DATA"] == str(tmp_path)


def test_naming_a_data_set_does_not_move_the_folder_of_all(capsys, monkeypatch) -> None:
    monkeypatch.setenv("FLOWSCOPE_DATA", "away")  # such as a disk that is not mounted: what ships needs none
    assert main(["bench", "images", "mnist", "-n", "40000"]) == 2  # refused before anything is made
    assert "away" not in capsys.readouterr().err
    assert os.environ["FLOWSCOPE_DATA"] == "away"


def test_verbs_of_verbs_are_told_where_the_data_lie(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("FLOWSCOPE_DATA", "")
    for place in (1, 2, 3):
        arguments = ["bench", "images", "mnist", "-n", "40000"]
        (tmp_path / str(place)).mkdir()
        arguments[place:place] = ["--data", str(tmp_path / str(place))]
        assert main(arguments) == 2  # refused before anything is made
        assert os.environ["FLOWSCOPE_DATA"] == str(tmp_path / str(place))


def test_a_closed_output_is_no_reason_to_fail(monkeypatch) -> None:
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    assert main(["info", str(FLOW)]) == 0
    assert main(["info", "gone.h5"]) == 2
    sys.stdout.close()
    sys.stderr.close()


def test_a_list_has_room_for_every_name(capsys) -> None:
    assert main(["list", "preset"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    widest = max(len(name) for name in presets.names())
    assert {line[2 + widest] for line in lines} == {" "}
    assert all(line[3 + widest] != " " for line in lines)


def test_output_that_cannot_be_written_is_one_line(tmp_path) -> None:
    with open("/dev/full", "w") as full:
        told = subprocess.run(
            [sys.executable, str(TOP / "main.py"), "list", "sampler"], stdout=full, stderr=subprocess.PIPE, text=True,
            check=False,
        )  # fmt: skip
    assert (told.returncode, told.stderr) == (2, "flowscope: The output cannot be written: No space left on device.\n")


def test_a_field_is_measured_only_while_its_weights_are_there(qapp, capsys, tmp_path) -> None:
    """The samples of a trace are what they are; its checkpoint may have been trained anew since."""
    few = ["--set", "training.n_snapshots=0", "--set", "training.n_validations=0", "--set", "n_samples=40"]
    for n_steps in (5, 6):
        assert main([
            "train", "three-gaussians-flow", *few, "--set", f"training.n_steps={n_steps}", "--overwrite",
            "-o", str(tmp_path),
        ]) == 0  # fmt: skip
        if n_steps == 5:
            assert main(["sample", str(tmp_path / "checkpoint.safetensors"), "-o", str(tmp_path / "s.h5")]) == 0
        asked = ["evaluate", str(tmp_path / "s.h5"), "-n", "20", "--metrics"]
        assert main([*asked, "velocity-error"]) == (0 if n_steps == 5 else 2)
        assert main([*asked, "chamfer"]) == 0
    assert "holds other weights now. Sample it again." in capsys.readouterr().err
    assert main(["export", str(tmp_path / "s.h5"), str(tmp_path / "s.png"), "--show", "error"]) == 2
    same = "checkpoint.safetensors holds other weights now. Sample it again."
    err = capsys.readouterr().err
    assert err.endswith(f"flowscope: The error map of s.h5 cannot be computed: {same}\n")
    assert not (tmp_path / "s.png").exists()
    with closing(open_trace(tmp_path / "s.h5")) as run:
        assert refused(run, "error-map") == same
        assert not refused(run, "exact-field"), "which no weights decide"


def test_numbers_are_replaced_where_that_is_asked_for(qapp, tmp_path) -> None:
    (tmp_path / "numbers.csv").write_text("mine")
    assert main(["export", str(FLOW), str(tmp_path / "numbers.csv"), "--at", "1", "--overwrite"]) == 0
    assert (tmp_path / "numbers.csv").read_text().startswith("lane,t,particle,x,y")


def test_a_trace_of_points_of_ones_own_is_verified_from_any_folder(monkeypatch, tmp_path) -> None:
    points = np.random.default_rng(0).normal(size=(60, 2))
    np.savetxt(tmp_path / "mine.csv", points, delimiter=",", header="x,y", comments="")
    sets = ["data=points", "data.file=mine.csv", "field=exact", "n_samples=8", "sampler.n_steps=2"]
    monkeypatch.chdir(tmp_path)
    assert main(["sample", "swiss-roll-flow", *(f"--set={each}" for each in sets), "-o", "run.h5"]) == 0
    monkeypatch.chdir("/")
    assert main(["verify", str(tmp_path / "run.h5")]) == 0


def test_a_trace_that_needs_no_repair_is_copied_as_a_whole(capsys, tmp_path) -> None:
    out = tmp_path / "copy.h5"
    out.write_bytes(resources.path("traces", "swiss-roll-diffusion.h5").read_bytes())
    assert main(["repair", str(FLOW), "-o", str(out)]) == 0
    assert "is a copy" in capsys.readouterr().out
    assert out.read_bytes() == FLOW.read_bytes()
    assert list(tmp_path.iterdir()) == [out]


def test_a_run_that_breaks_says_so_in_its_file(tmp_path) -> None:
    def broken():
        yield from itertools.islice(sample(presets.load_one("moons-to-eight")), 12)
        raise ZeroDivisionError("in a sampler of one's own")

    with pytest.raises(ZeroDivisionError):
        record(broken(), "broken", tmp_path / "b.h5")
    with h5py.File(tmp_path / "b.h5") as file:
        assert (file.attrs["status"], file.attrs["message"]) == ("failed", "in a sampler of one's own")


def test_a_wrong_trace_and_a_typo_in_a_file(capsys, tmp_path) -> None:
    whole = resources.path("traces", "swiss-roll-flow.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[:50_000])
    assert main(["info", str(tmp_path / "cut.h5")]) == 2
    assert "is cut short" in capsys.readouterr().err
    (tmp_path / "typo.toml").write_text('[sampler]\nname = "euler"\nn_stepz = 4\n')
    assert main(["sample", str(tmp_path / "typo.toml"), "-o", str(tmp_path / "out.h5")]) == 2
    assert capsys.readouterr().err == (
        "flowscope: sampler.n_stepz: There is no parameter “n_stepz”. Did you mean n_steps?\n"
    )
    (tmp_path / "lanes.toml").write_text("lanes = 3\n")
    assert main(["compare", str(tmp_path / "lanes.toml"), "swiss-roll", "-o", str(tmp_path / "out")]) == 2
    assert main(["sample", str(tmp_path / "lanes.toml"), "-o", str(tmp_path / "out.h5")]) == 2
    assert capsys.readouterr().err.count("flowscope: lanes: Give a list of runs") == 2
    assert not (tmp_path / "out.h5").exists()


def test_samples_the_shipped_weights_and_tells_what_is_in_the_trace(capsys, tmp_path) -> None:
    out = tmp_path / "a.h5"
    assert (
        main(["sample", "swiss-roll-flow", "--set", "n_samples=50", "--set", "sampler.n_steps=4", "-o", str(out)]) == 0
    )
    assert main(["info", str(out), "--json"]) == 0
    report = json.loads(capsys.readouterr().out.partition("{")[2].join(["{", ""]))
    assert report["streams"]["x"] | {"columns": []} == {
        "rows": 5, "of": 5, "row": [50, 2], "dims": ["t", "particle", "xy"], "units": "1", "columns": [],
    }  # fmt: skip
    assert main(["info", str(out)]) == 0
    assert "finished" in capsys.readouterr().out


def test_samples_shipped_weights_by_their_name_and_knows_which_there_are(capsys, tmp_path) -> None:
    few = ["--set", "n_samples=3", "--set", "sampler.n_steps=2"]
    assert main(["sample", "shipped:mnist-flow", *few, "-o", str(tmp_path / "a.h5")]) == 0
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["streams/x/data"].shape == (3, 3, 1, 28, 28)
        assert '"weights":"shipped:mnist-flow"' in file.attrs["spec"].replace(": ", ":")
    capsys.readouterr()
    assert main(["sample", "shipped:mnist-flwo", "-o", str(tmp_path / "b.h5")]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "There is no checkpoint “mnist-flwo”. Did you mean mnist-flow" in err


def test_a_preset_with_shipped_weights_keeps_what_else_is_set_of_its_field(tmp_path) -> None:
    other = ["--set", "path=vp-linear", "--set", "field.retime=true", "--set", "n_samples=3"]
    assert main(["sample", "swiss-roll-flow", *other, "-o", str(tmp_path / "a.h5")]) == 0
    with h5py.File(tmp_path / "a.h5") as file:
        spec = json.loads(file.attrs["spec"])
    assert spec["field"] == {"name": "network", "retime": True, "weights": "shipped:swiss-roll-flow"}
    assert spec["path"]["name"] == "vp-linear"


def test_one_particle_is_one(capsys, tmp_path) -> None:
    assert main(["sample", "moons-to-eight", "--set", "n_samples=1", "-o", str(tmp_path / "one.h5")]) == 0
    assert capsys.readouterr().out.startswith("finished: 1 particle, NFE ")


def test_samples_that_are_no_numbers_are_told_and_what_is_advised_works(capsys, tmp_path) -> None:
    """Noise so strong that what a network makes of it overflows float32."""
    strong = ["--set", "path=vp-linear", "--set", "path.beta_T=0.25", "--set", "training.n_steps=1"]
    few = ["--set", "training.n_snapshots=0", "--set", "n_samples=40"]
    assert main(["train", "three-gaussians-diffusion", *strong, *few, "-o", str(tmp_path)]) == 0
    file = tmp_path / "s.h5"
    command = ["sample", str(tmp_path / "checkpoint.safetensors"), "--set", "sampler=edm-heun", "-o", str(file)]
    capsys.readouterr()
    assert main([*command, "--set", "sampler.n_steps=2"]) == 1
    told = capsys.readouterr().err
    trace = open_trace(file)
    gone = int((~np.isfinite(trace["x"][-1]).all(axis=1)).sum())
    assert gone > 0
    words = f"{gone} of 40 particles end as NaN or infinity. Try more steps or clipping."
    assert told == f"flowscope: {words}\n"
    assert (trace.status, trace.message, len(trace["x"])) == ("finished", words, 3)
    trace.close()
    assert main([*command, "--set", "sampler.n_steps=40"]) == 1  # numbers, but of an untrained network
    assert "end far from all data" in capsys.readouterr().err
    assert main([*command, "--set", "sampler.n_steps=2", "--set", "clipping=clip"]) == 0
    assert capsys.readouterr().err == ""


def test_samples_that_are_far_from_all_data_are_told_and_what_is_advised_works(capsys, tmp_path) -> None:
    """In EDM's scaling a straight path begins at nearly infinite noise, which few even steps leap over."""
    few = ["--set", "field=exact", "--set", "n_samples=40", "--set", "sampler=edm-heun"]
    command = ["sample", "three-gaussians-flow", *few]
    file = tmp_path / "s.h5"
    assert main([*command, "--set", "sampler.n_steps=4", "-o", str(file)]) == 1
    trace = open_trace(file)
    far = int((np.abs(trace["x"][-1]) > 20).any(axis=1).sum())
    words = f"{far} of 40 particles end far from all data. Try more steps or clipping."
    assert (trace.status, trace.message, far > 0) == ("finished", words, True)
    trace.close()
    assert capsys.readouterr().err.endswith(f"flowscope: {words}\n")
    for i, better in enumerate(("sampler.n_steps=40", "clipping=clip")):
        better_file = str(tmp_path / f"{i}.h5")
        assert main([*command, "--set", "sampler.n_steps=4", "--set", better, "-o", better_file]) == 0
        assert capsys.readouterr().err == ""


def test_lists_everything_and_looks_at_the_machine(capsys) -> None:
    assert main(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert "heun" in listed["sampler"]
    assert "swiss-roll" in listed["preset"]
    assert set(registry.PACKAGES) < set(listed)
    assert listed["metric"]["w2"]["title"] == "W2, exact"
    assert main(["doctor", "--json"]) == 0
    assert "torch" in json.loads(capsys.readouterr().out)["packages"]


def test_without_a_display_the_comparison_is_made_headless(tmp_path) -> None:
    done = flowscope(cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("No display found")
    assert (tmp_path / "flowscope-comparison" / "comparison.gif").read_bytes()[:6] == b"GIF89a"
    assert len(list((tmp_path / "flowscope-comparison").glob("*.h5"))) == 2


def test_the_demo_writes_everything(tmp_path) -> None:
    done = flowscope("demo", "flow-matching", "--n-epochs", "2", "--n-samples", "100", "-o", tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert [lane["title"] for lane in report["methods"]] == ["Flow matching"]
    assert all((tmp_path / name).stat().st_size > 1000 for name in report["files"])
    assert len(report["files"]) == 5
    for lane in report["methods"]:
        with h5py.File(tmp_path / lane["trace"]) as file:
            assert file.attrs["status"] == "finished"
