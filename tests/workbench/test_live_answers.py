"""Knobs of the real window answer while they are dragged, the newest wins, and what needs training says so."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QLabel, QPushButton, QSlider
from pytestqt.qtbot import QtBot

from core.trace import Trace
from tests.workbench.opened import lanes, opened, start_engine
from workbench.app import App
from workbench.control.runs import PREVIEW

WAIT = 100_000
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def app(qtbot: QtBot) -> Iterator[App]:
    with opened(qtbot) as app:
        start_engine(qtbot, app)
        yield app


def knob(app: App, name: str) -> QSlider:
    return next(slider for slider in app.controller.panel.findChildren(QSlider) if slider.accessibleName() == name)


def hold(slider: QSlider, kind: QEvent.Type, place: float) -> None:
    """A mouse event at a place along the slider, with the button held."""
    here, left = QPointF(place * slider.width(), slider.height() / 2), Qt.MouseButton.LeftButton
    held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else left
    QApplication.sendEvent(
        slider,
        QMouseEvent(kind, here, QPointF(slider.mapToGlobal(here)), left, held, Qt.KeyboardModifier.NoModifier),
    )


def test_a_dragged_knob_answers_under_the_hand_with_part_of_the_whole(qtbot: QtBot, app: App) -> None:
    lane = lanes(app)[0]
    app.controller.panel.form.changed.emit("sampler.n_steps", 16)
    qtbot.waitUntil(lambda: len(lane.trace["x"]) == 17 and not app.runs.sampling, timeout=WAIT)
    arrows = [type(mark).__name__ for mark in app.controller.scenes.shown[0].marks]
    slider = knob(app, "Steps")
    app.playhead.seek(1.0)
    shown: list[Trace] = []
    app.runs.rows_arrived.connect(lambda key: shown.append(lane.trace) if key == lane.key else None)
    place = slider.sliderPosition() / slider.maximum()
    hold(slider, QEvent.Type.MouseButtonPress, place)
    for pictures in (1, 2):
        for _ in range(3):
            place += 0.01
            hold(slider, QEvent.Type.MouseMove, place)
        qtbot.waitUntil(lambda n=pictures: len({id(trace) for trace in shown}) >= n, timeout=WAIT)
    assert slider.isSliderDown(), "pictures changed while the knob was held"
    hold(slider, QEvent.Type.MouseButtonRelease, place)
    wanted = lane.spec.sampler.params["n_steps"]
    qtbot.waitUntil(lambda: not app.runs.sampling, timeout=WAIT)
    assert lane.trace["x"][:].shape == (wanted + 1, 1400, 2)
    assert all(trace["x"].complete for trace in shown), "at the data nothing unfinished is shown"
    first = next(t for t in shown if len(t["x"]) == wanted + 1 and t is not lane.trace)
    np.testing.assert_allclose(first["x"][:], lane.trace["x"][:][:, :PREVIEW], atol=1e-4)
    lane.trace = first
    app.controller.scenes.forget(lane.key)
    shown_now = app.controller.scenes.all()[0]
    assert [type(mark).__name__ for mark in shown_now.marks] == arrows, "arrows of the same field stay meanwhile"


def test_what_needs_training_says_so_and_can_be_trained_paused_and_stopped(qtbot: QtBot, app: App) -> None:
    panel, before = app.controller.panel, [lane.trace for lane in lanes(app)]
    for field, value in (("n_samples", 60), ("training.n_steps", 100_000), ("data.name", "moons")):
        panel.form.changed.emit(field, value)
    words = "The weights were trained with another data set. Train to see this one."
    qtbot.waitUntil(lambda: any(each.text() == words for each in panel.findChildren(QLabel)), timeout=5000)
    assert panel.run.text() == "Train"
    qtbot.waitUntil(lambda: not app.runs.sampling, timeout=WAIT)
    assert all(lane.trace.spec.data.name == "swiss-roll" for lane in lanes(app)), before
    QTest.mouseClick(panel.run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.training.isVisible() and "left" in panel.training._left.text(), timeout=WAIT)
    QTest.mouseClick(panel.training.pause, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.training._left.text() == "Paused", timeout=WAIT)
    QTest.mouseClick(panel.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not app.runs.training, timeout=WAIT)
    qtbot.waitUntil(lambda: all(lane.trace.spec.data.name == "moons" for lane in lanes(app)), timeout=WAIT)


def test_a_long_sampling_says_how_far_it_is_and_is_stopped_with_its_rows(qtbot: QtBot, app: App) -> None:
    lane, status = lanes(app)[0], app.window.status.engine
    strip = app.controller.lanes._strips[0]
    app.session.select(lane.key)
    app.controller.panel.form.changed.emit("sampler.n_steps", 1000)
    assert (status.text(), strip.isVisible()) == ("Engine ready", False)
    qtbot.waitUntil(lambda: strip.isVisible() and "left" in strip.accessibleName(), timeout=WAIT)
    assert "of 1,000" in strip.accessibleName()
    assert status.text() == "Sampling"
    assert not app.controller.lanes._strips[1].isVisible(), "the other lane samples nothing"
    app.playhead.seek(1.0)
    app.window.setFocus()
    QTest.keyClick(app.window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not app.runs.sampling, timeout=WAIT)
    assert (status.text(), strip.isVisible()) == ("Engine ready", False)
    kept = len(lane.trace["x"])
    assert 1 < kept < 1001
    assert lane.trace.status == "stopped"
    qtbot.waitUntil(lambda: "stopped" in app.controller.lanes._headers[0].words, timeout=WAIT)
    app.controller.actions["run"].trigger()
    qtbot.waitUntil(strip.isVisible, timeout=WAIT)
    QTest.mouseClick(strip._cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: lane.key not in app.runs.sampling and not strip.isVisible(), timeout=WAIT)
    assert lane.trace.status == "stopped"
    panel = app.controller.lanes._panels[0]
    lane.trace = None  # as of a run that was stopped before its first steps
    app.session.touch(lane.key)
    qtbot.waitUntil(lambda: panel.isVisible() and panel._title.text() == "Not sampled yet", timeout=WAIT)
    QTest.mouseClick(panel.findChild(QPushButton, "run"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: lane.trace is not None and not panel.isVisible(), timeout=WAIT)
    app.runs.stop_sampling(lane.key)
    qtbot.waitUntil(lambda: not app.runs.sampling, timeout=WAIT)
