"""Settings, what is kept between two starts, and the log, in the real window."""

from __future__ import annotations

import json
import sys

import numpy as np
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QColor, QGuiApplication
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QLabel, QPushButton, QWidget

from tests.workbench.trained import training_file
from workbench import log
from workbench.app import App
from workbench.commands import window as command
from workbench.model.settings import SCALES, Store
from workbench.painters.stage import Camera


def settings(app: App):
    app.controller.actions["settings"].trigger()
    return app.controller.shell.page


def press(qtbot, segments, value: str) -> None:
    qtbot.mouseClick(segments._buttons[value], Qt.MouseButton.LeftButton)


def test_the_theme_is_chosen_kept_and_the_systems_where_one_says_so(qtbot, started) -> None:
    app = started()
    press(qtbot, settings(app).theme, "light")
    qtbot.waitUntil(lambda: app.window.theme.name == "light", timeout=5000)
    assert app.window.grab().toImage().pixelColor(5, app.window.height() - 5).lightness() > 200
    assert Store().now.theme == "light"
    press(qtbot, settings(app).theme, "system")
    light = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light
    wanted = "light" if light else "dark"
    qtbot.waitUntil(lambda: app.window.theme.name == wanted, timeout=5000)
    app.controller.actions["theme"].trigger()
    qtbot.waitUntil(lambda: Store().now.theme == app.window.theme.name != wanted, timeout=5000)
    assert settings(app).theme.value() == app.window.theme.name
    app.controller.actions["theme"].trigger()  # seen by the page that is open
    qtbot.waitUntil(lambda: app.controller.shell.page.theme.value() == wanted, timeout=5000)


def test_type_grows_and_nothing_is_cut(qtbot, started) -> None:
    app = started()
    page = settings(app)
    before = page.problem.fontInfo().pixelSize()
    press(qtbot, page.scale, "1.25")
    qtbot.waitUntil(lambda: page.problem.fontInfo().pixelSize() == round(12 * 1.25))
    assert before == 12
    app.controller.actions["lanes"].trigger()
    for place in app.window.findChildren(QLabel):
        if place.isVisible() and place.text() and not place.wordWrap() and place.textFormat() != Qt.TextFormat.RichText:
            assert place.height() >= place.fontMetrics().height() - 1, place.text()
    assert app.window.rail.width() == round(56 * 1.25)


def test_the_page_takes_a_theme_in_small_parts_and_leaves_none_out(qtbot, started) -> None:
    app = started()
    page = settings(app)
    sheet, other = app.window.sheet, "dark" if app.window.theme.name == "light" else "light"
    app.session.view.theme = other
    qtbot.waitUntil(lambda: app.window.theme.name == other and not sheet._turns._calls, timeout=5000)
    worn = [each for each in (page, *page.findChildren(QWidget)) if each.styleSheet() == sheet.text]
    assert max(len(each.findChildren(QWidget)) for each in worn) < 40, "each is styled in a turn of its own"
    inside = {below for each in worn for below in (each, *each.findChildren(QWidget))}
    assert {each for kind in (QLabel, QPushButton) for each in page.findChildren(kind)} <= inside
    theme, seen = app.window.theme, page.grab().toImage()
    assert seen.pixelColor(1, 1) == QColor(theme.win)
    on_card = page.theme.mapTo(page, QPoint(-4, 4))
    assert seen.pixelColor(on_card) == QColor(theme.panel)
    assert all(each.palette().windowText().color() == QColor(theme.t2) for each in page.findChildren(QLabel, "t2"))


def test_names_and_keys_stand_below_each_other_in_large_type(qtbot, started) -> None:
    app = started()
    page = settings(app)
    press(qtbot, page.scale, str(max(SCALES)))
    qtbot.waitUntil(lambda: page.problem.fontInfo().pixelSize() == round(12 * max(SCALES)))
    qtbot.waitUntil(lambda: not app.window.sheet._turns._calls)
    QTest.qWait(50)
    assert len({each.mapTo(page, QPoint()).x() for each in (*page.keys.values(), page.theme)}) == 1


def test_a_shortcut_is_given_by_pressing_it_and_refused_where_taken(qtbot, started) -> None:
    app = started()
    page = settings(app)
    mine = page.keys["real"]
    qtbot.mouseClick(mine, Qt.MouseButton.LeftButton)
    QTest.keyClick(mine, Qt.Key.Key_T)
    assert "belongs to “Trails”" in page.problem.text()
    assert mine.text() == "R"
    qtbot.mouseClick(mine, Qt.MouseButton.LeftButton)
    QTest.keyClick(mine, Qt.Key.Key_Y, Qt.KeyboardModifier.AltModifier)
    assert mine.text() == "Alt+Y"
    assert Store().now.keys == {"real": ["Alt+Y"]}
    app.session.view.linked = False
    app.controller.actions["reset"].trigger()
    assert (mine.text(), app.session.view.linked) == ("R", True)
    qtbot.mouseClick(app.window.toast._button, Qt.MouseButton.LeftButton)
    assert (mine.text(), app.session.view.linked) == ("Alt+Y", False)


