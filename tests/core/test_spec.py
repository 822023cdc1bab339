"""A spec is a value: it survives its files, and every mistake names the field, what was given and what would work."""

from __future__ import annotations

import json
import pickle

import pytest
import torch

from core import presets, registry
from core import spec as specs
from core.assignments import apply_sets
from core.datasets import Dataset
from core.errors import SpecError
from core.numerics.mixture import Mixture
from core.parts.classes import numbers_of
from core.parts.making import make
from core.setup import resolve
from core.spec import Part, RunSpec

ODD = RunSpec(
    title='Quotes " and \\ and ü and \x7f', seed=3, data=Part("moons", {"width": 0.25}),
    path=Part("vp-cosine", {"T": 200}),
    sampler=Part("ddim", {"n_steps": 7, "eta": 1e-5}),
)  # fmt: skip


@pytest.mark.parametrize("spec", [RunSpec(), ODD, *(s for name in presets.names() for s in presets.load(name))])
def test_toml_and_json_read_back_the_same_spec(spec: RunSpec) -> None:
    assert specs.from_toml(specs.to_toml(spec)) == spec
    assert specs.from_json(specs.to_json(spec)) == spec


def test_a_training_recorded_before_steps_came_in_pairs_did_without() -> None:
    known = json.loads(specs.to_json(RunSpec(action="train")))
    assert known["training"].pop("in_pairs") is True
    for action in ("train", "sample"):  # what is sampled with its weights says the same
        assert specs.from_json(json.dumps(known | {"action": action})).training.in_pairs is False
    assert specs.from_dict(known).training.in_pairs is True  # a file that leaves it out asks for the default


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_resolves(name: str) -> None:
    for spec in presets.load(name):
        resolve(spec)


