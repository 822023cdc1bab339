"""The first five minutes, in the real window: what a newcomer does, and what is on screen after it."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from PyQt6.QtCore import QPoint, QProcess, Qt
from PyQt6.QtWidgets import QFileDialog, QMenu

import resources
from core.trace import Trace, open_trace, save
from tests.workbench.image_traces import image_trace
from tests.workbench.trained import training_file
from workbench.app import START, App
from workbench.commands import main
from workbench.widgets.cards.export_dialog import ExportChoice


@pytest.fixture
def app(qtbot, qapp):
    """The application with its shipped run, at rest at t = 0; the engine starts when a test asks for it."""
    made = App([])
    qtbot.addWidget(made.window)
    made.window.resize(1200, 760)
    made.window.show()
    made.window.activateWindow()
    qtbot.waitUntil(made.window.isActiveWindow, timeout=5000)
    yield made
    made.playhead.pause()
    made.engine.shutdown()
    made.window.close()


def start_engine(qtbot, app: App) -> None:
    with qtbot.waitSignal(app.engine.hello, timeout=60_000):
        app.engine.start()


def lanes(app: App):
    return [lane for lane in app.session.lanes if not lane.real]


def test_plays_two_methods_beside_the_data_without_an_engine(qtbot, app) -> None:
    app.playhead.play()
    qtbot.waitUntil(lambda: len(app.controller.scenes.shown) == 3 and app.playhead.t > 0.01, timeout=5000)
    methods = [scene.lane.method for scene in app.controller.scenes.shown]
    assert methods == ["diffusion", "flow", "real"]
    starts = [lane.trace["x"][0] / lane.trace["x"].column("sigma")[0] for lane in lanes(app)]
    np.testing.assert_allclose(*starts, atol=1e-5)
    assert app.engine.pid is None


def test_scrubs_by_mouse_and_keys(qtbot, app) -> None:
    track = app.controller.transport.track
    qtbot.waitUntil(lambda: len(app.playhead.steps) == 2)
    x = round(track.x_of(0.5))
    qtbot.mousePress(track, Qt.MouseButton.LeftButton, pos=QPoint(x, 22))
    assert app.playhead.t == pytest.approx(0.5, abs=0.01)
    qtbot.mouseRelease(track, Qt.MouseButton.LeftButton, pos=QPoint(x, 22))
    app.playhead.pause()
    qtbot.keyClick(app.window, Qt.Key.Key_End)
    assert app.playhead.t == 1.0
    qtbot.keyClick(app.window, Qt.Key.Key_Left)
    assert app.playhead.t == pytest.approx(0.98)
    qtbot.keyClick(app.window, Qt.Key.Key_Space)
    assert app.playhead.playing


def test_a_knob_answers_at_once_with_the_shipped_weights(qtbot, app) -> None:
    start_engine(qtbot, app)
    app.session.select(lanes(app)[1].key)
    before = lanes(app)[1].trace
    app.controller.panel.form.changed.emit("sampler.n_steps", 7)
    qtbot.waitUntil(lambda: lanes(app)[1].trace["x"][:].shape == (8, 1400, 2), timeout=20_000)
    np.testing.assert_allclose(lanes(app)[1].trace["x"][0], before["x"][0], atol=1e-6)
    assert "Heun 7" in app.controller.scenes.all()[1].lane.subtitle


def test_trains_both_methods_on_other_data_stops_and_keeps(qtbot, app) -> None:
    start_engine(qtbot, app)
    for field, value in (("data.name", "three-gaussians"), ("n_samples", 60), ("training.n_steps", 100_000)):
        app.controller.panel.form.changed.emit(field, value)
    assert app.controller.panel.run.text() == "Train"
    app.controller.actions["run"].trigger()
    qtbot.waitUntil(
        lambda: (
            len(app.runs.training) == 2
            and all(lane.training is not None and "loss" in lane.training.streams for lane in lanes(app))
            and all(len(lane.training["loss"]) > 40 for lane in lanes(app))
        ),
        timeout=60_000,
    )
    assert app.controller.panel.stop.isVisible()
    done: list[str] = []
    app.runs.trained.connect(lambda _key, status, _weights: done.append(status))
    app.controller.actions["stop"].trigger()
    qtbot.waitUntil(lambda: done == ["stopped", "stopped"], timeout=30_000)
    qtbot.waitUntil(lambda: all(lane.trace.status == "finished" for lane in lanes(app)), timeout=30_000)
    folder = Path(os.environ["FLOWSCOPE_HOME"]) / "runs"
    traces = [open_trace(file) for file in sorted(folder.glob("*/train.h5"))]
    assert [trace.status for trace in traces] == ["stopped", "stopped"]
    assert all(len(trace["loss"]) > 40 for trace in traces)
    snapshots = app.playhead.snapshots
    snapshots.move(-1)
    words = f"EMA at step {int(snapshots.step):,}"
    qtbot.waitUntil(lambda: words in app.controller.scenes.shown[0].lane.subtitle, timeout=5000)
    losses = app.controller.charts._cells[0].plot
    qtbot.waitUntil(lambda: losses._x == snapshots.step, timeout=5000)  # and the cursor of the losses stands there
    qtbot.wait(400)
    assert losses._x == snapshots.step


@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="this system does not tell")
def test_the_status_bar_says_what_window_and_engine_hold(qtbot, app) -> None:
    status = app.window.status
    with qtbot.waitSignal(app.engine.hello, timeout=60_000):
        app.engine.start()
    qtbot.waitUntil(lambda: status.number("Memory").endswith(" MB"), timeout=20_000)

    def megabytes() -> float:
        return float(status.number("Memory").removesuffix(" MB").replace(",", ""))

    def resident(pid: int) -> float:
        (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1000 * 1.024

    qtbot.waitUntil(lambda: abs(megabytes() - resident(os.getpid()) - resident(app.engine.pid)) < 40, timeout=20_000)
    before, ballast = megabytes(), np.ones(30_000_000)
    qtbot.waitUntil(lambda: megabytes() > before + 200, timeout=20_000)
    del ballast
    with qtbot.waitSignal(app.engine.died, timeout=20_000):
        os.kill(app.engine.pid, signal.SIGKILL)
    assert status.number("Memory") == "", "nobody measures it now"


def test_an_engine_that_died_too_often_is_started_again_by_hand(qtbot, app, monkeypatch) -> None:
    monkeypatch.setattr("workbench.engine.client._MOST_QUICK_DEATHS", 0)
    start_engine(qtbot, app)
    for again in (app.window.toast._button, app.controller.panel.run):
        with qtbot.waitSignal(app.engine.unavailable, timeout=60_000):
            os.kill(app.engine.pid, signal.SIGKILL)
        assert app.window.toast.text == "The engine stops as soon as it starts recorded runs can still be played"
        with qtbot.waitSignal(app.engine.hello, timeout=60_000):
            qtbot.mouseClick(again, Qt.MouseButton.LeftButton)
        assert app.runs.ready


def test_a_killed_engine_is_told_and_run_works_again(qtbot, app) -> None:
    start_engine(qtbot, app)
    before = [lane.trace for lane in lanes(app)]
    with qtbot.waitSignals([app.engine.died, app.engine.hello], timeout=60_000):
        os.kill(app.engine.pid, signal.SIGKILL)
    assert "engine stopped" in app.window.toast.text
    assert [lane.trace for lane in lanes(app)] == before
    app.controller.panel.form.changed.emit("sampler.n_steps", 5)
    qtbot.waitUntil(lambda: len(lanes(app)[0].trace["x"]) == 6, timeout=20_000)


def test_saves_and_opens_a_trace(qtbot, app, tmp_path) -> None:
    with qtbot.waitSignal(app.controller.exporter.saved, timeout=10_000) as saved:
        app.controller.exporter.save_trace(lanes(app)[0].trace, tmp_path / "mine.h5")
    assert saved.args[1] == ""
    app.controller.desk.open_traces([tmp_path / "mine.h5"])
    shipped = open_trace(resources.path("traces", f"{START[0]}.h5"))
    np.testing.assert_array_equal(lanes(app)[0].trace["x"][:], shipped["x"][:])


def test_what_is_saved_is_the_training_that_a_lane_shows_or_the_run(qtbot, app, tmp_path) -> None:
    training = training_file(tmp_path)
    app.controller.desk.open_traces([training, resources.path("traces", f"{START[0]}.h5")])

    def saved(lane) -> Trace:
        app.session.select(lane.key)
        app.controller.actions["save"].trigger()
        (dialog,) = app.window.findChildren(QFileDialog)
        file = tmp_path / f"{lane.key}.h5"
        with qtbot.waitSignal(app.controller.exporter.saved, timeout=10_000):
            dialog.fileSelected.emit(str(file))
        dialog.close()
        qtbot.waitUntil(lambda: not app.window.findChildren(QFileDialog))
        return open_trace(file)

    trained, sampled = lanes(app)
    assert len(saved(trained)["snapshot/x"]) == len(open_trace(training)["snapshot/x"]) > 1
    sampled.training = trained.training  # as of a lane that was trained, and has sampled since
    assert np.array_equal(saved(sampled)["x"][:], sampled.trace["x"][:])


def test_a_wrong_file_is_a_message_and_changes_nothing(qtbot, app, tmp_path) -> None:
    before = list(app.session.lanes)
    (tmp_path / "wrong.h5").write_bytes(b"not a trace")
    app.window.files_dropped.emit([tmp_path / "wrong.h5"], True)
    from workbench.widgets.cards.dialogs import Message

    qtbot.waitUntil(lambda: bool(app.window.findChildren(Message)), timeout=20_000)
    (card,) = app.window.findChildren(Message)
    assert app.session.lanes == before
    card.done.emit("Close")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numpy's word for a run that has gone astray, which may be seen
def test_traces_that_are_odd_inside_are_shown_or_told(qtbot, app, tmp_path) -> None:
    """Numbers that are none, places without end, a run that stands still: nothing of it reaches a slot as an error."""
    from workbench.widgets.cards.dialogs import Message

    odd = {
        "nan": {"streams/x/data": np.nan}, "huge": {"streams/x/data": 3e38, "streams/x1_hat/data": -np.inf},
        "nowhere": {"streams/x/data": np.nan, "streams/x/static/data": np.inf, "streams/field/velocity/data": np.nan},
        "still": {"streams/x/t": 0.5, "streams/x/sigma": 0.0, "streams/x/d_sigma": np.nan, "streams/x/nfe": np.nan},
        "flat": {"streams/field/velocity/static/grid": 0.0}, "empty": {"streams/x/committed": 0},
    }  # fmt: skip
    for name, numbers in odd.items():
        file = tmp_path / f"{name}.h5"
        shutil.copy(resources.path("traces", f"{START[1]}.h5"), file)
        with h5py.File(file, "r+") as h5:
            for place, number in numbers.items():
                h5[place][...] = number
        before = lanes(app)[0].trace
        app.window.files_dropped.emit([file], True)
        qtbot.waitUntil(
            lambda b=before: lanes(app)[0].trace is not b or bool(app.window.findChildren(Message)), timeout=20_000
        )
        for t in (0.0, 0.5, 1.0):
            app.playhead.seek(t)
            qtbot.wait(120)
        for card in app.window.findChildren(Message):
            card.done.emit("Close")


def test_a_wrong_number_is_a_message_at_its_field(qtbot, app) -> None:
    lane = lanes(app)[0]
    app.controller.panel.form.changed.emit("sampler.n_steps", -3)
    assert app.window.toast.text.startswith("Steps must be 1 to 1,000. Given −3.")
    assert lane.spec.sampler.params["n_steps"] == 50


def test_exports_the_lanes_as_the_command_line_does(qtbot, app, tmp_path) -> None:
    exporter = app.controller.exporter
    assert exporter.titles() == ("Diffusion", "Flow matching", "Real data")
    app.session.view.overlays |= {"preview", "density", "exact"}
    choice = ExportChoice(width=600, height=320, fps=5, seconds=1.0, title="Same")
    with qtbot.waitSignal(exporter.exported, timeout=60_000):
        exporter.export(tmp_path / "window.gif", choice)
    traces = [str(resources.path("traces", f"{name}.h5")) for name in START]
    command = ["export", *traces, str(tmp_path / "headless.gif"), "--size", "600x320", "--fps", "5", "--seconds", "1"]
    shown = [word for name in ("preview", "density", "exact") for word in ("--show", name)]
    assert main([*command, "--title", "Same", *shown]) == 0
    assert (tmp_path / "window.gif").read_bytes() == (tmp_path / "headless.gif").read_bytes()


def test_exports_every_lane_as_it_is_seen(qtbot, app, tmp_path) -> None:
    exporter, control, (diffusion, flow, real) = app.controller.exporter, app.controller.lane_control, app.session.lanes
    app.session.remove(real.key)
    control.add_aspect("error", flow.key)
    control.add_aspect("exact", diffusion.key)
    flow.name, flow.overlays = "Mine", frozenset({"particles"})
    app.session.touch(flow.key)
    assert exporter.titles() == ("Diffusion", "Exact field", "Mine", "Error map")
    for name, captions in (("as-seen.svg", ()), ("captions.svg", ("First", "", "Third"))):
        choice = ExportChoice(suffix=".svg", width=1600, height=500, at=0.5, captions=captions)
        with qtbot.waitSignal(exporter.exported, timeout=120_000):
            exporter.export(tmp_path / name, choice)
    svg = (tmp_path / "as-seen.svg").read_text()
    heads = {title: svg.index(f">{title}</text>") for title in exporter.titles()}
    assert sorted(heads, key=heads.__getitem__) == list(exporter.titles())
    each = len(diffusion.trace["x"][0]), len(diffusion.trace["x"].static["data"])
    assert svg.count("<circle") == pytest.approx(2 * sum(each) + each[0], abs=40), "of the third no real data are seen"
    captioned = (tmp_path / "captions.svg").read_text()
    assert all(f">{title}</text>" in captioned for title in ("First", "Exact field", "Third", "Error map"))
    assert ">Mine</text>" not in captioned
    choice = ExportChoice(suffix=".png", width=1600, height=500, at=0.5)
    with qtbot.waitSignal(exporter.exported, timeout=120_000):
        exporter.export(tmp_path / "as-seen.png", choice)
    picture = np.asarray(Image.open(tmp_path / "as-seen.png").convert("RGB")).astype(int)[200:300]
    blue = [np.median((lane[..., 2] - lane[..., 0])[:, 130:270]) for lane in np.split(picture, 4, axis=1)]
    assert blue[3] > 40 > max(blue[:3]), "the map of small errors is blue"


def test_an_export_that_is_cancelled_leaves_nothing(qtbot, app, tmp_path) -> None:
    exporter = app.controller.exporter
    exporter.export(tmp_path / "never.apng", ExportChoice(suffix=".apng", seconds=60.0))
    qtbot.waitUntil(lambda: bool(list(tmp_path.glob(".export-*"))), timeout=60_000)
    exporter.cancel()
    qtbot.waitUntil(lambda: app.window.toast.text.startswith("Export cancelled"), timeout=60_000)
    assert not [*tmp_path.glob("*.apng"), *tmp_path.glob(".export-*")]


@pytest.mark.parametrize(
    "stuck", [False, pytest.param(True, marks=pytest.mark.skipif(os.name == "nt", reason="no SIGSTOP"))]
)
def test_a_window_that_closes_during_an_export_leaves_nothing(qtbot, app, tmp_path, *, stuck: bool) -> None:
    exporter = app.controller.exporter
    (tmp_path / ".export-of-another").mkdir()
    exporter.export(tmp_path / "never.apng", ExportChoice(suffix=".apng", seconds=60.0))
    qtbot.waitUntil(lambda: len(list(tmp_path.glob(".export-*"))) == 2, timeout=60_000)
    process = exporter._process
    if stuck:
        os.kill(process.processId(), signal.SIGSTOP)
    app.window.close()
    assert process.state() == QProcess.ProcessState.NotRunning
    assert [each.name for each in tmp_path.iterdir() if each.name != "home"] == [".export-of-another"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows ends processes in another way")
def test_an_export_whose_process_is_killed_says_so_and_leaves_nothing(qtbot, app, tmp_path) -> None:
    exporter = app.controller.exporter
    exporter.export(tmp_path / "never.apng", ExportChoice(suffix=".apng", seconds=60.0))
    qtbot.waitUntil(lambda: bool(list(tmp_path.glob(".export-*"))), timeout=60_000)
    os.kill(exporter._process.processId(), signal.SIGKILL)
    qtbot.waitUntil(lambda: not exporter._busy, timeout=10_000)
    assert [each.name for each in tmp_path.iterdir() if each.name != "home"] == []


def test_an_export_whose_process_cannot_start_says_so_and_lets_others_go_on(qtbot, app, tmp_path, monkeypatch) -> None:
    exporter, choice = app.controller.exporter, ExportChoice(suffix=".png", width=400, height=300)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", str(tmp_path / "gone"))
        exporter.export(tmp_path / "one.png", choice)
        qtbot.waitUntil(lambda: not exporter._busy, timeout=10_000)
    with qtbot.waitSignal(exporter.exported, timeout=60_000):
        exporter.export(tmp_path / "two.png", choice)


def test_one_export_at_a_time_from_the_first_moment(qtbot, app, tmp_path) -> None:
    exporter = app.controller.exporter
    exporter.export(tmp_path / "one.png", ExportChoice(suffix=".png", width=400, height=300))
    exporter.export(tmp_path / "two.png", ExportChoice(suffix=".png", width=400, height=300))
    assert app.window.toast.text == "An export is still going on"
    exporter.cancel()  # before its process has begun
    qtbot.waitUntil(lambda: app.window.toast.text == "Export cancelled", timeout=60_000)
    with qtbot.waitSignal(exporter.exported, timeout=60_000):
        exporter.export(tmp_path / "three.png", ExportChoice(suffix=".png", width=400, height=300))
    assert [each.name for each in tmp_path.iterdir()] == ["three.png"]


def test_both_themes_and_every_overlay(qtbot, app) -> None:
    for name in ("particles", "trails", "field", "real"):
        app.controller.actions[name].trigger()
        assert name not in app.session.view.overlays
        app.controller.actions[name].trigger()
        assert name in app.session.view.overlays
    app.controller.actions["theme"].trigger()
    qtbot.waitUntil(lambda: app.window.theme.name == "light")
    image = app.window.grab().toImage()
    assert image.pixelColor(5, app.window.height() - 5).lightness() > 200


def test_a_trace_survives_saving(tmp_path) -> None:
    shipped = open_trace(resources.path("traces", f"{START[1]}.h5"))
    save(shipped, tmp_path / "copy.h5")
    copy = open_trace(tmp_path / "copy.h5")
    assert copy.spec == shipped.spec
    for name, stream in shipped.streams.items():
        np.testing.assert_array_equal(copy[name][:], stream[:])


def test_a_hand_on_a_lane_that_has_just_gone_does_nothing(qtbot, app) -> None:
    """Its header stands until the lanes are drawn anew."""
    selected, menu, lanes = app.session.selected, QMenu(), app.controller.lanes
    for gone in (len(app.session.lanes), 9):
        lanes.lane_selected.emit(gone)
        lanes.cancel.emit(gone)
        lanes.menu_requested.emit(gone, menu)
    assert app.session.selected == selected
    assert menu.isEmpty()


@pytest.mark.parametrize("images", [False, True])
def test_a_lane_says_what_became_of_its_samples_once_that_is_known(qtbot, app, images) -> None:
    lane = app.session.lanes[0]
    lane.trace = replace(image_trace() if images else lane.trace, status="running")
    app.session.touch(lane.key)
    qtbot.waitUntil(lambda: app.controller.scenes.shown[0].pixels is images, timeout=5000)
    lane.trace.status, lane.trace.message = "finished", "3 of 4 particles end as NaN or infinity. Try more steps."
    app.session.touch(lane.key)
    told = ("3 of 4 particles end as NaN or infinity", "Try more steps")
    qtbot.waitUntil(lambda: app.controller.scenes.shown[0].notes == told, timeout=5000)


def test_a_second_click_on_what_is_told_of_a_failure_leaves_the_lane_alone(qtbot, app) -> None:
    lane = app.session.lanes[0]
    lane.failure = "The disk is full."
    trace = lane.trace
    for _ in range(2):
        app.controller.lanes.message_action.emit(0, "dismiss")
    assert lane.failure == ""
    assert lane.trace is trace
    assert lane.spec is not None