# --- kept and reset --------------------------------------------------------------------------------------------------


def test_layout_and_lanes_come_back_and_reset_forgets_them(qtbot, started, monkeypatch) -> None:
    first = started(resume=True)
    QTest.keyClick(first.window, Qt.Key.Key_T)
    first.controller.actions["panel"].trigger()
    first.session.remove(first.session.lanes[0].key)
    first.session.set_title("Mine")
    shown = first.session.lanes[0].trace.spec
    first.window.close()
    again = started(resume=True)
    assert "trails" not in again.session.view.overlays
    assert not again.window.panel.isVisible()
    assert (again.session.title, again.session.lanes[0].trace.spec) == ("Mine", shown)
    assert len(again.session.lanes) == 2
    again.window.close()
    monkeypatch.setattr("workbench.app.run", lambda traces: 0)
    assert command.run([], reset=True) == 0
    fresh = started(resume=True)
    assert "trails" in fresh.session.view.overlays
    assert fresh.window.panel.isVisible()
    assert len(fresh.session.lanes) == 3


def test_a_lane_that_waits_for_its_training_waits_for_it_the_next_time(started) -> None:
    first = started(resume=True)
    first.runs.change(first.session.lanes[0].key, "data.name", "moons")
    first.window.close()
    again = started(resume=True)
    waiting = again.session.lanes[0]
    assert waiting.spec.data.name == "moons"
    assert again.runs.needs_training(waiting)


