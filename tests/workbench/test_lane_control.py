"""Lanes in the real window: added, removed, copied, moved, named and filled, and what is on screen then."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication, QLabel, QLineEdit, QMenu, QPushButton
from pytestqt.qtbot import QtBot

import resources
from core import events as ev
from core import presets
from core import spec as specs
from core.spec import RunSpec
from core.trace import TraceWriter
from workbench.app import START, App
from workbench.widgets.cards.dialogs import Message


@pytest.fixture
def app(qtbot: QtBot, qapp):
    """The application with its shipped run, resting at t = 0.7, without an engine."""
    made = App([])
    qtbot.addWidget(made.window)
    made.window.resize(1300, 760)
    made.window.show()
    made.window.activateWindow()
    qtbot.waitUntil(made.window.isActiveWindow, timeout=5000)
    made.playhead.pause()
    made.playhead.seek(0.7)
    settle(qtbot, made)
    yield made
    made.engine.shutdown()
    made.window.close()


def settle(qtbot: QtBot, app: App) -> None:
    """Until the lanes on screen are those of the session."""
    lanes = app.session.lanes
    qtbot.wait(70)
    qtbot.waitUntil(lambda: len(app.controller.scenes.shown) == len(lanes))


def headers(app: App) -> list[str]:
    """The titles that can be read above the lanes, from left to right."""
    shown = [header for header in app.controller.lanes._headers if header.isVisible()]
    return [each.accessibleName().partition(",")[0] for each in sorted(shown, key=lambda header: header.x())]


def menu(app: App, index: int) -> dict[str, object]:
    """The actions of a lane's menu by their texts, those of a submenu behind its own."""
    made = app.controller.lanes._headers[index].findChild(QMenu)
    made.aboutToShow.emit()
    actions = {}
    for action in made.actions():
        inner = action.menu()
        if inner is None:
            actions[action.text()] = action
        else:
            actions |= {f"{action.text()}: {each.text()}": each for each in inner.actions()}
    return actions


def pixels(app: App, lane: int) -> np.ndarray:
    """What a lane's canvas shows, without its borders: [height, width, 3]."""
    image = app.controller.lanes.stage.picture().convertToFormat(QImage.Format.Format_RGB32)
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    whole = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)[..., 2::-1]
    left, width = app.controller.lanes.stage.spans()[lane]
    return whole[40:, left + 2 : left + width - 2].astype(int)


def coloured(picture: np.ndarray) -> int:
    """Pixels with a hue: particles and trails, not greys."""
    return int((picture.max(axis=2) - picture.min(axis=2) > 60).sum())


def test_a_click_adds_a_lane_and_a_choice_in_it_fills_it(qtbot, app) -> None:
    qtbot.mouseClick(app.window.overlays.add, Qt.MouseButton.LeftButton)
    settle(qtbot, app)
    panel = app.controller.lanes._panels[3]
    assert panel.isVisible()
    assert not app.window.overlays.add.isEnabled()
    app.session.select(app.session.lanes[1].key)
    qtbot.mouseClick(panel.findChild(QPushButton, "copy"), Qt.MouseButton.LeftButton)
    settle(qtbot, app)
    assert not panel.isVisible()
    assert headers(app) == ["Diffusion", "Flow matching", "Real data", "Flow matching"]
    np.testing.assert_allclose(coloured(pixels(app, 3)), coloured(pixels(app, 1)), rtol=0.02)
    menu(app, 3)["Remove lane"].trigger()
    settle(qtbot, app)
    assert len(headers(app)) == 3
    assert app.window.overlays.add.isEnabled()


def test_lanes_move_and_bear_names(qtbot, app) -> None:
    menu(app, 0)["Move right"].trigger()
    settle(qtbot, app)
    assert headers(app) == ["Flow matching", "Diffusion", "Real data"]
    menu(app, 0)["Rename…"].trigger()
    (card,) = app.window.findChildren(Message)
    card.findChild(QLineEdit).setText("Mine")
    qtbot.keyClick(card.findChild(QLineEdit), Qt.Key.Key_Return)
    settle(qtbot, app)
    assert headers(app)[0] == "Mine"


def test_an_overlay_of_one_lane_leaves_the_others(qtbot, app) -> None:
    before = [coloured(pixels(app, i)) for i in (0, 1)]
    for name in ("Particles", "Trails"):
        menu(app, 0)[f"Overlays: {name}"].trigger()
    settle(qtbot, app)
    assert coloured(pixels(app, 0)) < 0.05 * before[0]
    assert coloured(pixels(app, 1)) == pytest.approx(before[1], rel=0.02)
    menu(app, 0)["Overlays: As in all lanes"].trigger()
    settle(qtbot, app)
    assert coloured(pixels(app, 0)) == pytest.approx(before[0], rel=0.02)


