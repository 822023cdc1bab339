"""The start page in the real window: cards, recent runs, and files dropped on the window."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QFontMetrics, QFontMetricsF
from PyQt6.QtWidgets import QApplication, QFileDialog, QLabel, QWidget

import resources
from core import presets
from core.trace import open_trace, save
from workbench.app import App
from workbench.model import kinds
from workbench.model.cards import CARDS
from workbench.model.recents import size_words
from workbench.pages.card import HELP_LINES, lines
from workbench.painters import fonts
from workbench.widgets.cards.dialogs import Message
from workbench.widgets.cards.drop_veil import DropVeil

PROJECTS = (
    "CristianLazoQuispe/MNIST-diff-flow-matching",
    "harshm121/Diffusion-v-FlowMatching",
    "EliasSf73/Diffusion-and-Flow-Models-implementations",
    "jorgesarrato/MNIST_Diffusion",
    "AgarwalUmang/aml_flow_matching_project",
)


@pytest.fixture
def app(qtbot, qapp):
    made = App([], start_page=True)
    qtbot.addWidget(made.window)
    made.window.resize(1440, 900)
    made.window.show()
    made.window.activateWindow()
    qtbot.waitUntil(made.window.isActiveWindow, timeout=5000)
    yield made
    made.playhead.pause()
    made.engine.shutdown()
    made.window.close()


def card(app: App, name: str):
    return next(card for card in app.controller.desk.start.grid.cards if card.spec.preset == name)


NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


def dragged(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drop(app: App, *paths: Path, keys: Qt.KeyboardModifier = NONE) -> None:
    data, left, copy = dragged(*paths), Qt.MouseButton.LeftButton, Qt.DropAction.CopyAction
    QApplication.sendEvent(app.window, QDragEnterEvent(QPoint(600, 400), copy, data, left, keys))
    event = QDropEvent(QPointF(600, 400), copy, data, left, keys)
    QApplication.sendEvent(app.window, event)
    assert event.isAccepted()


def test_the_first_card_opens_the_recorded_runs_without_an_engine(qtbot, app) -> None:
    assert app.window.place == "library"
    qtbot.mouseClick(card(app, CARDS[0]), Qt.MouseButton.LeftButton)
    assert app.window.place == "lanes"
    qtbot.waitUntil(lambda: len(app.controller.scenes.shown) == 3 and app.playhead.t > 0.01, timeout=5000)
    assert [scene.lane.method for scene in app.controller.scenes.shown] == ["diffusion", "flow", "real"]
    assert app.window.top.title.text() == "Diffusion beside flow matching"
    assert app.engine.pid is None


def test_each_project_has_a_card_that_names_it_in_full(qtbot, app) -> None:
    for project in PROJECTS:
        assert any(project in presets.describe(name).help for name in CARDS), project
    small = QFontMetrics(fonts.ui(12))
    for each in app.controller.desk.start.grid.cards:
        needed = small.boundingRect(0, 0, each.width() - 24, 400, Qt.TextFlag.TextWordWrap, each.spec.help)
        assert needed.height() <= HELP_LINES * small.lineSpacing(), each.spec.help


@pytest.mark.parametrize("width", [60.0, 120.0, 226.0, 400.0, 2000.0])
def test_what_a_narrow_card_says_ends_in_dots_and_not_within_a_line(qapp, width: float) -> None:
    small = QFontMetricsF(fonts.ui(12))
    said = "Flow matching in 50 steps beside MeanFlow, a consistency model and a shortcut model in one"
    shown = lines(said, small, width, HELP_LINES)
    assert len(shown) <= HELP_LINES
    assert max(small.horizontalAdvance(line) for line in shown[1:] or shown) <= width
    whole = " ".join(shown)
    assert whole == said or (whole.endswith("…") and said.startswith(whole[:-1]))


def test_two_rows_of_cards_and_the_titles_above_them_are_seen_whole_and_on_one_line(qtbot, app) -> None:
    start = app.controller.desk.start
    whole = start.viewport().rect()
    seen = [each for each in start.grid.cards if each.visibleRegion().boundingRect() == each.rect()]
    assert len(seen) == 6
    assert all(whole.contains(each.mapTo(start.viewport(), each.rect().bottomRight())) for each in seen)

    def top(widget: QWidget) -> int:
        return widget.mapTo(start, QPoint(0, 0)).y()

    titles = [each for each in start.findChildren(QLabel) if each.text() in ("Presets", "Recent runs")]
    assert [each.text() for each in titles] == ["Presets", "Recent runs"]
    assert top(titles[0]) == top(titles[1])
    assert top(start.grid) == top(start.recents)


def test_the_search_stands_in_the_middle_and_the_panel_is_off_where_there_is_none(qtbot, app) -> None:
    window, search = app.window, app.window.top.search
    for width in (1000, 1440):
        window.resize(width, 900)
        qtbot.waitUntil(lambda w=width: window.top.width() == w)
        # the margins at the ends differ by a pixel or two
        qtbot.waitUntil(lambda w=width: abs(search.mapTo(window, search.rect().center()).x() - w // 2) <= 6)
    panel = app.controller.actions["panel"]
    assert not panel.isChecked()
    assert not panel.isEnabled()
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert window.place == "lanes"
    assert panel.isChecked()
    assert panel.isEnabled()


def test_every_card_has_a_picture_and_moves_under_the_pointer(qtbot, app) -> None:
    cards = app.controller.desk.start.grid.cards
    qtbot.waitUntil(lambda: all(each.ready for each in cards), timeout=20_000)
    for each in cards:
        assert each._films, each.spec.preset
    mine = card(app, "one-step")
    mine.setFocus()
    assert mine.moving
    mine.t = 0.0
    first = mine.grab().toImage()
    mine.t = 0.9
    assert mine.grab().toImage() != first
    app.controller.desk.start.hero.open.setFocus()
    qtbot.waitUntil(lambda: not mine.moving)


def test_the_line_of_the_hero_is_dragged_and_moved_by_keys(qtbot, app) -> None:
    canvas = app.controller.desk.start.hero.canvas
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(canvas.x_of(0.3)), 50))
    assert canvas.t == pytest.approx(0.3, abs=0.01)
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_End)
    assert (canvas.t, app.playhead.t) == (1.0, 0.0)
    flow, clusters = canvas._routes[1].lines[-1], np.array([1.5, -0.1, -1.35])
    assert np.abs(flow[:, None] - clusters).min(axis=1).mean() < 0.15
    np.testing.assert_allclose(canvas._routes[0].lines[0], canvas._routes[1].lines[0], atol=0.02)


def test_a_preset_without_records_says_what_it_waits_for(qtbot, app) -> None:
    app.controller.desk.open_preset("three-gaussians")
    qtbot.waitUntil(lambda: len(app.controller.scenes.shown) == 3)
    assert app.controller._message_for(app.session.lanes[0]).title == "Not trained yet"
    app.controller.desk.open_preset("moons-to-eight")
    qtbot.waitUntil(lambda: len(app.controller.scenes.shown) == 2)
    assert app.controller._message_for(app.session.lanes[0]).title == "Waiting for the engine"


def test_a_dropped_trace_opens_and_is_remembered_and_greyed_when_it_is_gone(qtbot, app, tmp_path) -> None:
    shipped = open_trace(resources.path("traces", "swiss-roll-flow.h5"))
    save(shipped, tmp_path / "mine.h5")
    size = f"{(tmp_path / 'mine.h5').stat().st_size / 1e6:.1f} MB"
    drop(app, tmp_path / "mine.h5")
    qtbot.waitUntil(lambda: app.window.place == "lanes", timeout=20_000)  # once the file has been walked
    np.testing.assert_array_equal(app.session.lanes[0].trace["x"][-1], shipped["x"][-1])
    app.controller.actions["library"].trigger()
    (row,) = app.controller.desk.start.recents.rows
    assert (row.text(), row.right) == ("Swiss roll, flow matching", size)
    (tmp_path / "mine.h5").rename(tmp_path / "moved.h5")
    app.controller.actions["library"].trigger()
    (row,) = app.controller.desk.start.recents.rows
    assert row.right == "Find it…"
    app.controller.desk.recents.moved(row.recent.path, tmp_path / "moved.h5")
    app.controller.actions["library"].trigger()
    assert app.controller.desk.start.recents.rows[0].right == size


def test_a_file_that_is_asked_for_leaves_no_dialog_behind(qtbot, app, tmp_path) -> None:
    app.controller.desk.find(str(tmp_path / "gone.h5"))
    (dialog,) = app.window.findChildren(QFileDialog)
    dialog.reject()
    qtbot.waitUntil(lambda: not app.window.findChildren(QFileDialog), timeout=5000)


def test_a_file_of_no_known_kind_is_told_what_the_window_opens(app, tmp_path) -> None:
    app.controller.desk.open_files([tmp_path / "notes.txt"])
    (card,) = app.window.findChildren(Message)
    assert kinds.words() in " ".join(each.text() for each in card.findChildren(QLabel))
    card.done.emit("Close")


def test_a_dropped_spec_becomes_lanes_and_a_wrong_one_a_message(qtbot, app, tmp_path) -> None:
    (tmp_path / "mine.toml").write_text('title = "Mine"\nfield = "exact"\n[sampler]\nname = "heun"\nn_steps = 7\n')
    drop(app, tmp_path / "mine.toml")
    assert (app.session.title, app.session.lanes[0].spec.sampler.params["n_steps"]) == ("Mine", 7)
    for given, title in (('title = "Both"\n', "Both"), ("", "several")):
        (tmp_path / "several.toml").write_text(f'{given}lanes = ["mine.toml", "moons-to-eight"]\n')
        app.controller.actions["library"].trigger()  # from there it is opened in the place of what is open
        drop(app, tmp_path / "several.toml")
        assert (app.session.title, len(app.session.lanes)) == (title, 3)
    (tmp_path / "wrong.toml").write_text('[sampler]\nname = "hean"\n')
    drop(app, tmp_path / "wrong.toml")
    (card,) = app.window.findChildren(Message)
    assert app.session.title == "several"
    card.done.emit("Close")


def test_a_file_dragged_over_lanes_says_what_it_would_do_and_does_it(qtbot, app, tmp_path) -> None:
    save(open_trace(resources.path("traces", "swiss-roll-flow.h5")), tmp_path / "mine.h5")
    app.controller.desk.open_preset("swiss-roll")
    qtbot.waitUntil(lambda: len(app.controller.scenes.shown) == 3, timeout=20_000)
    (veil,) = app.window.findChildren(DropVeil)
    data, place, left = dragged(tmp_path / "mine.h5"), QPoint(600, 400), Qt.MouseButton.LeftButton
    copy = Qt.DropAction.CopyAction

    QApplication.sendEvent(app.window, QDragEnterEvent(place, copy, data, left, NONE))
    assert veil.isVisible()
    assert veil.words == ("Open as a new lane", "Hold Ctrl to replace what is open")
    plain = veil.grab().toImage()
    QApplication.sendEvent(app.window, QDragMoveEvent(place, copy, data, left, CTRL))
    assert veil.words[0] == "Replace what is open"
    assert veil.grab().toImage() != plain, "and it is read"
    QApplication.sendEvent(app.window, QDragMoveEvent(place, copy, data, left, NONE))
    assert veil.words[0] == "Open as a new lane"

    first = app.session.lanes[0].trace
    drop(app, tmp_path / "mine.h5")
    assert not veil.isVisible()
    qtbot.waitUntil(lambda: len(app.controller.scenes.shown) == 4, timeout=20_000)
    assert app.session.lanes[0].trace is first, "what was there stays"
    assert app.controller.scenes.shown[3].lane.title == "Flow matching"
    assert app.session.lanes[3].trace.source == tmp_path / "mine.h5"

    QApplication.sendEvent(app.window, QDragEnterEvent(place, copy, data, left, NONE))
    assert veil.words == ("Replace what is open", "Four lanes are the most")
    QApplication.sendEvent(app.window, QDragLeaveEvent())
    assert not veil.isVisible()
    drop(app, tmp_path / "mine.h5", keys=CTRL)
    qtbot.waitUntil(lambda: len(app.controller.scenes.shown) == 2, timeout=20_000)
    assert [lane.real for lane in app.session.lanes] == [False, True]


def test_dropped_points_are_the_data_of_every_lane(qtbot, app, tmp_path) -> None:
    (tmp_path / "mine.csv").write_text("x,y\n" + "\n".join(f"{i % 7},{i % 5}" for i in range(60)))
    drop(app, tmp_path / "mine.csv")
    specs = [lane.spec for lane in app.session.lanes if lane.spec]
    assert [spec.data.name for spec in specs] == ["points", "points"]
    with qtbot.waitSignal(app.engine.hello, timeout=60_000):
        app.engine.start()
    lane = app.session.lanes[0]
    qtbot.waitUntil(lambda: lane.trace is not None and lane.trace.spec.data.name == "points", timeout=20_000)
    qtbot.waitUntil(lambda: len(lane.trace["x"]) > 3, timeout=20_000)
    assert lane.trace["x"].static["data"].std() == pytest.approx(2.0, abs=0.4)
    qtbot.waitUntil(lambda: app.window.toast.text.startswith("mine.csv is the data set"), timeout=20_000)


def test_points_that_are_none_leave_the_lanes_their_data(qtbot, app, tmp_path) -> None:
    qtbot.mouseClick(card(app, CARDS[0]), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(app.engine.hello, timeout=60_000):
        app.engine.start()
    before, title = [lane.spec for lane in app.session.lanes], app.session.title
    (tmp_path / "holes.csv").write_text("x,y\n0,0\n1,nan\n2,1\n")
    drop(app, tmp_path / "holes.csv")
    qtbot.waitUntil(lambda: bool(app.window.findChildren(Message)), timeout=20_000)
    told = " ".join(words.text() for words in app.window.findChildren(Message)[0].findChildren(QLabel))
    assert not app.window.toast.isVisible(), "nothing says that it is the data set"
    assert "holes.csv holds a number that is not finite (point 2)" in told
    assert [lane.spec for lane in app.session.lanes] == before
    assert app.session.title == title
    qtbot.waitUntil(lambda: not app.runs.sampling, timeout=20_000)
    assert [lane.failure for lane in app.session.lanes if lane.spec] == ["", ""]
    app.controller.panel.form.changed.emit("sampler.n_steps", 7)  # what fails later is not taken for the file
    qtbot.waitUntil(lambda: len(app.session.lanes[0].trace["x"]) == 8, timeout=20_000)


WRONG = {"broken.safetensors": "weights", "broken.toml": "TOML", "broken.h5": "HDF5"}


@pytest.mark.parametrize("name", ["mine.safetensors", "mine.toml", "mine.csv", "mine.npy", *WRONG])
def test_a_file_named_at_the_start_is_open_in_the_window(name: str, qtbot, qapp, tmp_path) -> None:
    """As Ctrl+O opens it; what is none is told in a line, over the runs that ship."""
    file = tmp_path / name
    match file.suffix, name in WRONG:
        case _, True:
            file.write_bytes(b"\xff nothing of the kind")
        case ".safetensors", _:
            shutil.copy(resources.path("weights", "swiss-roll-flow.safetensors"), file)
        case ".toml", _:
            shutil.copy(resources.path("presets", "moons-to-eight.toml"), file)
        case ".csv", _:
            file.write_text("x,y\n" + "\n".join(f"{i % 7},{i % 5}" for i in range(60)))
        case _:
            np.save(file, np.random.default_rng(0).normal(size=(60, 2)))
    app = App([file])
    qtbot.addWidget(app.window)
    specs = [lane.spec for lane in app.session.lanes if lane.spec is not None]
    told = [label.text() for card in app.window.findChildren(Message) for label in card.findChildren(QLabel)]
    if name in WRONG:
        assert any(name in line or WRONG[name] in line for line in told)
        assert len(specs) == 2  # the runs that ship
    else:
        assert not told
        read = {spec.field.params.get("weights", spec.data.params.get("file", "")) for spec in specs}
        assert str(file) in read or [spec.data.name for spec in specs] == ["eight-gaussians"]
    app.engine.shutdown()
    app.window.close()


@pytest.mark.parametrize(
    ("n_bytes", "said"),
    [
        (0, "0 kB"), (1, "1 kB"), (8_200, "8 kB"), (840_000, "0.8 MB"), (11_240_000, "11.2 MB"),
        (99_949_000, "99.9 MB"), (99_960_000, "100 MB"), (500_000_000, "500 MB"), (999_600_000, "1 GB"),
        (2_000_000_000, "2 GB"), (12_340_000_000, "12.3 GB"),
    ],
)  # fmt: skip
def test_a_size_is_said_in_one_way_everywhere(n_bytes: int, said: str) -> None:
    assert size_words(n_bytes) == said
