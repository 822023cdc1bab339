"""The lanes around the canvas: alignment, words at the cursor, messages, progress, and their signals."""

from __future__ import annotations

import dataclasses

import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QLabel, QMenu, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from tests.workbench.scenes import full_scene
from workbench.painters.signs import Bar, Key, Note, places
from workbench.views.theme import DARK, LIGHT
from workbench.views.words import shortened
from workbench.widgets.lane import lane_foot
from workbench.widgets.lane.lane_states import MessageSpec, time_left
from workbench.widgets.lane.lanes import LanesView


@pytest.fixture
def lanes(qtbot: QtBot) -> LanesView:
    view = LanesView()
    qtbot.addWidget(view)
    view.resize(900, 500)
    view.set_scenes((full_scene(20, 11), full_scene(20, 11)), DARK)
    view.show()
    qtbot.waitExposed(view)
    return view


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_headers_and_feet_stand_over_their_viewports(lanes: LanesView, qtbot: QtBot, count: int) -> None:
    lanes.set_scenes(tuple(full_scene(20, 11) for _ in range(count)), LIGHT)
    lanes.resize(1001, 480)
    qtbot.wait(20)
    for i, (left, width) in enumerate(lanes.stage.spans()):
        header, foot = lanes._headers[i], lanes._feet[i]
        assert (header.x(), header.width()) == (foot.x(), foot.width()) == (left, width)
        assert header.geometry().bottom() + 1 == lanes.stage.y()
        assert foot.y() == lanes.stage.geometry().bottom() + 1
    assert [header.isVisible() for header in lanes._headers] == [i < count for i in range(len(lanes._headers))]


def test_words_follow_the_cursor(lanes: LanesView) -> None:
    lanes.set_cursor(0.76)
    assert lanes._headers[0].words == ("NFE 7 of 10", "t = 0.760")
    assert lanes._feet[0].facts == ("α 0.760", "σ 0.240")


@pytest.mark.parametrize(
    ("width", "said"),
    [  # the second is one of four lanes in a window of 1280, the last of four in one of 900 with the set-up open
        (300, ("NFE 7 of 10", "t = 0.760")), (221, ("7 of 10", "t = 0.760")), (211, ("NFE 7", "t = 0.760")),
        (172, ("", "7 of 10")), (160, ("", "NFE 7")), (126, ("", "7 of 10")), (80, ("", "")),
    ],
)  # fmt: skip
def test_a_narrow_header_keeps_evaluations_before_the_time(lanes: LanesView, width: int, said: tuple[str, str]) -> None:
    lanes.set_cursor(0.76)
    header = lanes._headers[0]
    header.resize(width, header.height())
    assert header.read_in_room() == said
    assert header.toolTip() == "Flow matching\nEuler 10, linear path\nNFE 7 of 10, t = 0.760"


def test_a_narrow_header_keeps_a_status_before_evaluations(lanes: LanesView) -> None:
    header = lanes._headers[0]
    header.show_lane(dataclasses.replace(header._lane, status="stopped"), DARK, 0.5, selected=False)
    header.resize(172, header.height())
    assert header.read_in_room() == ("", "stopped")


@pytest.mark.parametrize("width", [142, 126])  # three lanes in the smallest window with the set-up open, and four
def test_the_name_of_a_method_is_seen_whole_above_a_narrow_lane(lanes: LanesView, width: int, request) -> None:
    if width == 142:
        request.getfixturevalue("large_type")
    header = lanes._headers[0]
    header.resize(width, header.height())
    seen = header.grab(QRect(0, 4, width, 22)).toImage()
    lane = dataclasses.replace(header._lane, title="Flow matchinG")  # its last letter, and nothing else
    header.show_lane(lane, DARK, 0.5, selected=False)
    assert header.grab(QRect(0, 4, width, 22)).toImage() != seen


def test_evaluations_are_said_in_fewer_words_before_none_where_lanes_stand_alone(lanes: LanesView) -> None:
    lanes.set_cursor(0.76)
    lanes.set_plain(True)
    head, said = lanes._big[0].head, []
    for width in (460, 350, 330, 230):
        head.resize(width, head.height())
        said.append(head.spent)
    assert said == ["NFE 7 of 10", "7 of 10", "NFE 7", ""]


