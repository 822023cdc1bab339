"""How large a network is: counted by the engine for the very spec, and said beside the section of the form."""

from __future__ import annotations

import msgspec
import pytest
from PyQt6.QtWidgets import QLabel

from core import catalog, presets
from core.learned import build_network
from core.networks import count_parameters
from core.setup import resolve
from core.spec import Part, RunSpec
from core.trace.build import collect
from tests.workbench.opened import lanes, opened, start_engine
from trainers.jobs import start
from workbench.model.facts import size_of, size_question

CATALOG = catalog.shipped()


def asked(preset: str, **network: object) -> RunSpec | None:
    spec = presets.load_one(preset)
    return size_question(CATALOG, spec.replace(network=spec.network.with_params(**network)))


@pytest.mark.parametrize("preset", ["swiss-roll-flow", "eight-gaussians-mean-flow", "eight-gaussians-consistency"])
def test_the_size_is_what_a_training_says_of_itself(preset: str) -> None:
    question = asked(preset, width=40)
    trained = presets.load_one(preset).replace(action="train", network=question.network)
    assert collect(start(question)).meta["parameters"] == next(start(trained)).meta["parameters"]


@pytest.mark.parametrize(
    ("preset", "network", "conditional"),
    [("mnist-flow", {"base": 24}, True), ("mnist-flow", {}, False), ("mnist-mean-flow", {}, True)],
)
def test_of_images_classes_and_a_second_time_are_counted(preset: str, network: dict, conditional: bool) -> None:
    """No data are needed for it."""
    spec = presets.load_one(preset)
    spec = spec.replace(network=spec.network.with_params(**network))
    spec = spec.replace(training=msgspec.structs.replace(spec.training, conditional=conditional))
    made = build_network(spec, (1, 28, 28), 10 if conditional else 0)
    assert int(collect(start(size_question(CATALOG, spec))).meta["parameters"]) == count_parameters(made)


@pytest.mark.parametrize("preset", presets.names())
def test_where_nobody_is_asked_the_catalog_says_what_would_be_counted(preset: str) -> None:
    for spec in presets.load(preset):
        if size_question(CATALOG, spec) is None and spec.field.name == "network":
            setup = resolve(spec)
            n = count_parameters(build_network(spec, setup.shape, setup.n_told))
            said = f"{n / 1e6:.2f} M · " if len(setup.shape) > 1 else f"{n:,} parameters"
            assert size_of(CATALOG, spec).startswith(said)


def test_the_form_says_the_size_of_the_network_as_it_is_turned(qtbot) -> None:
    with opened(qtbot) as app:
        facts = lambda: [each.text() for each in app.controller.panel.findChildren(QLabel)]  # noqa: E731
        qtbot.waitUntil(lambda: "68,134 parameters" in facts(), timeout=10_000)
        start_engine(qtbot, app)
        spec = lanes(app)[0].spec
        app.controller.panel.form.changed.emit("network.width", 64)
        turned = spec.replace(network=Part("mlp", {"width": 64}))
        setup = resolve(turned)
        n = count_parameters(build_network(turned, setup.shape, setup.n_told))
        qtbot.waitUntil(lambda: f"{n:,} parameters" in facts(), timeout=30_000)
        assert "68,134 parameters" not in facts()
