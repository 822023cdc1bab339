"""Overlays in the real window: keys, what is computed for them, and what is on screen then."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import Qt

import resources
from core.spec import Part
from core.trace import open_trace, save
from workbench import folders
from workbench.app import START, App
from workbench.model import analyses
from workbench.views.marks import Heat, Overlay
from workbench.widgets.lane.overlay_bar import OVERLAYS


@pytest.fixture
def app(qtbot, qapp):
    """The application with its shipped run, resting at t = 0.4; the engine starts when a test asks for it."""
    made = App([])
    qtbot.addWidget(made.window)
    made.window.resize(1200, 760)
    made.window.show()
    made.window.activateWindow()
    qtbot.waitUntil(made.window.isActiveWindow, timeout=5000)
    qtbot.waitUntil(lambda: len(made.controller.scenes.shown) == 3)
    made.playhead.pause()
    made.playhead.seek(0.4)
    yield made
    made.engine.shutdown()
    made.window.close()


def marks(app: App, lane: int, overlay: Overlay):
    scene = app.controller.scenes.shown[lane]
    return [mark for mark in scene.marks if mark.overlay == overlay] if scene is not None else []


def pixels(app: App) -> np.ndarray:
    """The stage as it is seen: [height, width, 3]."""
    image = app.controller.lanes.stage.picture().convertToFormat(image_format())
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    return np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)[..., 2::-1].copy()


def image_format():
    from PyQt6.QtGui import QImage

    return QImage.Format.Format_RGB32


def test_exact_field_and_error_map_are_computed_shown_and_kept(qtbot, app) -> None:
    shipped = [resources.path("traces", f"{name}.h5") for name in START]
    before = [hashlib.sha256(file.read_bytes()).hexdigest() for file in shipped]
    plain = pixels(app)
    qtbot.keyClick(app.window, Qt.Key.Key_M)
    qtbot.keyClick(app.window, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: "Computing the error map…" in app.controller.scenes.shown[0].notes)
    assert not marks(app, 0, "error")
    app.engine.start()
    done = lambda: (  # noqa: E731
        all(marks(app, lane, "error") and marks(app, lane, "exact") for lane in (0, 1))
        and not app.controller.analyses.busy
        and app.controller.scenes.shown[0].notes == ()
    )
    qtbot.waitUntil(done, timeout=60_000)
    maps = [marks(app, lane, "error")[0] for lane in (0, 1)]
    assert maps[0].top == maps[1].top  # one scale for all lanes
    assert all(isinstance(each, Heat) and len(each.times) == 50 for each in maps)
    # cividis is blue where the error is small: in the middle of each lane the picture has turned so
    seen, (left, width) = pixels(app), app.controller.lanes.stage.spans()[1]
    middle = np.s_[seen.shape[0] // 2 - 40 : seen.shape[0] // 2 + 40, left + width // 2 - 40 : left + width // 2 + 40]
    blue = seen[middle].astype(int)[..., 2] - seen[middle].astype(int)[..., 0]
    assert np.median(blue) > 40 > np.median(plain[middle].astype(int)[..., 2] - plain[middle].astype(int)[..., 0])
    # the exact field is close to the learned one where the error says so
    exact, learned = marks(app, 1, "exact")[0], marks(app, 1, "field")[0]
    assert exact.full_length_at == learned.full_length_at
    assert [hashlib.sha256(file.read_bytes()).hexdigest() for file in shipped] == before
    assert len(list((folders.home() / "derived").glob("*.h5"))) == 4


def test_what_was_found_out_is_there_again_without_an_engine(qtbot, app, monkeypatch) -> None:
    monkeypatch.setattr(analyses, "BUDGET", 1)  # what is shown stays all the same
    older = analyses.place("older")
    older.parent.mkdir(parents=True, exist_ok=True)
    older.write_bytes(bytes(2))
    os.utime(older, (1000, 1000))
    app.engine.start()
    qtbot.keyClick(app.window, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: bool(marks(app, 0, "exact")) and not app.controller.analyses.busy, timeout=60_000)
    assert not older.exists()
    again = App([])
    qtbot.addWidget(again.window)
    again.session.view.overlays = again.session.view.overlays | {"exact"}
    again.window.show()
    qtbot.waitUntil(lambda: len(again.controller.scenes.shown) == 3 and bool(marks(again, 0, "exact")), timeout=30_000)
    np.testing.assert_array_equal(marks(again, 0, "exact")[0].vectors, marks(app, 0, "exact")[0].vectors)
    assert again.engine.pid is None
    again.window.close()


def test_a_computation_can_be_cancelled_and_asked_for_again(qtbot, app) -> None:
    app.engine.start()
    qtbot.keyClick(app.window, Qt.Key.Key_M)
    qtbot.waitUntil(lambda: app.controller.analyses.busy, timeout=60_000)
    for index in (0, 1):
        app.controller.lanes.cancel.emit(index)
    qtbot.waitUntil(lambda: not app.controller.analyses.busy, timeout=60_000)
    qtbot.waitUntil(lambda: "stopped" in "".join(app.controller.scenes.shown[1].notes))
    assert not marks(app, 1, "error")
    for _ in range(2):
        qtbot.keyClick(app.window, Qt.Key.Key_M)
    qtbot.waitUntil(lambda: bool(marks(app, 1, "error")), timeout=60_000)
    qtbot.waitUntil(lambda: not app.controller.analyses.busy, timeout=60_000)


def test_lanes_of_points_have_the_chips_of_points_however_wide_the_window_is(qtbot, app) -> None:
    bar = app.window.overlays
    for width, panel in ((1200, True), (1440, False), (1000, True), (1560, False)):
        app.window.resize(width, 760)
        if app.controller.panel.isVisible() != panel:
            qtbot.keyClick(app.window, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
        qtbot.wait(20)
        seen = {name for name, chip in bar.chips.items() if chip.isVisible()}
        hidden = {action.objectName() for action in bar.more.menu().actions()}
        assert seen | hidden == {name for name, _ in OVERLAYS}
        assert not seen & hidden
        assert bar.more.isVisible() == bool(hidden)
    assert seen == {name for name, _ in OVERLAYS}


def test_an_error_of_other_weights_than_the_run_was_sampled_with_is_not_shown(qtbot, app, tmp_path) -> None:
    """It would be drawn over particles that those weights never moved; the exact field hangs on no weights."""
    weights = tmp_path / "mine.safetensors"
    shutil.copy(resources.path("weights", "swiss-roll-flow.safetensors"), weights)
    run = open_trace(resources.path("traces", "swiss-roll-flow.h5"))
    spec = run.spec.replace(field=Part("network", {"weights": str(weights)}))
    save(replace(run, spec=spec), tmp_path / "mine.h5")
    run.close()
    app.controller.files.open_now([tmp_path / "mine.h5"])
    said = lambda: app.controller.scenes.shown[0].notes  # noqa: E731
    qtbot.keyClick(app.window, Qt.Key.Key_M)
    qtbot.waitUntil(lambda: said() == ("Computing the error map…",))
    weights.write_bytes(resources.path("weights", "swiss-roll-diffusion.safetensors").read_bytes())
    for problem in ("mine.safetensors holds other weights now. Sample it again.", "mine.safetensors is gone."):
        app.controller.workspace.refresh()
        qtbot.waitUntil(lambda words=problem: said() and said()[0].startswith(words))
        weights.unlink(missing_ok=True)
    qtbot.keyClick(app.window, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: "Computing the exact field…" in said())