def test_the_second_line_of_a_narrow_header_drops_its_last_parts_whole(lanes: LanesView) -> None:
    header = lanes._headers[0]
    lane = dataclasses.replace(header._lane, subtitle="Euler 10, linear path")
    header.show_lane(lane, DARK, 0.5, selected=False)
    header.resize(221, header.height())
    seen = header.grab().toImage()
    header.show_lane(dataclasses.replace(lane, subtitle="Euler 10"), DARK, 0.5, selected=False)
    assert header.grab().toImage() == seen
    header.resize(300, header.height())  # with room for all of it
    seen = header.grab().toImage()
    header.show_lane(lane, DARK, 0.5, selected=False)
    assert header.grab().toImage() != seen


@pytest.mark.parametrize(("said", "shorter"), [("NFE 12", ["NFE 12", ""]), ("RMS 0.120", ["RMS 0.120", ""])])
def test_a_number_without_its_total_never_loses_its_name(said: str, shorter: list[str]) -> None:
    assert list(shortened(said)) == shorter


def test_the_time_never_reaches_into_the_glyph(large_type, lanes: LanesView) -> None:
    lanes.set_cursor(0.5)
    header = lanes._headers[0]
    for width in (300, 105, 60):
        header.resize(width, header.height())
        before = header._read
        seen = header.grab(QRect(0, 4, 28, 40)).toImage()
        header._read = ("", "")
        header.update()
        assert header.grab(QRect(0, 4, 28, 40)).toImage() == seen
        header._read = before


def test_signs_that_find_no_room_are_left_out_and_none_reaches_into_the_next_lane() -> None:
    key, bar, note = Key(), Bar("cividis", 1.0, "error"), Note("White: density")
    sizes = {key: (186.0, 33.0), bar: (190.0, 58.0), note: (220.0, 24.0)}
    for width, height in ((400, 400), (204, 183), (150, 183), (400, 60)):
        where = places((key, bar, note), sizes.__getitem__, (width, height))
        for sign, place in zip((key, bar, note), where, strict=True):
            if place is not None:
                assert place[0] >= 0
                assert place[0] + sizes[sign][0] <= width
                assert place[1] + sizes[sign][1] <= height
    assert None not in places((key, bar, note), sizes.__getitem__, (400, 400))
    assert places((key, bar, note), sizes.__getitem__, (204, 183))[2] is None


def test_all_equations_leave_room_for_the_picture(lanes: LanesView, qtbot: QtBot) -> None:
    lanes.resize(900, 300)
    lanes.set_equations(True)
    qtbot.wait(20)
    assert lanes.stage.height() >= 120
    lanes.resize(900, 600)
    qtbot.wait(20)
    assert lanes._feet[0].height() == lane_foot.TALL


def test_buttons_of_a_narrow_message_stand_whole_below_each_other(lanes: LanesView, qtbot: QtBot) -> None:
    names = ("Choose preset", "Open trace…", "Copy of a lane", "Forward process", "Exact field", "Remove")
    spec = MessageSpec("Empty lane", "Start from a preset or open a trace", "lanes", tuple((n, n) for n in names))
    lanes.set_scenes((*(full_scene(20, 11) for _ in range(3)), None), DARK)
    lanes.show_message(3, spec)
    for width, columns in ((1400, 2), (640, 1)):
        lanes.resize(width, 420)
        qtbot.wait(20)
        seen = [button for button in lanes._panels[3].findChildren(QPushButton) if button.isVisible()]
        assert len({button.x() for button in seen}) == columns
        assert all(button.width() >= button.sizeHint().width() for button in seen)
        assert max(button.geometry().bottom() for button in seen) < lanes._panels[3].height()


STOPPED = MessageSpec(
    "The engine stopped at step 7", "All 7 recorded steps are kept", "warning", (("run", "Run again"),), True
)
EMPTY = MessageSpec(
    "Empty lane", "Start from a preset or open a trace", "lanes",
    (("a", "Choose preset"), ("b", "Open trace…"), ("c", "Copy a lane"), ("d", "More")),
)  # fmt: skip


@pytest.mark.parametrize("spec", [EMPTY, STOPPED], ids=["empty", "stopped"])
@pytest.mark.parametrize(("width", "height"), [(440, 250), (440, 180), (560, 400)])
def test_what_a_small_lane_says_is_whole_and_apart(
    large_type, lanes: LanesView, qtbot: QtBot, width: int, height: int, spec: MessageSpec
) -> None:
    lanes.set_scenes((*(full_scene(20, 11) for _ in range(3)), None), DARK)
    lanes.show_message(3, spec)
    lanes.resize(width, height)
    qtbot.wait(20)
    panel = lanes._panels[3]
    shown = [each for kind in (QLabel, QPushButton) for each in panel.findChildren(kind) if each.isVisible()]
    assert any(isinstance(each, QPushButton) for each in shown)
    for i, each in enumerate(shown):
        assert panel.rect().contains(each.geometry())
        assert each.width() >= each.minimumSizeHint().width()
        assert not isinstance(each, QLabel) or each.height() >= each.heightForWidth(each.width())
        assert not any(each.geometry().intersects(other.geometry()) for other in shown[:i])


