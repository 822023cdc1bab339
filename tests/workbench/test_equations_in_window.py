"""Equations below the lanes of the real window: all of them at a key, with the numbers of the moment."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.workbench.opened import lanes, opened
from tests.workbench.test_charts_drawn import count
from workbench.app import App
from workbench.views.tex import parse, plain
from workbench.views.theme import DARK


@pytest.fixture
def app(qtbot: QtBot) -> Iterator[App]:
    with opened(qtbot) as app:
        yield app


def numbers(app: App, lane: int) -> dict[str, str]:
    """What stands below each equation of a lane."""
    foot = app.controller.lanes._feet[lane]
    labels = [equation.label for equation in app.controller.scenes.shown[lane].lane.equations]
    return {label: plain(parse(text)) for label, text in zip(labels, foot.values, strict=True)}


def test_a_key_shows_all_equations_with_the_numbers_of_the_moment(qtbot: QtBot, app: App) -> None:
    foot = app.controller.lanes._feet[0]
    before = count(foot.grab().toImage(), DARK.t1)
    QTest.keyClick(app.window, Qt.Key.Key_Q)
    app.playhead.seek(0.4)
    assert foot.height() > 150
    assert count(foot.grab().toImage(), DARK.t1) > 1.5 * before
    assert numbers(app, 1)["Path"] == "αt = 0.400, σt = 0.600, σmin = 0.000"
    x = lanes(app)[0].trace["x"]
    alpha = float(np.interp(0.42, x.column("t"), x.column("alpha")))
    assert numbers(app, 0)["Step"].startswith(f"t = 0.400 → 0.420, αs = {alpha:.3f}")
    app.playhead.seek(0.8)
    assert "t = 0.800 → 0.820" in numbers(app, 0)["Step"]
    QTest.mouseDClick(foot, Qt.MouseButton.LeftButton, pos=QPoint(40, 30))
    assert foot.height() < 60
    assert not app.controller.actions["equations"].isChecked()


def test_equations_speak_as_field_and_time_are_read(qtbot: QtBot, app: App) -> None:
    QTest.keyClick(app.window, Qt.Key.Key_Q)
    app.playhead.seek(0.4)
    app.session.view.field_kind = "score"
    flow = app.controller.scenes.shown[1].lane
    assert "sθ(x, t)" in plain(parse(next(each.formula for each in flow.equations if each.label == "Follows")))
    app.playhead.set_axis("ddpm")
    assert numbers(app, 0)["Step"].startswith("k = 600 → 580")
    assert "Learns: E |εθ" in app.controller.lanes._feet[0].accessibleName()
