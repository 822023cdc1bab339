"""The set-up form in the real window: what it shows for what is open, and what becomes of what is typed into it."""

from __future__ import annotations

import itertools
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QFileDialog, QLabel, QLineEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

import resources
from core import presets
from core import spec as specs
from core.spec import RunSpec
from tests.workbench.opened import lanes, opened
from workbench.app import App
from workbench.engine.commands import Progress
from workbench.model import setup
from workbench.widgets.cards.dialogs import Message
from workbench.widgets.setup.form_rows import RowWidget

AT_ONCE = ["n_steps", "batch_size", "learning_rate", "n_points"]
SELDOM = [
    "accumulation", "in_pairs", "warm_up", "weight_decay", "ema", "clip", "autocast", "compile", "n_snapshots",
    "n_validations", "keep_every",
]  # fmt: skip


@pytest.fixture
def app(qtbot: QtBot, qapp) -> Iterator[App]:
    with opened(qtbot) as app:
        yield app


def seen(app: App, section: str) -> list[str]:
    """The fields of a section that can be seen, from top to bottom."""
    rows = shown(app)
    return [name.partition(".")[2] for name, row in rows.items() if name.startswith(f"{section}.") and row.isVisible()]


def open_details(app: App, of: str) -> None:
    """Click the arrow of the section that keeps this row."""
    form = app.controller.panel.form
    (arrow,) = (
        b for b in form.findChildren(QToolButton) if b.accessibleName().startswith("More") and of in b.accessibleName()
    )
    QTest.mouseClick(arrow, Qt.MouseButton.LeftButton)


def type_into(app: App, field: str, text: str) -> None:
    line = shown(app)[field].findChild(QLineEdit)
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


def test_what_is_opened_shows_its_lanes_first_and_its_form_once(qtbot, app: App, monkeypatch) -> None:
    told: list[str] = []
    form, lanes_view = app.controller.panel.form, app.controller.lanes
    for each, name, word in ((form, "show_sections", "form"), (lanes_view, "set_scenes", "lanes")):
        call = getattr(each, name)
        monkeypatch.setattr(each, name, lambda *args, call=call, word=word: told.append(word) or call(*args))
    app.controller.desk.open_preset("eight-gaussians-reflow")
    assert told == [], "not while the click is answered"
    qtbot.waitUntil(lambda: "form" in told, timeout=5000)
    QTest.qWait(200)
    assert told.index("lanes") < told.index("form")
    assert told.count("form") == 1


def test_a_change_of_every_lane_makes_the_form_once(app: App, monkeypatch) -> None:
    made: list[RunSpec] = []
    sections = setup.sections
    monkeypatch.setattr(
        setup, "sections", lambda known, spec, *rest: (made.append(spec), sections(known, spec, *rest))[1]
    )
    app.controller.panel.form.changed.emit("data.name", "moons")
    assert {lane.spec.data.name for lane in lanes(app)} == {"moons"}
    assert made == [app.session.working_lane().spec]


def test_samples_of_other_data_are_named_for_them_and_make_room_for_a_training(qtbot, app: App, monkeypatch) -> None:
    numbers = itertools.count(1)
    monkeypatch.setattr(app.engine, "submit", lambda *_, **__: next(numbers))
    app.runs.ready = True
    scenes, view = app.controller.scenes, app.controller.lanes
    app.controller.panel.form.changed.emit("data.name", "moons")
    qtbot.waitUntil(lambda: scenes.shown[0].lane.subtitle.startswith("Swiss roll, "), timeout=2000)
    assert all(scene.lane.subtitle.startswith("Swiss roll, ") for scene in scenes.shown)
    app.controller.actions["run"].trigger()
    qtbot.waitUntil(lambda: scenes.shown == (None, None, None), timeout=2000)
    assert [panel._title.text() for panel in view._panels] == ["Training begins", "Training begins", "Real data"]
    assert all(panel.isVisible() for panel in view._panels)


def test_a_training_that_was_asked_for_is_seen_before_its_first_step(qtbot, app: App, monkeypatch) -> None:
    numbers = itertools.count(1)
    monkeypatch.setattr(app.engine, "submit", lambda *_, **__: next(numbers))  # the engine imports for a while
    app.runs.ready = True
    for field, value in (("data.name", "moons"), ("training.n_steps", 4000)):
        app.controller.panel.form.changed.emit(field, value)
    app.controller.actions["run"].trigger()
    panel = app.controller.panel.training
    assert panel.isVisible()
    assert [panel._done.text(), panel._total.text(), panel._left.text()] == [
        "0", "of 4,000 steps", "before the first step",
    ]  # fmt: skip
    assert app.window.status.engine.text() == "Training"
    app.engine.progress.emit(Progress(next(iter(app.runs._jobs)), 0, 4000, 0.0))  # before any event: these wait
    assert [panel._done.text(), panel._total.text()] == ["0", "of 4,000 steps"]


