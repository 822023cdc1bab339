"""Measuring from inside the window, with an engine that answers when a test says so."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QMenu, QPushButton
from pytestqt.qtbot import QtBot

from core import spec as specs
from core.events import RunStarted
from core.spec import RunSpec
from core.trace import TraceBuilder, open_trace
from core.trace.save import replay
from tests.workbench.opened import lanes, opened
from tests.workbench.test_reports import points
from workbench.app import App
from workbench.control.runs import Runs
from workbench.engine.client import EngineClient
from workbench.engine.commands import Hello, JobEnded, Progress
from workbench.widgets.cards.dialogs import Message


class Asked:
    """What the engine was asked, and its answers."""

    def __init__(self, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
        self.app = app
        self.jobs: list[tuple[RunSpec, Path]] = []
        self.stopped: list[int] = []
        monkeypatch.setattr(app.engine, "submit", self._submit)
        monkeypatch.setattr(app.engine, "stop", self.stopped.append)
        app.runs.ready = True

    def _submit(self, spec: RunSpec, *, place: Path, **_: Any) -> int:
        self.jobs.append((spec, place))
        return len(self.jobs)

    def answer(self, job: int, **rows: Any) -> None:
        spec = specs.to_json(self.jobs[job - 1][0])
        self.app.engine.batch.emit(job, [RunStarted(spec, {"report": json.dumps(points(**rows))})])
        self.app.engine.ended.emit(JobEnded(job, "finished"))

    def fail(self, job: int, why: str) -> None:
        self.app.engine.ended.emit(JobEnded(job, "failed", why))


@pytest.fixture
def app(qtbot: QtBot) -> Iterator[App]:
    with opened(qtbot) as app:
        yield app


@pytest.fixture
def asked(app: App, monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(app, monkeypatch)


def texts(app: App, row: str) -> list[str]:
    model = app.controller.reports.page.table.model()
    at = next(i for i in range(model.rowCount()) if model.index(i, 0).data().startswith(row))
    return [model.index(at, i).data() for i in range(2, model.columnCount())]


def test_lanes_are_measured_one_after_the_other_and_shown_side_by_side(qtbot: QtBot, app: App, asked: Asked) -> None:
    menu, reports = QMenu(), app.controller.reports
    app.controller.lane_control.fill_menu(0, menu)
    next(action for action in menu.actions() if action.text() == "Measure").trigger()
    assert app.window.place == "measurements"
    qtbot.waitUntil(lambda: len(asked.jobs) == 1)
    spec, place = asked.jobs[0]
    assert (spec.action, place) == ("report", lanes(app)[0].trace["x"].file.absolute())  # as it lies, not copied
    page = reports.page
    app.engine.progress.emit(Progress(1, 50, 100, 10.0))
    assert page.progress == pytest.approx(0.25)  # of two lanes
    assert [label.text() for label in (page._what, page._left)] == ["Measuring Diffusion", "15 s left"]
    asked.answer(1, w2=(0.5, 0.2))
    assert texts(app, "W2") == ["0.5000", "", "0.2000"]
    began = time.perf_counter()
    asked.answer(2, w2=(0.4, 0.2))
    assert time.perf_counter() - began < 0.1  # a frame on a machine of one's own
    assert texts(app, "W2") == ["0.5000", "0.4000", "0.2000"]
    assert not reports.busy
    assert not page.going.isVisible()
    app.controller.actions["lanes"].trigger()
    app.controller.actions["measure"].trigger()  # the same lanes: what is known is shown
    assert (app.window.place, len(asked.jobs)) == ("measurements", 2)
    page._again.click()
    qtbot.waitUntil(lambda: len(asked.jobs) == 3)


def test_a_failure_is_a_line_and_the_next_lane_is_measured_all_the_same(qtbot: QtBot, app: App, asked: Asked) -> None:
    app.controller.actions["measure"].trigger()
    qtbot.waitUntil(lambda: len(asked.jobs) == 1)
    asked.fail(1, "The engine stopped")
    assert len(asked.jobs) == 2
    app.controller.actions["lanes"].trigger()
    asked.answer(2, w2=(0.4, 0.2))
    assert "– Diffusion: The engine stopped" in app.controller.reports.page._notes.text()
    assert texts(app, "W2") == ["–", "0.4000", "0.2000"]
    assert app.window.toast.text == "Measured"  # somebody who went elsewhere hears of it


def test_cancel_ends_it_and_keeps_what_is_known(qtbot: QtBot, app: App, asked: Asked) -> None:
    app.controller.actions["measure"].trigger()
    qtbot.waitUntil(lambda: len(asked.jobs) == 1)
    asked.answer(1, w2=(0.5, 0.2))
    page = app.controller.reports.page
    next(button for button in page.going.findChildren(QPushButton) if button.text() == "Cancel").click()
    assert asked.stopped == [2]
    asked.answer(2, w2=(0.1, 0.2))  # what still comes is not heard
    app.controller.actions["stop"].trigger()  # as Escape does: there is nothing left to cancel
    assert asked.stopped == [2]
    assert texts(app, "W2") == ["0.5000", "–", "0.2000"]
    assert "– Flow matching: Cancelled" in page._notes.text()
    assert not page.going.isVisible()


def test_a_run_in_memory_is_put_where_the_engine_can_read_it(qtbot: QtBot, app: App, asked: Asked) -> None:
    lane, builder = lanes(app)[0], TraceBuilder()
    for event in replay(lane.trace):
        builder.feed(event)
    lane.trace = builder.trace
    app.controller.actions["measure"].trigger()
    qtbot.waitUntil(lambda: len(asked.jobs) == 1)
    written = open_trace(asked.jobs[0][1])
    np.testing.assert_array_equal(written["x"][:], lane.trace["x"][:])
    assert list(written.streams) == ["x"]  # nothing else is measured
    written.close()
    asked.fail(1, "no")
    asked.fail(2, "no")
    assert not asked.jobs[0][1].exists()


def test_the_numbers_are_copied_and_saved(qtbot: QtBot, app: App, asked: Asked, tmp_path: Path) -> None:
    reports = app.controller.reports
    app.controller.actions["measure"].trigger()
    qtbot.waitUntil(lambda: len(asked.jobs) == 1)
    for job in (1, 2):
        asked.answer(job, w2=(0.5, 0.2))
    reports.page._copy.click()
    assert "Flow matching" in QGuiApplication.clipboard().text()
    for suffix in (".json", ".csv", ".txt"):
        app.controller.files.save_text(tmp_path / f"numbers{suffix}", reports.texts())
        assert "Flow matching" in (tmp_path / f"numbers{suffix}").read_text(encoding="utf-8")
    for wrong in (tmp_path / "numbers.doc", tmp_path / "gone" / "numbers.csv"):
        app.controller.files.save_text(wrong, reports.texts())
        assert not wrong.exists()
    assert len(app.window.findChildren(Message)) == 2


HELLO = Hello(["cpu"], {"torch": "2.0"})


@pytest.mark.parametrize("gone", [True, False])
def test_measuring_waits_for_an_engine_and_says_what_for(
    qtbot: QtBot, app: App, asked: Asked, monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    started: list[bool] = []
    monkeypatch.setattr(app.engine, "start", lambda: started.append(True))
    monkeypatch.setattr(EngineClient, "gone", gone)
    app.runs.ready = False
    for _ in range(2):  # once it is measured, however often that was asked for
        app.controller.actions["measure"].trigger()
    why = "There was no engine, one is starting" if gone else "The engine is still starting"
    assert app.window.toast.text == f"{why} the lanes are measured as soon as it is ready"
    assert bool(started) == gone  # where none would come by itself
    assert (asked.jobs, app.window.place) == ([], "lanes")
    app.engine.hello.emit(HELLO)
    qtbot.waitUntil(lambda: len(asked.jobs) == 1)
    assert app.window.place == "measurements"
    assert not app.window.toast.isVisible()  # what it said is no longer true
    app.engine.hello.emit(HELLO)  # of another engine, later
    assert len(asked.jobs) == 1


def test_what_waited_for_an_engine_is_dropped_where_none_can_start_or_nothing_is_left(app: App, asked: Asked) -> None:
    app.engine.start = lambda: None  # type: ignore[method-assign]
    for end in (lambda: app.engine.unavailable.emit("It stops. Nothing can be done."), app.session.clear):
        app.runs.ready = False
        app.controller.actions["measure"].trigger()
        end()
        app.engine.hello.emit(HELLO)
        assert (asked.jobs, app.window.place) == ([], "lanes")


def test_running_waits_for_an_engine_too(app: App, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[bool] = []
    monkeypatch.setattr(app.runs, "run", lambda: ran.append(True))
    monkeypatch.setattr(app.engine, "start", lambda: None)
    app.runs.ready = False
    app.controller.run()
    assert "the lanes run as soon as it is ready" in app.window.toast.text
    assert not ran
    app.engine.hello.emit(HELLO)
    assert ran == [True]


def test_without_what_is_whole_nothing_is_begun(app: App, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    growing = {lane.key for lane in lanes(app)}
    with monkeypatch.context() as still:
        still.setattr(Runs, "sampling", growing)
        app.controller.actions["measure"].trigger()
        assert "nothing to measure yet" in app.window.toast.text
        assert (asked.jobs, app.window.place) == ([], "lanes")
        growing.discard(lanes(app)[0].key)
        app.controller.actions["measure"].trigger()
        assert "Flow matching: It is still being sampled" in app.controller.reports.page._notes.text()