@pytest.mark.parametrize(
    ("sets", "field", "words"),
    [
        (["sampler.n_steps=-3"], "sampler.n_steps", "Steps must be 1 to 1,000. Given −3."),
        (["sampler.n_stepz=3"], "sampler.n_stepz", "Did you mean n_steps?"),
        (["sampler=heum"], "sampler", "Did you mean heun"),
        (["samplr.n_steps=3"], "samplr", "Did you mean sampler"),
        (["sampler.n_steps=9999999999999999999999"], "sampler.n_steps", "Steps must be 1 to 1,000. Given 1e+22."),
        ([f"sampler.n_steps={'x' * 400}"], "sampler.n_steps", f"Steps must be a whole number. Given '{'x' * 99}…."),
        ([f"seed=1{'0' * 400}"], "seed", "Seed must be 0 to 2,147,483,647. Given inf."),
        ([f"seed=-1{'0' * 400}"], "seed", "Seed must be 0 to 2,147,483,647. Given −inf."),
        ([f"training.clip=1{'0' * 400}"], "training.clip", "Gradient clip has more than 308 digits. Give fewer."),
        ([f"label={'1' * 5000}", "data=moons"], "label", f"There is no class “{'1' * 100}…”."),
        (["sampler.n_steps=many"], "sampler.n_steps", "Steps must be a whole number. Given 'many'."),
        (["grid=ddpm-stride"], "grid", "DDPM steps needs a discrete path, such as VP with linear β."),
        (["seed=-1"], "seed", "Seed must be 0 to 2,147,483,647. Given −1."),
        (["seed.x=1"], "seed.x", "seed holds no fields of its own."),
        (["device=gpu"], "device", "Device must be one of auto, cpu, cuda, mps. Given gpu."),
        (["data=strokes", "data.text=7"], "data.text", "Text must be text, in quotes. Given 7."),
        (["network=unet", "network.base=33"], "network.base", "Width must be 8 to 256 and a multiple of 8. Given 33."),
        (["network=unet", "network.multipliers=1;2"], "network.multipliers", "Levels must be digits with commas"),
        (["optimiser=sgd", "optimiser.momentum=0", "optimiser.nesterov=true"], "optimiser", "needs a momentum above 0"),
        (["training.lr=3"], "training.lr", "There is no parameter “lr”"),
        (["training.batch_size=0"], "training.batch_size", "Batch must be 1 to 65,536. Given 0."),
        (["training=3"], "training", "Give a table"),
        (['device="a\\nb"'], "device", "Given 'a\\nb'."),
        ([f"device={'x' * 5000}"], "device", f"Given {'x' * 100}…."),
        (
            ["field=network", "objective=consistency", "sampler=heun"],
            "sampler",
            "learns jumps alone. Choose consistency.",
        ),
        (["n_samples"], "n_samples", "field=value"),
    ],
)
def test_a_mistake_names_field_value_and_remedy(sets: list[str], field: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        make_all(apply_sets(specs.to_dict(RunSpec()), sets))
    assert caught.value.field == field
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mistake_comes_whole_out_of_another_process() -> None:
    told = pickle.loads(pickle.dumps(SpecError("sampler.n_steps", "Steps must be 1 to 1,000.")))
    assert (told.field, told.message, str(told)) == (
        "sampler.n_steps", "Steps must be 1 to 1,000.", "sampler.n_steps: Steps must be 1 to 1,000."
    )  # fmt: skip


def make_all(data: dict[str, object]) -> None:
    """Every part of a spec, also those for which sampling does not ask."""
    spec = specs.from_dict(data)
    resolve(spec)
    for kind in ("network", "optimiser"):
        make(kind, spec.part(kind))


def test_a_knob_of_a_part_that_a_file_leaves_out_is_that_of_the_usual_one() -> None:
    spec = presets.load_one("default", ["sampler.n_steps=20", "data.width=0.2"])
    assert spec.sampler == Part("euler", {"n_steps": 20})
    assert spec.data == Part("swiss-roll", {"width": 0.2})


@pytest.mark.parametrize(("given", "label"), [("label=3", "3"), ("label=1,6", "1,6"), ('label="a b"', "a b")])
def test_a_class_is_called_by_its_number_without_quotes(given: str, label: str) -> None:
    assert specs.from_dict(apply_sets({}, [given])).label == label


def test_a_class_is_a_name_or_plain_digits() -> None:
    with pytest.raises(SpecError, match="There is no class “²”"):
        resolve(RunSpec(data=Part("moons"), label="²"))


def test_a_class_whose_name_is_a_number_or_holds_a_comma_is_called_by_it() -> None:
    assert numbers_of("3,1", ["1", "2", "3"]) == (2, 0)
    with pytest.raises(SpecError, match=r"There is no class “0”\. Known: 1, 2, 3"):
        numbers_of("0", ["1", "2", "3"])
    assert numbers_of("wolf, grey", ["dog", "wolf, grey"]) == (1,)
    assert numbers_of(",", ["a", ","]) == (1,)
    assert numbers_of("dog,1", ["dog", "wolf, grey"]) == (0, 1)


def test_a_training_needs_of_its_objective_what_a_run_of_its_weights_needs() -> None:
    """Its snapshots are sampled by what is learned, not by the field that a spec names for later."""
    jumps = RunSpec(action="train", objective=Part("consistency"), path=Part("edm"), sampler=Part("consistency"))
    resolve(jumps)
    with pytest.raises(SpecError, match=r"learns jumps alone\. Choose consistency"):
        resolve(jumps.replace(sampler=Part("euler")))
    with pytest.raises(SpecError, match="needs the exact field"):
        resolve(RunSpec(action="train", data=Part("moons"), label="0", guidance=Part("tilted")))


def test_noise_of_which_numbers_keep_nothing_is_refused() -> None:
    strong = RunSpec(path=Part("vp-linear", {"T": 4000, "beta_T": 0.9}))
    for grid in ("uniform", "log-snr"):
        with pytest.raises(SpecError, match="leaves nothing of the data"):
            resolve(strong.replace(grid=Part(grid)))


def test_how_much_noise_is_too_much_hangs_on_the_precision() -> None:
    """What is left of the data at t_min, 4e-37 and 2e-67 of it, is a number in double precision alone."""
    for beta in (0.3, 0.5):
        strong = RunSpec(path=Part("vp-linear", {"beta_T": beta}))
        with pytest.raises(SpecError, match="leaves nothing of the data in float32"):
            resolve(strong)
        resolve(strong.replace(precision="float64", device="cpu"))
    resolve(RunSpec(path=Part("vp-linear", {"T": 10_000})))
    with pytest.raises(SpecError, match="so little noise at the end"):
        resolve(RunSpec(path=Part("ve", {"sigma_min": 1e-40})))


@pytest.mark.parametrize("action", ["sample", "train"])
def test_points_of_another_space_than_the_plane_are_refused(monkeypatch, action) -> None:
    class Cube(Dataset, frozen=True):
        name, title, reference = "cube", "Cube", ""

        def mixture(self) -> Mixture:
            return Mixture(torch.eye(3, dtype=torch.float64), 0.1)

    monkeypatch.setitem(registry._entries["data"], "cube", Cube)
    with pytest.raises(SpecError, match=r"^data: Cube has samples of shape \(3,\)\. Points have two numbers, x and y"):
        resolve(RunSpec(action=action, data=Part("cube")))


def test_implementations_are_named_first_and_keep_what_both_have() -> None:
    data = {"sampler": {"name": "ddim", "n_steps": 6, "eta": 0.5}}
    for sets, wanted in (
        (["sampler=heun"], {"name": "heun", "n_steps": 6}),
        (["sampler.n_steps=4", "sampler=euler"], {"name": "euler", "n_steps": 4}),
        (["sampler.name=euler", "sampler.n_steps=4"], {"name": "euler", "n_steps": 4}),
    ):
        assert apply_sets(data, sets)["sampler"] == wanted


@pytest.mark.parametrize(
    ("written", "number"), [(".5", 0.5), ("-.5", -0.5), ("2.", 2.0), (".25e1", 2.5), ("1.E-2", 0.01)]
)
def test_a_number_may_be_set_without_the_digit_before_or_after_its_point(written, number) -> None:
    assert apply_sets({}, [f"data.width={written}"])["data"]["width"] == number
    assert apply_sets({}, ["data.file=.5.csv"])["data"]["file"] == ".5.csv"


def test_naming_another_sampler_drops_the_old_ones_knobs() -> None:
    data = apply_sets(specs.to_dict(ODD), ["sampler=heun", "sampler.n_steps=9"])
    assert specs.from_dict(data).sampler == Part("heun", {"n_steps": 9})


def test_a_file_that_is_no_toml_is_refused(tmp_path) -> None:
    (tmp_path / "a.toml").write_text("seed = = 3")
    with pytest.raises(SpecError, match="is not TOML"):
        presets.load(str(tmp_path / "a.toml"))
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SpecError, match="not a text file"):
        presets.load(str(tmp_path / "b.toml"))


