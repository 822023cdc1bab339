"""Charts of the real window: chosen by their titles, read by the axis, computed by the engine where need be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.workbench.opened import lanes, opened, start_engine
from tests.workbench.test_charts import count
from workbench.app import App
from workbench.views.theme import DARK


@pytest.fixture
def app(qtbot: QtBot) -> Iterator[App]:
    with opened(qtbot) as app:
        yield app


def choose(app: App, place: int, title: str) -> None:
    menu = app.controller.charts._cells[place]._title.menu()
    next(action for action in menu.actions() if action.text() == title).trigger()


def test_a_chart_is_exchanged_by_its_title(qtbot: QtBot, app: App) -> None:
    strip = app.controller.charts
    qtbot.waitUntil(lambda: len(strip._charts) == 3, timeout=10_000)
    choose(app, 0, "Path coefficients")
    qtbot.waitUntil(lambda: strip._charts[0].key == "coefficients")
    choose(app, 0, "Mean speed")
    qtbot.waitUntil(lambda: [chart.key for chart in strip._charts] == ["speed", "noise", "coefficients"])
    app.playhead.seek(0.5)
    image = strip._cells[2].plot.grab().toImage()
    assert count(image, DARK.methods["diffusion"]) > 100
    assert count(image, DARK.methods["flow"]) > 100


def test_the_learned_field_is_measured_once_whatever_the_sampler_does(qtbot: QtBot, app: App) -> None:
    strip = app.controller.charts
    qtbot.waitUntil(lambda: len(strip._charts) == 3, timeout=10_000)
    choose(app, 1, "Velocity error over t")
    qtbot.waitUntil(lambda: strip._charts[1].words == "Waits for the engine", timeout=5000)
    start_engine(qtbot, app)
    qtbot.waitUntil(lambda: [len(curve.x) for curve in strip._charts[1].curves] == [33, 33], timeout=60_000)
    error = {curve.method: curve for curve in strip._charts[1].curves}
    assert all(0.005 < curve.y.min() < 0.3 for curve in error.values())
    asked = []
    submit = app.engine.submit
    app.engine.submit = lambda spec, **more: (asked.append(spec.action), submit(spec, **more))[1]  # type: ignore
    app.controller.panel.form.changed.emit("sampler.n_steps", 6)
    qtbot.waitUntil(lambda: len(lanes(app)[0].trace["x"]) == 7, timeout=20_000)
    QTest.keyClick(app.window, Qt.Key.Key_X, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: strip._charts[1].axis.kind == "1-t", timeout=5000)
    assert len(strip._charts[1].curves) == 2
    assert asked == ["sample"]
    app.controller.panel.form.changed.emit("field.name", "exact")
    qtbot.waitUntil(lambda: [c.method for c in strip._charts[1].curves] == ["flow"], timeout=20_000)