def shown(app: App) -> dict[str, RowWidget]:
    """The rows of the form once it has followed what was opened."""
    for _ in range(1000):
        QTest.qWait(5)
        if not app.controller._form_timer.asked and (rows := app.controller.panel.form.rows):
            return rows
    raise AssertionError("the form shows nothing")


def press(app: App, field: str, word: str) -> None:
    (button,) = (b for b in shown(app)[field].findChildren(QPushButton) if b.text() == word)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def copied(app: App, how: str) -> str:
    (action,) = (
        a
        for b in app.controller.panel.findChildren(QPushButton)
        if b.menu()
        for a in b.menu().actions()
        if a.text() == how
    )
    action.trigger()
    return QGuiApplication.clipboard().text()


def from_command(command: str) -> RunSpec:
    words = shlex.split(command)
    return presets.load_one(words[3], [word for before, word in itertools.pairwise(words) if before == "--set"])


def test_what_is_seldom_changed_of_a_training_is_folded_and_opens_below_its_title(app) -> None:
    assert seen(app, "training") == AT_ONCE
    open_details(app, of="EMA")
    assert sorted(seen(app, "training")) == sorted(AT_ONCE + SELDOM)
    open_details(app, of="Threads")
    rows = shown(app)
    assert rows["precision"].isVisible()
    assert rows["threads"].isVisible()
    for field in (*(f"training.{name}" for name in SELDOM), "precision", "threads"):
        title = rows[field].findChild(QLabel)
        assert title.sizeHint().width() <= title.width(), f"{title.text()} is cut off"
        assert title.toolTip()


def test_what_is_set_there_belongs_to_every_lane_and_is_copied(app) -> None:
    open_details(app, of="EMA")
    open_details(app, of="Threads")
    for field, text in (("weight_decay", "0.01"), ("ema", "0.99"), ("accumulation", "4"), ("keep_every", "1,000")):
        type_into(app, f"training.{field}", text)
    press(app, "training.autocast", "on")
    press(app, "precision", "float64")
    type_into(app, "threads", "2")
    for lane in lanes(app):
        told = lane.spec.training
        assert (told.weight_decay, told.ema, told.accumulation, told.keep_every) == (0.01, 0.99, 4, 1000)
        assert told.autocast
        assert (lane.spec.precision, lane.spec.threads) == ("float64", 2)
    spec = lanes(app)[0].spec
    assert specs.from_toml(copied(app, "Copy as TOML")) == spec
    again = from_command(copied(app, "Copy as command"))
    assert (again.training, again.precision, again.threads) == (spec.training, "float64", 2)


def test_a_value_beyond_its_limits_is_named_and_reset_brings_the_usual_ones_back(app) -> None:
    open_details(app, of="EMA")
    type_into(app, "training.ema", "1")
    row = shown(app)["training.ema"]
    assert row.problem == "EMA must be at least 0 and less than 1. Given 1."
    type_into(app, "training.ema", "0.5")
    type_into(app, "training.weight_decay", "0.2")
    assert row.problem == ""
    (reset,) = (b for b in app.controller.panel.findChildren(QToolButton) if b.accessibleName() == "Reset to defaults")
    QTest.mouseClick(reset, Qt.MouseButton.LeftButton)
    texts = [shown(app)[f"training.{n}"].findChild(QLineEdit).text() for n in ("ema", "weight_decay")]
    assert texts == ["0.998", "0"]


def test_undo_takes_back_what_was_typed_and_then_what_was_entered(qtbot, app) -> None:
    steps, field = lanes(app)[0].spec.sampler.params["n_steps"], line(app, "sampler.n_steps")
    qtbot.waitUntil(lambda: not app.controller.shell.undo._timer.isActive(), timeout=5000)  # what was opened is a step
    field.setFocus()
    type_into(app, "sampler.n_steps", "20")
    QTest.keyClicks(field, "7")
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (field.text(), lanes(app)[0].spec.sampler.params["n_steps"]) == ("20", 20)
    type_into(app, "sampler.n_steps", "20")
    qtbot.waitUntil(app.controller.actions["undo"].isEnabled, timeout=5000)
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (lanes(app)[0].spec.sampler.params["n_steps"], field.text()) == (steps, str(steps))
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert lanes(app)[0].spec.sampler.params["n_steps"] == 20


