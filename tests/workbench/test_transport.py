"""The transport bar: hands on it move the playhead, and it shows what the playhead says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QColor, QMouseEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from workbench import actions
from workbench.model.playhead import Playhead
from workbench.painters import fonts
from workbench.views.marks import Lane
from workbench.views.theme import DARK
from workbench.views.time_axis import time_axis
from workbench.widgets.style import stylesheet
from workbench.widgets.timeline.track import Track
from workbench.widgets.timeline.transport import Transport


def handlers(head: Playhead) -> dict[str, Callable[[], None]]:
    """Those of the transport; the rest does nothing."""
    out: dict[str, Callable[[], None]] = {spec.id: lambda: None for spec in actions.TABLE}
    return out | {
        "play": head.toggle, "reverse": lambda: head.toggle(-1), "step-back": lambda: head.step(-1),
        "step-on": lambda: head.step(1), "to-start": head.to_start, "to-end": head.to_end,
        "loop": head.next_mode, "keep-time": lambda: head.set_keep_time(not head.keep_time),
        "play-training": head.snapshots.toggle,
    }  # fmt: skip


@pytest.fixture
def head() -> Playhead:
    head = Playhead()
    head.set_steps([np.linspace(0, 1, 11), np.linspace(0, 1, 5)])
    return head


@pytest.fixture
def bar(head: Playhead, qtbot: QtBot) -> Iterator[Transport]:
    window = QWidget()
    window.setStyleSheet(stylesheet(DARK))
    qtbot.addWidget(window)
    bar = Transport(head, actions.build(window, handlers(head)))
    bar.retheme(DARK)
    column = QVBoxLayout(window)
    column.addWidget(bar)
    window.resize(1200, 100)
    with qtbot.waitExposed(window):
        window.show()
    yield bar
    window.close()


def at(track: Track, place: float) -> QPoint:
    """The pixel of a place."""
    return QPoint(round(track.x_of(place)), 25)


def drag(track: Track, *places: float, shift: bool = False) -> None:
    """Press at the first place, move over the others, let go at the last."""
    key = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    QTest.mousePress(track, Qt.MouseButton.LeftButton, key, pos=at(track, places[0]))
    for place in places[1:]:
        move(track, place)
    QTest.mouseRelease(track, Qt.MouseButton.LeftButton, pos=at(track, places[-1]))


def move(track: Track, place: float) -> None:
    """With the button held: QTest.mouseMove lets go of it."""
    here, left = QPointF(at(track, place)), Qt.MouseButton.LeftButton
    event = QMouseEvent(
        QEvent.Type.MouseMove, here, QPointF(track.mapToGlobal(here)), left, left, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(track, event)


def test_a_place_on_the_track_is_a_time(bar: Transport, head: Playhead) -> None:
    pixel = 1 / (bar.track.x_of(1) - bar.track.x_of(0))
    for place in (0.5, 0.123, 1.0, 0.0):
        drag(bar.track, 0.7, 0.9, place)
        assert head.t == pytest.approx(place, abs=pixel)
        assert bar.track.place == head.t
        assert bar.time.text() == f"{head.t:.3f}"


def test_beyond_the_ends_of_the_line_is_its_end(bar: Transport, head: Playhead) -> None:
    QTest.mouseClick(bar.track, Qt.MouseButton.LeftButton, pos=QPoint(bar.track.width() - 1, 50))
    assert head.t == 1.0
    QTest.mouseClick(bar.track, Qt.MouseButton.LeftButton, pos=QPoint(0, 5))
    assert head.t == 0.0


def test_holding_the_slider_rests_and_letting_go_plays_on(bar: Transport, head: Playhead) -> None:
    head.play()
    QTest.mousePress(bar.track, Qt.MouseButton.LeftButton, pos=at(bar.track, 0.3))
    move(bar.track, 0.4)
    assert (head.playing, head.t) == (False, bar.track.place)
    QTest.mouseRelease(bar.track, Qt.MouseButton.LeftButton, pos=at(bar.track, 0.4))
    assert head.playing


def test_the_arrows_visit_recorded_steps_and_home_and_end_the_ends(bar: Transport, head: Playhead) -> None:
    for key, t in ((Qt.Key.Key_Right, 0.1), (Qt.Key.Key_Right, 0.2), (Qt.Key.Key_Right, 0.25), (Qt.Key.Key_Left, 0.2),
                   (Qt.Key.Key_End, 1.0), (Qt.Key.Key_Home, 0.0)):  # fmt: skip
        QTest.keyClick(bar.track, key)
        assert head.t == pytest.approx(t)


def test_the_buttons_do_what_they_say(bar: Transport, head: Playhead) -> None:
    bar.play.click()
    assert head.playing
    bar.play.click()
    assert not head.playing
    bar.buttons["reverse"].click()
    assert (head.playing, head.direction) == (True, -1)
    bar.buttons["step-back"].click()
    assert (head.playing, head.t) == (False, 0.9)
    bar.buttons["to-start"].click()
    assert head.t == 0.0
    modes = []
    for _ in range(3):
        bar.loop.click()
        modes.append((head.mode, bar.loop.words))
    assert modes == [("ping-pong", "Ping-pong"), ("once", "Once"), ("loop", "Loop")]


def test_the_speed_menu_sets_the_speed_and_shows_it(bar: Transport, head: Playhead) -> None:
    menu = bar.speed.menu()
    assert menu is not None
    quick = next(action for action in menu.actions() if action.text() == "4×")
    quick.trigger()
    assert head.speed == 4.0
    assert bar.speed.words == "4×"
    assert [action.text() for action in menu.actions() if action.isChecked()] == ["4×"]


def typed(field: QLineEdit, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_a_typed_time_snaps_to_a_recorded_step(bar: Transport, head: Playhead) -> None:
    typed(bar.time, "0.27")
    assert head.t == 0.25
    bar.time.clearFocus()
    assert bar.time.text() == "0.250"


def test_nonsense_is_told_and_stays_to_be_mended(bar: Transport, head: Playhead, qtbot: QtBot) -> None:
    head.seek(0.5)
    window = bar.window()
    assert window is not None
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    with qtbot.waitSignal(bar.refused) as told:
        typed(bar.time, "1.5")
    assert told.args == ["Time must be 0 to 1. Given 1.5."]
    assert (head.t, bar.time.text(), bar.time.property("wrong")) == (0.5, "1.5", True)
    bar.time.clearFocus()
    assert (bar.time.text(), bar.time.property("wrong")) == ("0.500", False)


def test_a_part_is_chosen_on_the_track_mended_at_its_brackets_and_given_up(bar: Transport, head: Playhead) -> None:
    pixel = 1.01 / (bar.track.x_of(1) - bar.track.x_of(0))
    drag(bar.track, 0.8, 0.5, 0.2, shift=True)
    assert head.span == pytest.approx((0.2, 0.8), abs=pixel)
    assert head.t == 0.0, "choosing a part moves no cursor"
    drag(bar.track, 0.2, 0.4)
    assert head.span == pytest.approx((0.4, 0.8), abs=pixel)
    picture = bar.track.grab().toImage()
    bracket = QColor(picture.pixel(at(bar.track, 0.8).x(), 15))
    assert bracket.lightness() > QColor(DARK.ctl).lightness()
    QTest.mouseDClick(bar.track, Qt.MouseButton.LeftButton, pos=at(bar.track, 0.6))
    assert head.whole


def flow_lane(n: int = 5) -> Lane:
    t = np.linspace(0, 1, n)
    alpha = np.maximum(t, 1e-4)
    return Lane("flow", "Flow", "Euler", "ode", t, np.arange(n), n - 1, alpha, 1 - t)


def test_slider_field_and_ticks_read_another_axis_and_the_cursor_stays(bar: Transport, head: Playhead) -> None:
    head.axis_changed.connect(lambda: bar.set_axis(time_axis(head.axis, flow_lane())))
    bar.set_methods(["diffusion", "flow"])
    head.seek(0.25)
    for kind, text in (("1-t", "0.750"), ("sigma", "0.750"), ("log-snr", "−2.20"), ("ddpm", "750"), ("nfe", "1")):
        bar.axes.chosen.emit(kind)
        assert (head.axis, head.t, bar.time.text()) == (kind, 0.25, text)
        assert bar.axes.value() == kind
    bar.axes.chosen.emit("log-snr")
    flow = bar.track.ticks[1].places
    assert bar.track.place == pytest.approx(flow[1]), "the cursor stands at the tick of its step"
    assert flow[1] > 0.4, "most of a log-SNR axis is near the noise"
    drag(bar.track, 0.7, float(flow[2]))
    assert head.t == pytest.approx(0.5, abs=0.01)
    typed(bar.time, "2.2")
    assert head.t == 0.75
    bar.time.clearFocus()
    assert bar.time.text() == "2.20"


def test_a_narrow_bar_offers_the_axes_in_a_menu(bar: Transport, head: Playhead) -> None:
    assert bar.axes.isVisible() == (bar.width() >= 1180)
    window = bar.window()
    assert window is not None
    window.resize(860, 100)
    QTest.qWait(20)
    assert bar.axis_chip.isVisible()
    assert not bar.axes.isVisible()
    menu = bar.axis_chip.menu()
    assert menu is not None
    menu.actions()[2].trigger()
    assert (head.axis, bar.axis_chip.words) == ("sigma", "σ")
    assert bar.minimumSizeHint().width() <= 860


def test_each_lane_has_its_ticks(bar: Transport, head: Playhead) -> None:
    bar.set_methods(["diffusion", "flow"])
    assert [(ticks.method, len(ticks.places)) for ticks in bar.track.ticks] == [("diffusion", 11), ("flow", 5)]


def test_reached_ticks_are_drawn_stronger_than_those_ahead(bar: Transport, head: Playhead) -> None:
    bar.set_methods(["diffusion", "flow"])
    head.seek(0.55)
    window = bar.window()
    assert window is not None
    picture, corner = window.grab().toImage(), bar.track.mapTo(window, QPoint(0, 0))
    ratio = picture.devicePixelRatio()

    def strength(place: float) -> int:
        x, y = bar.track.x_of(place) + corner.x(), 17 + corner.y()
        return max(picture.pixelColor(round(x * ratio) + dx, round(y * ratio)).red() for dx in (-1, 0))

    assert strength(0.3) > strength(0.8) + 40
    assert strength(0.8) > strength(0.85) + 40


def test_the_training_is_played_by_a_button_beside_its_slider(bar: Transport, head: Playhead) -> None:
    assert bar.play_training.isHidden()
    head.snapshots.set_steps(np.arange(0.0, 501.0, 100.0), 1000)
    QTest.mouseClick(bar.play_training, Qt.MouseButton.LeftButton)
    assert (head.snapshots.playing, head.snapshots.step, bar.snapshots.place) == (True, 0.0, 0.0)
    head.snapshots.advance()
    assert (bar.snapshots.place, head.playing) == (0.1, False)
    QTest.mouseClick(bar.play_training, Qt.MouseButton.LeftButton)
    assert (head.snapshots.playing, head.snapshots.step) == (False, 100.0)


def test_snapshots_have_a_slider_of_their_own(bar: Transport, head: Playhead) -> None:
    assert bar.snapshots.isHidden()
    head.snapshots.set_steps(np.arange(0.0, 501.0, 100.0), 1000)
    assert not bar.snapshots.isHidden()
    assert bar.snapshots.place == 0.5
    drag(bar.snapshots, 0.21)
    assert (head.snapshots.step, bar.newest.isChecked()) == (200.0, False)
    assert bar.snapshots.place == 0.2
    QTest.keyClick(bar.snapshots, Qt.Key.Key_Right)
    assert (head.snapshots.step, head.t) == (300.0, 0.0)
    QTest.keyClick(bar.snapshots, Qt.Key.Key_End)
    assert (head.snapshots.step, bar.newest.isChecked(), head.t) == (500.0, True, 0.0)
    bar.newest.click()
    head.snapshots.set_steps(np.arange(0.0, 701.0, 100.0), 1000)
    assert head.snapshots.step == 500.0
    bar.newest.click()
    assert head.snapshots.step == 700.0
    drag(bar.snapshots, 0.19, 0.3, 0.41, shift=True)
    bar.play_training.click()
    passed = [head.snapshots.step]
    for _ in range(4):
        head.snapshots.advance()
        passed.append(head.snapshots.step)
    assert passed == [200.0, 300.0, 400.0, 200.0, 300.0], "the part, in a loop as the run"
    assert head.span == (0.0, 1.0)


@pytest.mark.parametrize("training", [False, True])
def test_nothing_lies_over_something_else_in_the_smallest_window(
    large_type, bar: Transport, head: Playhead, qtbot: QtBot, training: bool
) -> None:
    window = bar.window()
    window.setMinimumSize(100, 50)
    around = window.width() - bar.width()
    if training:
        head.snapshots.set_steps(np.arange(0.0, 2001.0, 100.0), 20_000)
    window.resize(around + 900 - fonts.px(56), window.height())  # beside the rail
    qtbot.waitUntil(lambda: bar.width() == 900 - fonts.px(56))
    QApplication.sendPostedEvents()  # the row is laid out
    parts = [part for part in bar.findChildren(QWidget) if part.parent() is bar and part.isVisible()]
    assert {bar.play, bar.track, bar.time, bar.axis_chip} <= set(parts)
    assert bar.snapshots.isVisible() == training
    assert bar.loop.isVisible() != training
    for part in parts:
        assert part.width() >= min(part.minimumSizeHint().width(), part.maximumWidth())
        assert part.geometry().right() < bar.width()
        others = [other.geometry() for other in parts if other is not part]
        assert not any(part.geometry().intersects(other) for other in others)
    window.resize(1440, window.height())
    qtbot.waitUntil(lambda: bar.loop.isVisible() and bar.speed.isVisible())


def test_a_slider_is_a_control_with_a_name(bar: Transport) -> None:
    named = [
        bar.track, bar.snapshots, bar.time, bar.play, bar.loop, bar.speed, bar.keep, bar.newest, bar.axis_chip,
        *bar.buttons.values(),
    ]  # fmt: skip
    assert all(control.accessibleName() for control in named)
    assert all(control.toolTip() for control in named)
