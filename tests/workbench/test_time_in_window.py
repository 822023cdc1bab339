"""Hands on the transport bar of the real window, and what lanes and bar then show."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt, QTimer
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from core.events import Chunk, Event, RunStarted
from core.spec import to_json
from tests.workbench.opened import lanes, opened
from tests.workbench.test_transport import drag
from tests.workbench.trained import training_file
from workbench.app import App
from workbench.views.words import lane_words


@pytest.fixture
def app(qtbot: QtBot) -> Iterator[App]:
    with opened(qtbot) as app:
        yield app


def press(app: App, name: str) -> None:
    """Click the control with this name."""
    control = next(b for b in app.window.findChildren(QPushButton) if b.accessibleName() == name and b.isVisible())
    QTest.mouseClick(control, Qt.MouseButton.LeftButton)


def headers(app: App) -> list[str]:
    """The times that the lanes with steps show."""
    return [lane_words(scene.lane, app.playhead.t).time for scene in app.controller.scenes.shown[:2] if scene]


def test_a_drag_by_noise_left_moves_all_lanes_to_one_t(qtbot: QtBot, app: App) -> None:
    bar = app.controller.transport
    press(app, "Read time as: σ")
    drag(bar.track, 0.2, 0.5)
    sigma = lanes(app)[0].trace["x"].column("sigma")
    t = lanes(app)[0].trace["x"].column("t")
    at = float(np.interp(app.playhead.t, t, sigma))
    assert at == pytest.approx(0.5, abs=0.01)
    assert bar.time.text() == f"{at:.3f}"
    assert len(set(headers(app))) == 1
    app.session.select(lanes(app)[1].key)
    qtbot.waitUntil(lambda: bar.time.text() == f"{1 - app.playhead.t:.3f}", timeout=5000)
    QTest.keyClick(app.window, Qt.Key.Key_X, Qt.KeyboardModifier.ShiftModifier)
    assert bar.axes.value() == "log-snr"


def test_a_chosen_part_plays_there_and_back_on_the_screen(qtbot: QtBot, app: App) -> None:
    bar, stage = app.controller.transport, app.controller.lanes.stage
    drag(bar.track, 0.7, 0.75, shift=True)
    QTest.keyClick(app.window, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
    assert bar.loop.words == "Ping-pong"
    app.playhead.set_speed(4.0)
    seen: list[float] = []
    stage.drawn.connect(lambda: seen.append(app.playhead.t))
    QTest.keyClick(app.window, Qt.Key.Key_Space)

    def turned() -> bool:
        steps = np.sign(np.diff(seen))
        return bool((steps > 0).any() and (steps < 0).any())

    qtbot.waitUntil(turned, timeout=15_000)
    low, high = app.playhead.span
    seen = [t for i, t in enumerate(seen) if max(seen[: i + 1]) >= low]  # before, it is on its way there
    assert low - 1e-9 <= min(seen)
    assert max(seen) <= high + 1e-9
    QTest.keyClick(app.window, Qt.Key.Key_Space)
    assert not app.playhead.playing
    QTest.keyClick(app.window, Qt.Key.Key_Backslash)
    assert bar.track.span == (0.0, 1.0)


def test_without_keep_time_every_recorded_step_reaches_the_screen(qtbot: QtBot, app: App) -> None:
    QTest.keyClick(app.window, Qt.Key.Key_K, Qt.KeyboardModifier.ShiftModifier)
    assert not app.controller.transport.keep.isChecked()
    app.playhead.set_mode("once")
    app.playhead.set_speed(4.0)
    app.playhead.seek(0.801)
    seen: set[float] = set()
    app.controller.lanes.stage.drawn.connect(lambda: seen.add(round(app.playhead.t, 9)))
    app.playhead.play()
    qtbot.waitUntil(lambda: not app.playhead.playing, timeout=20_000)
    qtbot.waitUntil(lambda: 1.0 in seen, timeout=5000)
    recorded = {round(float(t), 9) for steps in app.playhead.steps for t in steps if t > 0.801}
    assert len(recorded) > 10
    assert recorded <= seen


def test_a_press_on_the_slider_rests_the_film_and_letting_go_plays_on(qtbot: QtBot, app: App) -> None:
    track = app.controller.transport.track
    app.playhead.play()
    here = QPoint(round(track.x_of(0.4)), 25)
    QTest.mousePress(track, Qt.MouseButton.LeftButton, pos=here)
    held = app.playhead.t
    qtbot.wait(120)
    assert (app.playhead.t, app.playhead.playing) == (held, False)
    QTest.mouseRelease(track, Qt.MouseButton.LeftButton, pos=here)
    qtbot.waitUntil(lambda: app.playhead.t > held, timeout=5000)


def test_the_head_of_a_growing_run_is_followed_until_the_slider_is_touched(qtbot: QtBot, app: App) -> None:
    """The rows of a run arrive as the engine would send them."""
    bar, lane, times = app.controller.transport, lanes(app)[1], np.linspace(0, 1, 26)
    shipped = lane.trace["x"]
    app.engine.submit = lambda spec, **_: 1 if lane.spec.sampler == spec.sampler else 2  # type: ignore[method-assign]
    app.runs.ready = True
    app.controller.run()

    def grow(*rows: int) -> None:
        columns = {name: shipped.column(name)[list(rows)] for name in shipped.declared.columns}
        events: list[Event] = [Chunk("x", shipped[:][list(rows)], columns | {"t": times[list(rows)]})]
        if rows[0] == 0:
            events[:0] = [RunStarted(to_json(lane.spec), lane.trace.meta), shipped.declared]
        app.engine.batch.emit(1, events)

    for first, last in ((0, 3), (4, 7)):
        grow(*range(first, last + 1))
        qtbot.waitUntil(lambda t=float(times[last]): app.playhead.t == pytest.approx(t), timeout=5000)
        assert bar.track.place == pytest.approx(times[last])
    drag(bar.track, 0.1, 0.05)
    app.playhead.pause()  # it played on when let go; at rest, only following could move it
    here = app.playhead.t
    assert here < times[2]
    grow(8, 9)
    qtbot.waitUntil(lambda: len(app.playhead.steps[1]) == 10, timeout=5000)
    assert app.playhead.t == here
    QTest.keyClick(app.window, Qt.Key.Key_End)
    grow(10, 11)
    qtbot.waitUntil(lambda: app.playhead.t == pytest.approx(float(times[11])), timeout=5000)


def test_what_a_set_up_makes_is_followed_also_after_another_that_still_grew(
    qtbot: QtBot, app: App, tmp_path: Path
) -> None:
    shipped, meta, times = lanes(app)[1].trace["x"], lanes(app)[1].trace.meta, np.linspace(0, 1, 26)
    jobs = itertools.count(1)
    app.engine.submit = lambda spec, **_: next(jobs)  # type: ignore[method-assign]
    app.runs.ready = True
    file = tmp_path / "exact.toml"
    file.write_text('data = "eight-gaussians"\nfield = "exact"\nsampler = { name = "euler", n_steps = 25 }\n')

    def opened_anew() -> int:
        app.controller.desk.open_preset(str(file))
        return next(jobs) - 1

    def grow(job: int, first: int, last: int) -> None:
        rows = list(range(first, last + 1))
        columns = {name: shipped.column(name)[rows] for name in shipped.declared.columns}
        events: list[Event] = [Chunk("x", shipped[:][rows], columns | {"t": times[rows]})]
        if first == 0:
            events[:0] = [RunStarted(to_json(lanes(app)[0].spec), meta), shipped.declared]
        app.engine.batch.emit(job, events)
        qtbot.waitUntil(lambda: app.playhead.t == pytest.approx(times[last]), timeout=5000)

    job = opened_anew()
    grow(job, 0, 5)
    grow(job, 6, 9)
    job = opened_anew()
    qtbot.waitUntil(lambda: not app.playhead.steps, timeout=5000)  # the window has cleared what was there
    assert app.playhead.playing
    qtbot.wait(100)
    assert app.playhead.t == 0.0, "there is nothing to play yet"
    grow(job, 0, 2)
    grow(job, 3, 7)
    assert app.playhead.following


def test_a_training_is_played_snapshot_by_snapshot(qtbot: QtBot, app: App, tmp_path: Path) -> None:
    assert not app.controller.actions["play-training"].isEnabled()
    app.controller.desk.open_files([training_file(tmp_path)])
    bar, head = app.controller.transport, app.playhead.snapshots
    qtbot.waitUntil(lambda: bar.play_training.isVisible() and len(head.steps) > 1, timeout=10_000)
    app.playhead.set_mode("once")
    shown: list[float] = []
    head.changed.connect(lambda: shown.append(head.step))
    QTest.mouseClick(bar.play_training, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: head.following and not head.playing, timeout=20_000)
    assert sorted(set(shown)) == head.steps.tolist()
    assert bar.snapshots.place == pytest.approx(head.steps[-1] / head.total)


def test_the_status_bar_counts_the_frames_of_the_film_and_no_others(qtbot: QtBot, app: App) -> None:
    status, stage = app.window.status, app.controller.lanes.stage

    def counted() -> tuple[float, float]:
        drawn, _, imposed, _ = status.number("Display").split()
        return float(drawn), float(imposed)

    app.playhead.set_keep_time(True)
    app.playhead.play()
    redraw = QTimer()
    redraw.timeout.connect(stage.redraw)  # as when rows arrive while the film plays
    redraw.start(5)
    for _ in range(3):
        qtbot.waitUntil(lambda: " of " in status.number("Display"), timeout=20_000)
        drawn, imposed = counted()
        assert drawn <= 1.25 * imposed + 3
        qtbot.wait(600)
    redraw.stop()
    app.playhead.pause()
    qtbot.waitUntil(lambda: status.number("Display") == "at rest", timeout=10_000)
