"""The set-up form's model: rows from the catalog, legal changes, and words for illegal ones."""

from __future__ import annotations

import itertools
import shlex

import msgspec
import pytest

from core import catalog, presets
from core import spec as specs
from core.errors import SpecError
from core.spec import Part, RunSpec, Training
from workbench.model import setup
from workbench.model.command import as_command

CATALOG = catalog.shipped()
RUNS = [name for name in presets.names() if len(presets.describe(name).lanes) == 1]
SPEC = presets.load_one("swiss-roll-flow")


def rows(spec: RunSpec) -> dict[str, setup.Row]:
    return {row.field: row for section in setup.sections(CATALOG, spec, ["cpu"]) for row in section.rows}


@pytest.mark.parametrize("name", RUNS)
def test_every_row_writes_back_what_it_shows(name: str) -> None:
    spec = presets.load_one(name)
    for field, row in rows(spec).items():
        changed = setup.set_value(CATALOG, spec, field, row.value)
        assert rows(changed)[field].value == row.value
        CATALOG.check(changed)


def test_another_implementation_brings_its_own_rows_and_keeps_shared_knobs() -> None:
    spec = setup.set_value(CATALOG, SPEC, "sampler.n_steps", 33)
    spec = setup.set_value(CATALOG, spec, "sampler.name", "ddim")
    assert rows(spec)["sampler.eta"].title == "Noise added η"
    assert rows(spec)["sampler.n_steps"].value == 33
    assert "sampler.eta" not in rows(setup.set_value(CATALOG, spec, "sampler.name", "heun"))


def test_a_title_goes_on_naming_what_the_spec_has() -> None:
    moons = setup.set_value(CATALOG, SPEC, "data.name", "moons")
    assert (SPEC.title, moons.title) == ("Swiss roll, flow matching", "Moons, flow matching")
    jump = setup.set_value(CATALOG, moons, "objective.name", "mean-flow")
    assert jump.title == "Moons, MeanFlow"
    assert setup.set_value(CATALOG, jump, "objective.name", "diffusion").title == "Moons, diffusion"
    own = SPEC.replace(title="My run")
    assert setup.set_value(CATALOG, own, "data.name", "moons").title == "My run"


def test_training_is_asked_for_only_where_a_network_is() -> None:
    exact = setup.set_value(CATALOG, SPEC, "field.name", "exact")
    titles = [section.title for section in setup.sections(CATALOG, exact, ["cpu"])]
    assert "Training" not in titles
    assert not any(field.startswith(("network.", "training.")) for field in rows(exact))


def test_a_class_can_be_asked_for_only_of_what_knows_classes() -> None:
    told = presets.load_one("mnist-flow")
    plain = presets.load_one("three-gaussians-flow")
    assert CATALOG.entry("data", plain.data.name).facts["classes"]
    assert "label" in rows(told)
    assert "label" not in rows(plain), "the network was not told them"
    assert "guidance.name" not in rows(plain)
    assert "label" in rows(plain.replace(field=Part("exact")))
    assert "label" in rows(plain.replace(training=msgspec.structs.replace(plain.training, conditional=True)))
    assert "label" in rows(plain.replace(label="1")), "it can be taken back"


def test_every_implementation_can_be_chosen_or_says_why_not() -> None:
    for field, row in rows(SPEC).items():
        for choice in row.choices:
            if choice.reason is None:
                CATALOG.check(setup.set_value(CATALOG, SPEC, field, choice.value))
            elif field.endswith(".name"):
                with pytest.raises(SpecError, match=choice.reason):
                    setup.set_value(CATALOG, SPEC, field, choice.value)