def test_samples_that_do_not_answer_a_set_up_are_made_anew_the_next_time(started) -> None:
    """A knob was turned a moment before the end, or while there was no engine."""
    first = started(resume=True)
    lane = first.session.lanes[0]
    steps = len(lane.trace["x"]) - 1
    first.runs.change(lane.key, "sampler.n_steps", steps // 4)
    first.window.close()
    second = started(resume=True)
    turned, other = (each for each in second.session.lanes if not each.real)
    assert turned.spec.sampler.params["n_steps"] == steps // 4
    assert second.runs._waiting == {turned.key}, "it waits for the engine, and the other lane needs none"
    assert other.trace is not None


def titles(app: App) -> list[str]:
    """What the headers say, from left to right."""
    return [header.accessibleName().partition(",")[0] for header in app.controller.lanes._headers if header.isVisible()]


def settle(qtbot, app: App) -> None:
    qtbot.wait(70)
    qtbot.waitUntil(lambda: len(app.controller.scenes.shown) == len(app.session.lanes))


def test_lanes_of_every_kind_come_back_as_they_were(qtbot, started) -> None:
    first = started(resume=True)
    control, (diffusion, flow, real) = first.controller.lane_control, first.session.lanes
    first.session.remove(real.key)
    control.add_aspect("error", flow.key)
    control.add_aspect("exact", diffusion.key)
    first.session.move(first.session.lanes[1].key, -1)  # an aspect may stand before its lane
    flow.name, flow.overlays = "Mine", frozenset({"real"})
    first.session.touch(flow.key)
    settle(qtbot, first)
    before = titles(first)
    assert before == ["Exact field", "Diffusion", "Mine", "Error map"]
    first.window.close()
    again = started(resume=True)
    settle(qtbot, again)
    assert titles(again) == before
    exact, diffusion, flow, error = again.session.lanes
    assert (exact.of, error.of) == (diffusion.key, flow.key)
    assert [lane.overlays for lane in again.session.lanes] == [None, None, frozenset({"real"}), None]
    assert {mark.overlay for mark in again.controller.scenes.shown[2].shown} == {"real"}
    again.session.remove(error.key)
    again.session.add(None)
    again.window.close()
    empty = started(resume=True)
    settle(qtbot, empty)
    assert empty.controller.lanes._panels[3].isVisible(), "an empty lane still asks what it is to show"
    assert empty.session.lanes[0].aspect == "exact"


def test_a_training_that_was_opened_is_there_again_with_its_slider(qtbot, started, tmp_path) -> None:
    first = started(resume=True)
    first.controller.desk.open_traces([training_file(tmp_path)])
    settle(qtbot, first)
    said = first.controller.scenes.shown[0].lane.subtitle
    assert "at step 150" in said
    first.window.close()
    again = started(resume=True)
    settle(qtbot, again)
    assert again.controller.scenes.shown[0].lane.subtitle == said
    assert again.controller.transport.snapshots.isVisible()
    assert not again.controller.lanes._panels[0].isVisible()
    again.playhead.snapshots.move(-1)
    step = int(again.playhead.snapshots.step)
    assert step < 150
    qtbot.waitUntil(lambda: f"at step {step}" in again.controller.scenes.shown[0].lane.subtitle, timeout=5000)
    again.window.close()
    (tmp_path / "train.h5").unlink()
    gone = started(resume=True)
    settle(qtbot, gone)
    assert gone.controller.lanes._panels[0].isVisible(), "it says that it is not trained"


def test_a_training_of_the_last_time_is_there_again_beside_what_was_sampled_by_it(qtbot, started, tmp_path) -> None:
    first = started(resume=True)
    with qtbot.waitSignal(first.engine.hello, timeout=60_000):
        first.engine.start()
    first.controller.desk.open_traces([training_file(tmp_path)])
    lane = first.session.lanes[0]
    first.controller.actions["run"].trigger()
    qtbot.waitUntil(lambda: lane.key in first.runs.files and not first.runs.training, timeout=60_000)
    qtbot.waitUntil(lambda: len(first.playhead.snapshots.steps) == len(lane.training["snapshot/x"]) > 1, timeout=10_000)
    steps, shown = list(first.playhead.snapshots.steps), lane.trace["x"][:]
    first.window.close()
    again = started(resume=True)
    settle(qtbot, again)
    lane = again.session.lanes[0]
    np.testing.assert_array_equal(lane.trace["x"][:], shown)
    assert not again.runs.needs_training(lane)
    assert list(again.playhead.snapshots.steps) == steps


def test_how_time_is_read_and_played_comes_back_and_reset_forgets_it(qtbot, started) -> None:
    first = started(resume=True)
    head = first.playhead
    head.set_axis("sigma")
    head.set_mode("ping-pong")
    head.set_span(0.25, 0.75)
    head.set_speed(2.0)
    head.set_keep_time(False)
    first.window.close()
    again = started(resume=True)
    bar, head = again.controller.transport, again.playhead
    assert (bar.loop.words, bar.speed.words, bar.axis_chip.words) == ("Ping-pong", "2×", "σ")
    assert (head.span, bar.keep.isChecked()) == ((0.25, 0.75), False)
    again.controller.actions["reset"].trigger()
    assert (bar.loop.words, bar.speed.words, bar.axis_chip.words) == ("Loop", "1×", "t")
    assert (head.whole, bar.keep.isChecked()) == (True, True)


def test_where_one_looked_comes_back(qtbot, started) -> None:
    first = started(resume=True)
    settle(qtbot, first)
    stage, looks = (
        first.controller.lanes.stage,
        [Camera(1.0, 0.5, 90.0), Camera(0.0, 0.0, 40.0), Camera(0.0, 1.0, 50.0)],
    )
    first.session.view.linked = False
    for lane, camera in enumerate(looks):
        stage.set_camera(lane, camera)
    first.session.select(first.session.lanes[1].key)
    first.playhead.seek(0.4)
    first.controller.chart_control._choose(0, "straightness")
    charts = first.controller.chart_control.chosen
    first.window.close()
    again = started(resume=True)
    settle(qtbot, again)
    stage = again.controller.lanes.stage
    assert [stage.camera(lane) for lane in range(3)] == looks
    assert again.session.selected == again.session.lanes[1].key
    assert again.playhead.t == 0.4
    assert again.controller.chart_control.chosen == charts
    stage.home()
    again.controller.actions["reset"].trigger()
    assert again.controller.chart_control.chosen != charts
    again.window.close()
    third = started(resume=True)
    settle(qtbot, third)
    assert third.controller.lanes.stage.looks == [], "what fits goes on to fit, however large the window is"


def test_lanes_that_an_older_version_kept_are_opened(qtbot, started) -> None:
    from workbench import folders

    first = started(resume=True)
    first.window.close()
    file = folders.home() / "settings.json"
    kept = json.loads(file.read_bytes())
    del kept["playhead"]
    kept["lanes"] = [{"trace": lane["trace"], "spec": lane["spec"]} for lane in kept["lanes"]]
    folders.write(file, json.dumps(kept).encode())
    again = started(resume=True)
    settle(qtbot, again)
    assert titles(again) == ["Diffusion", "Flow matching", "Real data"]


def test_a_settings_file_that_is_broken_is_a_fresh_start(started) -> None:
    from workbench import folders

    folders.write(folders.home() / "settings.json", b"{no json")
    assert started(resume=True).window.theme.name == "dark"


# --- the log ---------------------------------------------------------------------------------------------------------


def test_what_broke_is_told_and_the_log_is_copied(qtbot, started) -> None:
    app = started()
    log.file().parent.mkdir(parents=True, exist_ok=True)
    log.file().write_text("12:00 ERROR the cat sat on the keyboard\n")
    try:
        raise ValueError("paws")
    except ValueError:
        app.controller.shell.unexpected(*sys.exc_info())
    assert app.window.toast.text == "Something went wrong it is in the log"
    qtbot.mouseClick(app.window.toast._button, Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert "the cat sat on the keyboard" in copied
    assert log.versions() in copied