def test_a_shipped_preset_is_read_once_and_stays_what_it_is_whatever_is_done_with_it(monkeypatch) -> None:
    before = {name: (presets.describe(name), presets.load(name)) for name in presets.names()}
    parameters = {name: [dict(spec.sampler.params) for spec in specs] for name, (_, specs) in before.items()}
    monkeypatch.setattr(presets, "read_toml", None)  # nothing more is read,
    monkeypatch.setattr(presets, "from_dict", None)  # nor checked
    presets.names().clear()
    presets.describe("swiss-roll").lanes.clear()
    for spec in presets.load("swiss-roll"):
        spec.sampler.params.clear()
    after = {name: (presets.describe(name), presets.load(name)) for name in presets.names()}
    assert after == before
    assert {name: [spec.sampler.params for spec in specs] for name, (_, specs) in after.items()} == parameters


def test_a_preset_file_of_ones_own_is_read_anew(tmp_path) -> None:
    file = tmp_path / "mine.toml"
    for seed in (1, 2):
        file.write_text(f"seed = {seed}")
        assert presets.load_one(str(file)).seed == seed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('n_samples = 7\nlanes = ["swiss-roll-flow"]', "n_samples: A comparison has a title, help and lanes alone"),
        ('titel = "Mine"\nlanes = ["swiss-roll-flow"]', "titel: A comparison has"),
        ('title = 3\nlanes = ["swiss-roll-flow"]', "title: Title must be text"),
        ('lanes = ["swiss-roll"]', "swiss-roll is a comparison itself. Name its runs: swiss-roll-diffusion, swiss"),
    ],
)
def test_what_a_comparison_would_ignore_is_refused(text: str, said: str, tmp_path) -> None:
    file = tmp_path / "both.toml"
    file.write_text(text)
    with pytest.raises(SpecError, match=said):
        presets.load(str(file))


def test_what_a_file_names_is_found_beside_it_from_any_folder(tmp_path, monkeypatch) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "points.csv").write_text("1,2\n3,4\n")
    (folder / "run.toml").write_text('[data]\nname = "points"\nfile = "points.csv"\n[field]\nname = "exact-points"')
    (folder / "both.toml").write_text('lanes = ["run.toml", "moons-to-eight"]')
    for where, name in (
        (tmp_path, "mine/both.toml"),
        (folder, "both.toml"),
        (tmp_path.parent, str(folder / "both.toml")),
    ):
        monkeypatch.chdir(where)
        own, shipped = presets.load(name)
        assert own.data.params == {"file": str(folder / "points.csv")}
        assert shipped == presets.load_one("moons-to-eight")
    (tmp_path / "points.csv").write_text("1,2\n3,4\n")
    (folder / "points.csv").unlink()
    monkeypatch.chdir(tmp_path)
    assert presets.load_one("mine/run.toml").data.params == {"file": str(tmp_path / "points.csv")}


def test_a_file_may_begin_with_the_mark_that_editors_write(tmp_path) -> None:
    (tmp_path / "mine.toml").write_text("seed = 5", encoding="utf-8-sig")
    assert presets.load_one(str(tmp_path / "mine.toml")).seed == 5


def test_weights_of_a_name_that_no_file_has_are_refused() -> None:
    with pytest.raises(SpecError, match="has a zero byte in it"):
        resolve(RunSpec(field=Part("network", {"weights": "a\0b.safetensors"}))).field()


@pytest.mark.parametrize("spec", ['{"title": "\\ud800"}', '{"data": {"name": "points", "file": "\\udcff"}}'])
def test_half_a_character_is_refused_on_reading(spec: str) -> None:
    with pytest.raises(SpecError, match="has half a character in it") as caught:
        specs.from_json(spec)
    assert str(caught.value).isprintable()


def test_images_do_not_start_from_a_shape_in_the_plane_whatever_the_field() -> None:
    spec = presets.load_one("mnist-flow", ["source=shape", "label=''"])
    for field in ("exact-points", "network"):
        with pytest.raises(SpecError, match="leads to data in the plane alone"):
            resolve(spec.replace(field=Part(field)))