def test_a_grid_that_needs_a_discrete_path_gives_way_with_it() -> None:
    assert setup.reason_not(CATALOG, SPEC, "grid", "ddpm-stride") == "needs a discrete path"
    diffusion = presets.load_one("swiss-roll-diffusion")
    assert diffusion.grid.name == "ddpm-stride"
    assert setup.set_value(CATALOG, diffusion, "path.name", "linear").grid.name == "uniform"
    assert setup.set_value(CATALOG, diffusion, "path.name", "vp-cosine").grid.name == "ddpm-stride"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("sampler.n_steps", 0, "Steps must be 1 to 1,000. Given 0."),
        ("sampler.n_steps", 2.5, "Steps must be a whole number. Given 2.5."),
        ("n_samples", 0, "Particles must be 1 to 1,000,000. Given 0."),
        ("training.learning_rate", 0.0, "Learning rate must be more than 0 and at most 1. Given 0."),
        ("sampler.nonsense", 1, "There is no field “sampler.nonsense”."),
        ("nonsense", 1, "There is no field “nonsense”."),
        ("nonsense.x", 1, "There is no field “nonsense.x”."),
        ("sampler.name", "heunn", "There is no sampler “heunn”. Did you mean heun"),
    ],
)
def test_a_wrong_value_names_what_would_work(field: str, value: object, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        setup.set_value(CATALOG, SPEC, field, value)
    assert caught.value.message.startswith(message)


def schemas() -> list[tuple[str, dict]]:
    parts = [
        (f"{kind}.{name}.{key}", schema)
        for kind, known in CATALOG.parts.items()
        for name, entry in known.items()
        for key, schema in entry.params.items()
    ]
    return [*parts, *CATALOG.run.items(), *CATALOG.training.items()]


@pytest.mark.parametrize(("name", "schema"), schemas(), ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_offered_instead_is_always_legal(name: str, schema: dict) -> None:
    for given in (-3, 0, 1, 2.5, 1e12, -1e-9, float("inf"), float("nan"), "many", True):
        offered = setup.nearest_allowed(schema, given)
        if offered is not None:
            catalog.check_value(name, schema, offered)


def test_the_nearest_legal_number() -> None:
    steps = {"type": "integer", "minimum": 1, "maximum": 1000}
    assert [setup.nearest_allowed(steps, given) for given in (0, 2000, 2.4)] == [1, 1000, 2]
    assert setup.nearest_allowed({"type": "number", "exclusiveMinimum": 0}, -1.0) is None


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", " 2,500 ", 2500),
        ("integer", "1e3", 1000),
        ("integer", "2.5", 2.5),
        ("integer", "2,5", 2.5),
        ("integer", "12,345,678", 12345678),
        ("number", "0,002", 0.002),
        ("number", "1,2,3", "1,2,3"),
        ("number", "−0.5", -0.5),
        ("number", "1e−4", 1e-4),
        ("number", "inf", "inf"),
        ("number", "some", "some"),
        ("string", "12", "12"),
    ],
)
def test_typed_text_becomes_a_value(kind: str, text: str, value: object) -> None:
    parsed = setup.parse({"type": kind}, text)
    assert parsed == value
    assert type(parsed) is type(value)


def test_what_asks_for_other_weights() -> None:
    def fits(field: str, value: object) -> bool:
        return setup.fits(SPEC, setup.set_value(CATALOG, SPEC, field, value))

    assert fits("sampler.name", "euler")
    assert fits("sampler.n_steps", 7)
    assert fits("seed", 3)
    assert not fits("data.name", "moons")
    assert not fits("path.name", "vp-cosine")
    assert not fits("network.width", 64)


def test_defaults_keep_parts_and_weights() -> None:
    spec = setup.set_value(CATALOG, SPEC, "sampler.n_steps", 7)
    reset = setup.defaults(spec)
    assert reset.sampler == Part("heun")
    assert reset.field == SPEC.field
    assert reset.data.name == SPEC.data.name


def test_what_weights_were_trained_for_is_their_default() -> None:
    trained = SPEC.replace(training=msgspec.structs.replace(SPEC.training, n_steps=300))
    turned = trained.replace(network=Part("mlp", {"width": 64}), sampler=Part("heun", {"n_steps": 7}))
    reset = setup.defaults(turned, [trained])
    assert setup.fits(trained, reset)
    assert reset.sampler == Part("heun")
    elsewhere = setup.defaults(turned.replace(data=Part("moons")), [trained])
    assert (elsewhere.data, elsewhere.training) == (Part("moons"), Training())


AWKWARD = SPEC.replace(
    field=Part("network", {"weights": "/my runs/12/it's.safetensors"}),
    seed=5,
    sampler=Part("ddim", {"eta": 0.25, "n_steps": 12}),
    path=Part("vp-linear", {"beta_1": 1e-5}),
    training=msgspec.structs.replace(SPEC.training, learning_rate=1e-5),
)