def test_a_setting_that_means_nothing_for_the_run_has_no_row(app) -> None:
    rows = shown(app)
    assert not {"training.label_dropout", "training.channels_last"} & set(rows)
    app.runs.change(lanes(app)[0].key, "data.name", "three-gaussians")
    assert "training.label_dropout" not in shown(app)
    press(app, "training.conditional", "on")
    assert "training.label_dropout" in shown(app)
    app.runs.change(lanes(app)[0].key, "schedule.name", "one-cycle")
    assert "training.warm_up" not in shown(app), "its warm-up is its own"
    app.controller.desk.open_preset("mnist-flow")
    assert {"training.label_dropout", "training.channels_last"} <= set(shown(app))


# --- files -----------------------------------------------------------------------------------------------------------


def choose(app: App, field: str, file: Path) -> QFileDialog:
    """Press the button beside a file's name, and take a file in the dialog."""
    (button,) = shown(app)[field].findChildren(QToolButton)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    (dialog,) = (each for each in app.window.findChildren(QFileDialog) if each.isVisible())
    dialog.fileSelected.emit(str(file))
    dialog.close()
    return dialog


def line(app: App, field: str) -> QLineEdit:
    return shown(app)[field].findChild(QLineEdit)


@pytest.mark.parametrize(
    ("preset", "title"), [("eight-gaussians-consistency", "Teacher"), ("eight-gaussians-reflow", "First flow")]
)
def test_weights_to_learn_from_are_chosen_beside_their_name(qtbot, app, tmp_path, preset, title) -> None:
    mine = Path(
        shutil.copy(resources.path("weights", "eight-gaussians-flow.safetensors"), tmp_path / "mine.safetensors")
    )
    app.controller.desk.open_preset(preset)
    rows = shown(app)
    qtbot.waitUntil(lambda: rows["objective.weights"].isVisible())
    assert rows["objective.weights"].findChild(QLabel).text() == title
    assert line(app, "objective.weights").text() == ""
    dialog = choose(app, "objective.weights", mine)
    assert dialog.nameFilters() == ["Weights (*.safetensors)"]
    lane = app.session.lanes[0]
    qtbot.waitUntil(lambda: lane.spec.objective.params.get("weights") == str(mine.resolve()), timeout=20_000)
    assert line(app, "objective.weights").text() == mine.name, "there is room for no more"
    assert line(app, "objective.weights").toolTip().startswith(str(mine.resolve()))
    line(app, "objective.weights").setFocus()
    assert line(app, "objective.weights").text() == str(mine.resolve()), "to be changed"
    app.window.setFocus()
    assert line(app, "objective.weights").text() == mine.name
    assert from_command(copied(app, "Copy as command")).objective == lane.spec.objective
    assert app.controller.panel.run.text() == "Train"

    type_into(app, "objective.weights", "teacher.pt")
    assert rows["objective.weights"].problem == f"{title} must be a .safetensors file. Given 'teacher.pt'."
    type_into(app, "objective.weights", " ")
    assert lane.spec.objective.params["weights"] == ""


def test_weights_that_are_none_leave_the_row_as_it_was(qtbot, app, tmp_path) -> None:
    app.controller.desk.open_preset("eight-gaussians-consistency")
    before = app.session.lanes[0].spec
    (tmp_path / "wrong.safetensors").write_text("no weights")
    choose(app, "objective.weights", tmp_path / "wrong.safetensors")
    qtbot.waitUntil(lambda: bool(app.window.findChildren(Message)), timeout=20_000)
    (card,) = app.window.findChildren(Message)
    assert any("wrong.safetensors is not a readable checkpoint" in text.text() for text in card.findChildren(QLabel))
    assert app.session.lanes[0].spec == before
    assert line(app, "objective.weights").text() == ""
    card.done.emit("Close")


def test_points_of_a_file_are_chosen_in_the_form_too(app, tmp_path) -> None:
    (tmp_path / "mine.csv").write_text("x,y\n" + "\n".join(f"{i % 7},{i % 5}" for i in range(60)))
    app.runs.change(lanes(app)[0].key, "data.name", "points")
    dialog = choose(app, "data.file", tmp_path / "mine.csv")
    assert dialog.nameFilters() == ["Points (*.csv *.npy)"]
    assert [lane.spec.data.params["file"] for lane in lanes(app)] == [str(tmp_path / "mine.csv")] * 2
    assert line(app, "data.file").text() == "mine.csv"
