"""What somebody samples in the window is recorded within a budget, found again, and kept where it has a name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import h5py
import numpy as np
import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

import resources
from core.spec import RunSpec
from core.trace import lock, open_trace
from tests.workbench.opened import lanes, opened, start_engine
from workbench.app import App
from workbench.control.disk import keep
from workbench.model import library, live

WAIT = 100_000


@pytest.fixture
def app(qtbot: QtBot) -> Iterator[App]:
    with opened(qtbot) as app:
        start_engine(qtbot, app)
        yield app


@pytest.mark.timeout(600)
def test_a_sampled_run_lies_on_disk_as_it_is_shown(qtbot: QtBot, app: App) -> None:
    lane, shell = lanes(app)[0], app.controller.shell
    app.controller.panel.form.changed.emit("sampler.n_steps", 16)
    qtbot.waitUntil(lambda: lane.key in app.runs.files and not app.runs.sampling, timeout=WAIT)
    file = app.runs.files[lane.key]
    trace = open_trace(file)
    assert trace.status == "finished"
    assert np.array_equal(trace["x"][:], lane.trace["x"][:])
    trace.close()
    # previews and what a knob has overtaken leave nothing
    assert set(live.files()) == set(app.runs.files.values())
    keep.keep(shell._shown)
    assert str(file) in [each.trace for each in shell.settings.now.lanes]
    app.controller.actions["settings"].trigger()
    assert "now" in shell.page.used.text()
    qtbot.mouseClick(shell.page.live._buttons["0"], Qt.MouseButton.LeftButton)
    assert live.files() == []
    assert app.runs.record(RunSpec()) is None


def test_the_oldest_go_first_and_what_is_shown_stays() -> None:
    live.folder().mkdir(parents=True)
    made = []
    for i in range(5):
        file = live.new_file(RunSpec())
        file.write_bytes(bytes(100 + i))
        made.append(file)
    assert live.used() == 510
    live.trim(320, [made[0]])
    assert live.files() == [made[4], made[3], made[2], made[0]]
    live.trim(0, [made[0]], growing=[made[3]])
    assert live.files() == [made[3]], "what is still written stays, or its writer could not complete it"
    live.trim(0, [made[3]])
    assert live.used() == 0


def test_the_newest_is_what_was_written_last_whatever_a_clock_that_was_set_back_named_it() -> None:
    live.folder().mkdir(parents=True)
    before, after = (live.folder() / f"20261025-{clock}-swiss-roll-diffusion.h5" for clock in ("025900", "020100"))
    for i, file in enumerate((before, after)):
        file.write_bytes(bytes(100))
        os.utime(file, (1_000_000 + 120 * i,) * 2)
    assert live.files() == [after, before]
    live.trim(100)
    assert live.files() == [after]


def test_a_run_that_another_window_records_stays() -> None:
    file = live.new_file(RunSpec())
    file.parent.mkdir(parents=True)
    with h5py.File(file, "w", libver="latest") as written:
        written.swmr_mode = True
        claim = lock.Claim(file)
        live.trim(0)
        assert live.files() == [file]
        claim.release()
    live.trim(0)
    assert live.files() == []


def test_what_a_lane_shows_stays_however_little_room_there_is(qtbot: QtBot) -> None:
    live.folder().mkdir(parents=True)
    shown, trained, other = (live.new_file(RunSpec()) for _ in range(3))
    for file in (shown, trained, other):
        shutil.copy(resources.path("traces", "swiss-roll-flow.h5"), file)
    with opened(qtbot) as app:
        app.controller.desk.add_trace(shown)
        lanes(app)[0].training = open_trace(trained)
        app.controller.shell.settings.set(live_bytes=1)
        assert live.files() == [trained, shown]
        lanes(app)[0].training = None


def test_that_runs_cannot_be_recorded_is_said_once_until_one_is(qtbot: QtBot) -> None:
    with opened(qtbot) as app:
        toast, runs = app.window.toast, app.runs
        runs.unrecorded.emit("the file cannot be written: its disk has 6 MB left.")
        assert toast.text.startswith("This run is shown and not recorded")
        toast.hide()
        runs.unrecorded.emit("the file cannot be written: its disk has 5 MB left.")
        assert not toast.isVisible(), "a knob is being dragged"
        runs.recorded.emit(lanes(app)[0].key)
        runs.unrecorded.emit("the file cannot be written: its disk has 4 MB left.")
        assert toast.isVisible()


def test_a_live_run_that_has_a_name_is_kept(tmp_path) -> None:
    live.folder().mkdir(parents=True)
    file = live.new_file(RunSpec())
    shutil.copy(resources.path("traces", "swiss-roll-flow.h5"), file)
    (run,) = library.read(library.places())
    assert run.name == "Swiss roll, flow matching, Heun 25", "what it was; its file bears the moment"
    library.rename(run, "The good one")
    assert live.files() == []
    assert [place.name for place in library.places()] == ["The good one.h5"]
