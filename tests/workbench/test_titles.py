"""What the window says of fields has the form's titles, never the dotted names of files and the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from core import catalog, presets
from core.spec import Part, RunSpec
from tests.workbench.opened import lanes, opened, start_engine
from workbench.app import App
from workbench.model.setup import sections
from workbench.model.titles import in_titles, titles
from workbench.widgets.cards.dialogs import Message

CATALOG = catalog.shipped()
RUNS = [name for name in presets.names() if len(presets.describe(name).lanes) == 1]
WAIT = 100_000


@pytest.fixture
def app(qtbot: QtBot) -> Iterator[App]:
    with opened(qtbot) as app:
        start_engine(qtbot, app)
        yield app


@pytest.mark.parametrize("name", RUNS)
def test_every_field_is_called_what_the_form_calls_it(name: str) -> None:
    spec = presets.load_one(name)
    known = titles(CATALOG, spec)
    for section in sections(CATALOG, spec, ["cpu"]):
        for row in section.rows:
            assert known[row.field] == row.title


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("training.batch_size: 15 samples cannot be shared.", "Batch: 15 samples cannot be shared."),
        ("training.batch_size: Batch must be 1 to 9. Given 0.", "Batch must be 1 to 9. Given 0."),
        ("label: It has none, or set training.conditional = true.", "Class: It has none, or turn “Class labels” on."),
        ("Set field.retime = false.", "Turn “Other path” off."),
        ("Lower training.learning_rate, or set training.clip.", "Lower “Learning rate”, or set “Gradient clip”."),
        ("coupling: It has coupling.n_pairs = 4096.", "Paired: It has “Pairs” = 4096."),
        ("Set sampler.eta = 0.", "Set “Noise added η” to 0."),
    ],
)  # fmt: skip
def test_dotted_names_become_titles_wherever_they_stand(message: str, said: str) -> None:
    spec = RunSpec(coupling=Part("exact-ot"), field=Part("network"), sampler=Part("ddim"))
    assert in_titles(CATALOG, spec, message) == said


@pytest.mark.parametrize(
    "message",
    [
        "There is no file /runs/training.clip/field.weights. Put it back.",
        "~/training.clip cannot be read: field.weights.txt is a folder.",
        "The engine met a bug: ValueError: data: no such thing",
        "There is no sampler.nothing, nor coupling.n_pairs here.",
        "",
    ],
)
def test_files_and_what_the_run_has_not_keep_their_names(message: str) -> None:
    assert in_titles(CATALOG, RunSpec(), message) == message


def test_a_part_of_a_plug_in_that_is_not_here_keeps_its_names() -> None:
    assert in_titles(CATALOG, RunSpec(sampler=Part("gone")), "sampler.n_steps: Fewer.") == "sampler.n_steps: Fewer."


@pytest.mark.timeout(600)
def test_a_run_that_cannot_be_made_says_titles_in_its_lane(qtbot: QtBot, app: App) -> None:
    flow = next(lane for lane in lanes(app) if lane.spec is not None and lane.spec.objective.name == "flow-matching")
    app.runs.change(flow.key, "coupling.name", "exact-ot")
    app.runs.change(flow.key, "training.n_points", 100)
    app.controller.run()
    qtbot.waitUntil(lambda: bool(flow.failure), timeout=WAIT)
    assert flow.failure.startswith("Points: ")
    assert "“Pairs” = " in flow.failure
    assert flow.failure.endswith("Set “Points” to 0.")
    assert not re.search(r"[a-z]+\.[a-z_]+", flow.failure)


@pytest.mark.timeout(600)
def test_a_file_that_is_no_data_is_told_of_without_a_field(qtbot: QtBot, app: App, tmp_path: Path) -> None:
    """The message's own title says of what it is."""
    file = tmp_path / "numbers.csv"
    file.write_text("x,y\n1,a\n")
    app.controller.desk.open_files([file])
    qtbot.waitUntil(lambda: bool(app.window.findChildren(Message)), timeout=WAIT)
    (card,) = app.window.findChildren(Message)
    said = " ".join(label.text() for label in card.findChildren(QLabel))
    assert f"{file.name} " in said
    assert "File: " not in said
    assert "data.file" not in said