def test_pressing_header_foot_or_canvas_selects(lanes: LanesView, qtbot: QtBot) -> None:
    for widget in (lanes._headers[1], lanes._feet[1]):
        with qtbot.waitSignal(lanes.lane_selected) as selected:
            qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)
        assert selected.args == [1]
    with qtbot.waitSignal(lanes.lane_selected) as selected:
        qtbot.mouseClick(lanes.stage.native, Qt.MouseButton.LeftButton, pos=QPoint(20, 100))
    assert selected.args == [0]


def test_empty_lane_offers_a_start(lanes: LanesView, qtbot: QtBot) -> None:
    lanes.set_scenes((full_scene(20, 11), None), DARK)
    assert not lanes._headers[1].isVisible()
    button = lanes._panels[1].findChild(QPushButton, "choose-preset")
    assert button is not None
    with qtbot.waitSignal(lanes.message_action) as chosen:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert chosen.args == [1, "choose-preset"]


def test_message_covers_the_canvas_of_one_lane(lanes: LanesView, qtbot: QtBot) -> None:
    lanes.show_message(0, STOPPED)
    assert lanes._panels[0].isVisible()
    assert not lanes._panels[1].isVisible()
    assert lanes._headers[0].isVisible()
    with qtbot.waitSignal(lanes.message_action) as chosen:
        button = lanes._panels[0].findChild(QPushButton, "run")
        assert button is not None
        button.click()
    assert chosen.args == [0, "run"]
    lanes.show_message(0, None)
    assert not lanes._panels[0].isVisible()


def test_progress_shows_after_a_moment_and_can_be_cancelled(lanes: LanesView, qtbot: QtBot) -> None:
    strip = lanes._strips[1]
    lanes.show_progress(1, 1, 50, None)
    assert not strip.isVisible()
    qtbot.wait(320)
    lanes.show_progress(1, 12, 50, 8.0)
    assert strip.isVisible()
    assert strip.accessibleName() == "12 of 50 8 s left"
    with qtbot.waitSignal(lanes.cancel) as cancelled:
        strip._cancel.click()
    assert cancelled.args == [1]
    lanes.hide_progress(1)
    assert not strip.isVisible()
    lanes.show_progress(1, 1, 50, None, waited=True)
    assert strip.isVisible()
    assert strip.geometry().bottom() < lanes._feet[1].y()
    lanes.set_scenes((full_scene(20, 11), None), DARK)
    card = lanes._panels[1].geometry()
    assert card.contains(strip.geometry())
    assert strip.geometry().bottom() > card.bottom() - 12


def test_menu_asks_for_its_actions(lanes: LanesView) -> None:
    asked: list[int] = []

    def fill(index: int, menu: QMenu) -> None:
        asked.append(index)
        menu.addAction(QAction("Duplicate lane", menu))

    lanes.menu_requested.connect(fill)
    button = lanes._headers[1].findChild(QToolButton)
    assert button is not None
    menu = button.menu()
    assert menu is not None
    for _ in range(2):
        menu.aboutToShow.emit()
        assert [action.text() for action in menu.actions()] == ["Duplicate lane"]
    assert asked == [1, 1]


def test_time_left_in_the_unit_that_suits() -> None:
    assert [time_left(s) for s in (0.2, 8.2, 150.0, 9000.0)] == ["1 s left", "8 s left", "2 min left", "2.5 h left"]


def test_words_over_a_lane_grow_on_the_full_screen(lanes: LanesView, qtbot: QtBot) -> None:
    lanes.set_scenes((full_scene(20, 11), None), DARK)

    def sizes() -> list[int]:
        words = [*lanes._panels[1].findChildren(QLabel), *lanes._panels[1].findChildren(QPushButton)]
        return [each.fontInfo().pixelSize() for each in words if each.isVisible() and each.text()]

    for plain, least, most in ((False, 12, 13), (True, 22, 28)):
        lanes.set_plain(plain)
        qtbot.waitUntil(lambda: len(sizes()) == 4)
        assert least <= min(sizes()) <= max(sizes()) <= most
