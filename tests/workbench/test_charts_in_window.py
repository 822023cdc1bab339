"""Charts of the real window: chosen by their titles, read by the axis, computed by the engine where need be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from core.spec import Part, RunSpec, Training
from core.trace.build import collect
from tests.workbench.opened import lanes, opened, start_engine
from tests.workbench.test_charts_drawn import count
from workbench.app import App
from workbench.views.chart.charts import Chart
from workbench.views.chart.ways import Particles
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


def test_charts_of_what_was_shown_before_are_not_drawn_once_more(qtbot: QtBot, app: App, monkeypatch) -> None:
    from workbench.painters.charts import ChartPlot

    strip, drawn = app.controller.charts, []
    qtbot.waitUntil(lambda: len(strip._charts) == 3, timeout=10_000)
    before, lay_out = list(strip._charts), ChartPlot._lay_out

    def drawing(plot: ChartPlot, chart: Chart, *rest: Any) -> None:
        drawn.append(chart)
        lay_out(plot, chart, *rest)

    monkeypatch.setattr(ChartPlot, "_lay_out", drawing)
    app.controller.desk.show_start()
    app.window.resize(1500, 900)
    app.controller.desk.open_preset("swiss-roll")
    qtbot.waitUntil(lambda: len(drawn) >= 3, timeout=10_000)
    assert not [chart for chart in drawn if chart in before]


def test_the_learned_field_is_measured_once_whatever_the_sampler_does(
    qtbot: QtBot, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
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

    def overheard(spec: RunSpec, **more: Any) -> int:
        asked.append(spec.action)
        return submit(spec, **more)

    monkeypatch.setattr(app.engine, "submit", overheard)
    app.controller.panel.form.changed.emit("sampler.n_steps", 6)
    qtbot.waitUntil(lambda: len(lanes(app)[0].trace["x"]) == 7, timeout=20_000)
    QTest.keyClick(app.window, Qt.Key.Key_X, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: strip._charts[1].axis.kind == "1-t", timeout=5000)
    assert len(strip._charts[1].curves) == 2
    assert asked == ["sample"]
    app.controller.panel.form.changed.emit("field.name", "exact")
    qtbot.waitUntil(lambda: [c.method for c in strip._charts[1].curves] == ["flow"], timeout=20_000)


def test_the_page_of_charts_shows_six_plays_on_and_shares_its_choice_with_the_strip(qtbot: QtBot, app: App) -> None:
    strip, page = app.controller.charts, app.controller.charts_page
    qtbot.keyClick(app.window, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    assert app.window.place == "charts"
    assert page.isVisible()
    assert not app.controller.lanes.isVisible()
    assert app.controller.panel.isVisible()
    assert app.controller.transport.isVisible()
    shown = lambda: [chart.key for row in page._rows for chart in row._charts]  # noqa: E731
    wanted = ["distance", "noise", "speed", "error-over-t", "preview", "straightness"]
    qtbot.waitUntil(lambda: shown() == wanted, timeout=10_000)
    app.playhead.seek(0.5)
    plots = [cell.plot for row in page._rows for cell in row._cells]
    before = [plot.grab().toImage() for plot in plots]
    for i in (0, 1, 2, 4, 5):  # the error waits for the engine
        assert count(before[i], DARK.methods["diffusion"]) > 100
        assert count(before[i], DARK.methods["flow"]) > 100
    qtbot.keyClick(app.window, Qt.Key.Key_Right)
    assert all(plot.grab().toImage() != old for plot, old in zip(plots, before, strict=True) if plot is not plots[3])
    step = app.playhead.t
    qtbot.keyClick(app.window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: app.playhead.t > step + 0.05, timeout=5000)
    qtbot.keyClick(app.window, Qt.Key.Key_Space)
    legend = page._legend
    assert legend.accessibleName() == "Diffusion, DDIM 50, VP path; Flow matching, Heun 25, linear path"
    left, right = (legend.grab().toImage().copy(half, 0, legend.width() // 2, 48) for half in (0, legend.width() // 2))
    for image, mine, other in ((left, "diffusion", "flow"), (right, "flow", "diffusion")):
        assert count(image, DARK.methods[mine]) > 60
        assert count(image, DARK.methods[other]) == 0
    menu = page._rows[1]._cells[2]._title.menu()
    next(action for action in menu.actions() if action.text() == "Mean speed").trigger()
    qtbot.waitUntil(lambda: shown()[2] == "straightness", timeout=5000)
    assert shown()[5] == "speed"
    qtbot.mouseClick(rail(app, "Lanes"), Qt.MouseButton.LeftButton)
    assert app.controller.lanes.isVisible()
    qtbot.waitUntil(lambda: [chart.key for chart in strip._charts] == ["distance", "noise", "straightness"])


def test_selecting_another_lane_reads_no_particles_again(qtbot: QtBot, app: App, monkeypatch) -> None:
    page = app.controller.charts_page
    qtbot.keyClick(app.window, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: [len(row._charts) for row in page._rows] == [3, 3], timeout=10_000)
    before = page._rows[0]._charts
    read: list[object] = []
    monkeypatch.setattr(Particles, "of", read.append)
    app.session.select(lanes(app)[1].key)
    qtbot.waitUntil(lambda: page._rows[0]._charts is not before, timeout=10_000)
    assert read == []


def test_the_held_out_loss_over_t_is_that_of_the_weights_that_the_slider_of_training_shows(
    qtbot: QtBot, app: App
) -> None:
    from trainers.loop import train

    strip, head = app.controller.charts, app.playhead.snapshots
    qtbot.waitUntil(lambda: len(strip._charts) == 3, timeout=10_000)
    few = Training(n_steps=60, batch_size=64, n_snapshots=3, n_validations=4)
    trace = collect(train(RunSpec(action="train", n_samples=40, network=Part("mlp", {"width": 8}), training=few)))
    for lane in lanes(app):
        lane.training = trace
        app.session.touch(lane.key)
    qtbot.waitUntil(lambda: [chart.key for chart in strip._charts] == ["loss", "error"], timeout=5000)
    choose(app, 1, "Held-out loss over t")
    names = lambda: [curve.name.split(", ")[-1] for curve in strip._charts[1].curves]  # noqa: E731
    qtbot.waitUntil(lambda: names() == ["step 60"] * 2, timeout=5000)
    qtbot.waitUntil(lambda: head.steps.tolist() == [0.0, 21.0, 60.0], timeout=5000)
    head.move(-1)
    qtbot.waitUntil(lambda: names() == ["step 20"] * 2, timeout=5000)
    np.testing.assert_allclose(strip._charts[1].curves[0].y, trace["validation/loss_over_t"][1])


def rail(app: App, text: str) -> QAbstractButton:
    return next(each for each in app.window.rail.findChildren(QAbstractButton) if each.text() == text)