def test_a_lane_is_replaced_by_a_trace_and_a_wrong_file_changes_nothing(qtbot, app, tmp_path) -> None:
    key = app.session.lanes[0].key
    app.controller.lane_control.show_trace(key, resources.path("traces", f"{START[1]}.h5"))
    settle(qtbot, app)
    assert headers(app) == ["Flow matching", "Flow matching", "Real data"]
    (tmp_path / "wrong.h5").write_bytes(b"no trace")
    app.controller.lane_control.show_trace(key, tmp_path / "wrong.h5")
    (card,) = app.window.findChildren(Message)
    card.done.emit("Close")
    assert headers(app)[0] == "Flow matching"


def test_a_training_that_had_shown_nothing_yet_is_refused_and_changes_nothing(qtbot, app, tmp_path) -> None:
    """Such as one that was stopped before its first snapshot."""
    file, started = tmp_path / "train.h5", RunSpec(action="train")
    with TraceWriter(file) as writer:
        writer.feed(ev.RunStarted(specs.to_json(started), {}))
        writer.feed(
            ev.StreamDeclared(
                name="snapshot/x",
                row_shape=(3, 2, 2),
                dims=("step", "t", "particle", "xy"),
                kind="trajectories",
                columns=("step",),
                capacity=2,
            )
        )
        writer.feed(ev.RunFinished("stopped"))
    before = headers(app)
    for way in (
        lambda: app.controller.lane_control.show_trace(app.session.lanes[0].key, file),
        lambda: app.controller.desk.add_trace(file),
        lambda: app.controller.desk.open_traces([file]),
    ):
        way()
        (card,) = app.window.findChildren(Message)
        assert any("holds no samples yet" in label.text() for label in card.findChildren(QLabel))
        card.done.emit("Close")
        qtbot.waitUntil(lambda: not app.window.findChildren(Message))
        settle(qtbot, app)
        assert headers(app) == before