@pytest.mark.parametrize(
    "spec", [*map(presets.load_one, RUNS), AWKWARD, AWKWARD.replace(field=Part("network", {"weights": "12"}))]
)
def test_the_copied_command_repeats_the_run(spec: RunSpec) -> None:
    words = shlex.split(as_command(spec))
    assert words[:2] == ["python", "main.py"]
    assert words[2] == spec.action
    sets = [word for before, word in itertools.pairwise(words) if before == "--set"]
    again = presets.load_one(words[3], sets)
    assert again.replace(title="", action="sample") == spec.replace(title="", action="sample")


@pytest.mark.parametrize("name", RUNS)
def test_the_copied_toml_is_the_spec(name: str) -> None:
    spec = presets.load_one(name)
    assert specs.from_toml(specs.to_toml(spec)) == spec


def test_a_device_that_is_not_here_says_so() -> None:
    choices = {choice.value: choice.reason for choice in rows(SPEC)["device"].choices}
    assert choices == {"auto": None, "cpu": None, "cuda": "not on this machine", "mps": "not on this machine"}


def test_many_options_become_a_menu() -> None:
    few, many = ({"enum": list("abcde"[:n]), "default": "a"} for n in (4, 5))
    assert setup._row("x", few, "a").choices == ()
    assert [choice.value for choice in setup._row("x", many, "a").choices] == list("abcde")


def test_networks_are_chosen_with_their_size_in_view() -> None:
    """Parameters and operations of the data's own images; of one whose knobs were turned they are counted."""
    spec = presets.load_one("mnist-flow")

    def network(spec: RunSpec) -> setup.Section:
        return next(section for section in setup.sections(CATALOG, spec, ["cpu"]) if section.title == "Network")

    assert network(spec).fact == "1.27 M · 0.13 GFLOP"
    row = next(row for row in network(spec).rows if row.field == "network.name")
    sizes = {choice.value: choice.fact for choice in row.choices}
    assert sizes["conditional-unet"].startswith("1.44 M")
    assert sizes["mlp"].endswith("parameters")
    photographs = setup.set_value(CATALOG, spec, "data.name", "cifar10")
    assert network(photographs).fact.startswith("3.01 M")
    turned = setup.set_value(CATALOG, spec, "network.base", 64)
    assert network(turned).fact == ""
    assert next(s for s in setup.sections(CATALOG, turned, ["cpu"], 5_012_345) if s.title == "Network").fact == "5.01 M"
    assert all(row.detail for row in network(spec).rows if row.field in ("field.retime", "field.autocast"))


def test_a_bound_of_images_is_that_of_their_pixels() -> None:
    images = setup.set_value(CATALOG, RunSpec(), "data.name", "mnist")
    for name in ("clip", "threshold"):
        assert setup.set_value(CATALOG, images, "clipping.name", name).clipping.params["limit"] == 1.0
        assert "limit" not in setup.set_value(CATALOG, RunSpec(), "clipping.name", name).clipping.params
    own = setup.set_value(CATALOG, setup.set_value(CATALOG, images, "clipping.name", "clip"), "clipping.limit", 1.5)
    assert setup.set_value(CATALOG, own, "clipping.name", "threshold").clipping.params["limit"] == 1.5


def test_classes_are_chosen_where_their_names_are_known() -> None:
    moons = RunSpec(data=Part("moons"))
    names = CATALOG.entry("data", "moons").facts["classes"]
    shown = [choice.title for choice in rows(moons)["label"].choices]
    assert shown == ["Any", "One of each", *names]
    asked = setup.set_value(CATALOG, moons, "label", names[1])
    assert rows(asked)["label"].value == names[1]
    own = setup.set_value(CATALOG, moons, "label", "1,0")
    assert [choice.value for choice in rows(own)["label"].choices][-1] == "1,0"
    with pytest.raises(SpecError, match="There is no class “nan”"):
        setup.set_value(CATALOG, moons, "label", "nan")
    rings = setup.set_value(CATALOG, RunSpec(data=Part("rings")), "data.n_rings", 5)
    assert not rows(rings)["label"].choices, "five rings have five classes, the catalog knows of three"


def test_a_class_goes_with_its_data_set() -> None:
    truck = setup.set_value(CATALOG, presets.load_one("cifar10-flow"), "label", "truck")
    assert setup.set_value(CATALOG, truck, "data.name", "fashion-mnist").label == ""
    digit = setup.set_value(CATALOG, presets.load_one("mnist-flow"), "label", "7")
    assert setup.by_name(setup.set_value(CATALOG, digit, "data.name", "fashion-mnist").label, "abcdefghij") == "h"