@pytest.mark.parametrize("method", ["flow matching", "MeanFlow"])  # jumps have no closed form: the sampler gives way
def test_a_preset_without_weights_offers_to_train_or_to_be_exact(qtbot, app, monkeypatch, method: str) -> None:
    monkeypatch.setattr(presets, "shipped_weights", lambda _: None)  # these have some
    menu(app, 0)[f"Replace by a preset: Eight Gaussians, {method}"].trigger()
    settle(qtbot, app)
    panel = app.controller.lanes._panels[0]
    assert panel.isVisible()
    with qtbot.waitSignal(app.engine.hello, timeout=60_000):
        app.engine.start()
    qtbot.mouseClick(panel.findChild(QPushButton, "exact"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not panel.isVisible() and headers(app)[0].lower() == method.lower(), timeout=30_000)
    x = app.session.lanes[0].trace["x"]
    qtbot.waitUntil(lambda: x.complete, timeout=30_000)
    radii = [np.linalg.norm(points, axis=1).mean() for points in (x[-1], x.static["data"])]
    assert radii[0] == pytest.approx(radii[1], rel=0.05)


def texts(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions()]


def chosen(app: App, lane: int) -> QMenu:
    """The menu of presets that an empty lane opens."""
    app.controller.lanes._panels[lane].findChild(QPushButton, "choose-preset").click()
    return QApplication.activePopupWidget()


def test_a_lane_is_filled_with_what_can_stand_beside_the_others(qtbot, app) -> None:
    app.controller.actions["add-lane"].trigger()
    settle(qtbot, app)
    beside_points = chosen(app, 3)
    assert "Eight Gaussians, reflow" in texts(beside_points)
    assert not any("MNIST" in text or "CIFAR" in text for text in texts(beside_points))
    beside_points.close()
    for _ in range(2):
        menu(app, 0)["Remove lane"].trigger()
        settle(qtbot, app)

    alone = chosen(app, 1)
    assert texts(alone) == ["Points", "Images"]
    images = alone.actions()[1].menu()
    next(action for action in images.actions() if action.text() == "MNIST, flow matching").trigger()
    alone.close()
    assert app.window.top.title.text() == "MNIST, flow matching"
    with qtbot.waitSignal(app.engine.hello, timeout=60_000):
        app.engine.start()
    lane = app.session.lanes[1]
    qtbot.waitUntil(lambda: lane.trace is not None and lane.trace["x"].complete, timeout=60_000)
    qtbot.waitUntil(lambda: headers(app)[1:2] == ["Flow matching"], timeout=5000)
    assert lane.trace["x"][-1].shape == (16, 1, 28, 28)
    assert app.controller.images.panel.isVisible()

    app.controller.actions["add-lane"].trigger()
    settle(qtbot, app)
    beside_images = chosen(app, 2)
    assert {"MNIST, MeanFlow", "CIFAR-10, diffusion"} <= set(texts(beside_images))
    assert not any("Swiss roll" in text for text in texts(beside_images))
    beside_images.close()


def test_the_last_lane_cannot_be_removed(qtbot, app) -> None:
    remove = app.controller.actions["remove-lane"]
    for _ in range(2):
        assert remove.isEnabled()
        remove.trigger()
    assert len(app.session.lanes) == 1
    assert not remove.isEnabled()
    app.controller.actions["add-lane"].trigger()
    assert remove.isEnabled()


def test_other_sides_of_a_lane_stand_beside_it(qtbot, app) -> None:
    with qtbot.waitSignal(app.engine.hello, timeout=60_000):
        app.engine.start()
    menu(app, 2)["Remove lane"].trigger()
    settle(qtbot, app)
    for name in ("Error map", "Exact field"):
        menu(app, 1)[f"Beside it: {name}"].trigger()
    settle(qtbot, app)
    assert headers(app) == ["Diffusion", "Flow matching", "Exact field", "Error map"]
    words = app.controller.lanes._headers
    qtbot.waitUntil(lambda: words[3].words[0].startswith("RMS 0."), timeout=60_000)
    settle(qtbot, app)
    assert coloured(pixels(app, 3)) > 5_000  # the map covers the middle
    qtbot.waitUntil(lambda: not app.controller.analyses.busy, timeout=60_000)
    menu(app, 3)["Remove lane"].trigger()
    menu(app, 1)["Beside it: Forward process"].trigger()
    qtbot.waitUntil(lambda: headers(app)[-1] == "Forward process", timeout=30_000)
    settle(qtbot, app)
    app.playhead.seek(1.0)
    assert words[3].words == ("No network", "t = 1.000")
    assert coloured(pixels(app, 3)) > 500


def test_the_forward_process_as_a_strip(qtbot, app) -> None:
    qtbot.keyClick(app.window, Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    strip = app.controller.lanes.strip
    assert strip.isVisible()
    assert strip.geometry().top() >= app.controller.lanes._feet[0].geometry().bottom()
    app.engine.start()
    qtbot.waitUntil(lambda: strip.complete, timeout=60_000)
    # the swiss roll at the right has a hole in its middle, which the noise at the left fills
    picture = strip.grab().toImage()
    ratio = picture.width() / strip.width()

    def lit(index: int) -> float:
        """The share of pixels with particles around the middle of a picture."""
        centre, found = strip.place(index).center(), 0
        for dx in range(-5, 6):
            for dy in range(-5, 6):
                colour = picture.pixelColor(round((centre.x() + dx) * ratio), round((centre.y() + dy) * ratio))
                found += colour.lightness() > 60
        return found / 121

    assert lit(0) > 0.4 > 0.15 > lit(8)
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.place(2).center().toPoint())
    assert app.playhead.t == pytest.approx(0.25)
    assert strip.framed == [2]
    qtbot.keyClick(app.window, Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    assert not strip.isVisible()


def test_key_frames_of_every_lane_stand_at_recorded_times_and_a_click_goes_there(qtbot, app) -> None:
    qtbot.keyClick(app.window, Qt.Key.Key_K)
    strip = app.controller.lanes.frames
    qtbot.waitUntil(lambda: strip.isVisible() and strip.complete, timeout=10_000)
    recorded = [lane.trace["x"].column("t") for lane in app.session.lanes if not lane.real]
    for group, times in enumerate(recorded):
        of = [t for each, t in strip._shown if each == group]
        assert len(of) >= 3
        assert (of[0], of[-1]) == (times[0], times[-1])
        assert set(of) <= set(times.tolist()), "each is a state that was recorded"
    places = [strip.place(i) for i in range(len(strip.times))]
    assert all(a.right() < b.left() for a, b in itertools.pairwise(places))
    assert places[-1].right() <= strip.width()
    second = len([each for each, _ in strip._shown if each == 0]) + 1
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=places[second].center().toPoint())
    assert app.playhead.t == pytest.approx(strip.times[second])
    assert second in strip.framed
    pictures = dict(strip._pictures)
    app.playhead.seek(0.9)
    assert strip._pictures == pictures, "moving the slider paints none anew"
    qtbot.keyClick(app.window, Qt.Key.Key_K)
    qtbot.waitUntil(lambda: not strip.isVisible())
