"""The window around the lanes: keys, chips, messages and what is dropped on it, with stand-ins for what it is given."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent, QKeySequence
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.workbench.shell import Shell, shown
from workbench import actions
from workbench.views.theme import THEMES
from workbench.widgets import icons
from workbench.widgets.style import stylesheet


@pytest.fixture
def shell(qtbot: QtBot) -> Shell:
    return shown(qtbot)


# --- the table of actions --------------------------------------------------------------------------------------------


def test_a_missing_or_surplus_handler_is_an_error(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    complete = {spec.id: lambda: None for spec in actions.TABLE}
    with pytest.raises(KeyError, match="extra"):
        actions.build(parent, complete | {"extra": lambda: None})
    del complete["play"]
    with pytest.raises(KeyError, match="play"):
        actions.build(parent, complete)


def test_no_key_and_no_id_is_given_twice() -> None:
    pairs = [(a, b) for a, b in itertools.combinations(actions.TABLE, 2) if set(a.keys) & set(b.keys)]
    assert not [(a.id, b.id) for a, b in pairs if a.meets(b)]
    assert len({spec.id for spec in actions.TABLE}) == len(actions.TABLE)
    assert not [key for spec in actions.TABLE for key in spec.keys if QKeySequence(key).isEmpty()]


def test_every_icon_of_the_table_is_there(qtbot: QtBot) -> None:
    for spec in actions.TABLE:
        if spec.icon:
            assert not icons.pixmap(spec.icon, "#FFFFFF", 16, 1.0).isNull()


@pytest.mark.parametrize(
    ("key", "modifier", "action"),
    [
        (Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, "play"),
        (Qt.Key.Key_Space, Qt.KeyboardModifier.ShiftModifier, "reverse"),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier, "step-back"),
        (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier, "to-end"),
        (Qt.Key.Key_P, Qt.KeyboardModifier.NoModifier, "particles"),
        (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier, "stop"),
        (Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier, "run"),
        (Qt.Key.Key_F11, Qt.KeyboardModifier.NoModifier, "full-screen"),
    ],
)
def test_a_key_does_its_action_once(shell: Shell, key: Qt.Key, modifier: Qt.KeyboardModifier, action: str) -> None:
    QTest.keyClick(shell.window, key, modifier)
    assert shell.called == [action]


# --- the focus has the first word ------------------------------------------------------------------------------------


def test_keys_in_a_text_field_are_text(shell: Shell) -> None:
    shell.field.setFocus()
    QTest.keyClicks(shell.field, "p t? r")
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Escape):
        QTest.keyClick(shell.field, key)
    assert (shell.field.text(), shell.called) == ("p t? r", [])
    QTest.keyClick(shell.field, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert shell.called == ["run"]


def test_escape_leaves_the_time_as_it_was(shell: Shell) -> None:
    time_field = shell.window.transport.time
    time_field.setFocus()
    time_field.selectAll()
    QTest.keyClicks(time_field, "0.7")
    QTest.keyClick(time_field, Qt.Key.Key_Escape)
    assert (shell.head.t, time_field.text(), time_field.hasFocus(), shell.called) == (0.0, "0.000", False, [])


def test_a_chip_works_while_a_text_field_has_the_focus(shell: Shell) -> None:
    shell.field.setFocus()
    QTest.mouseClick(shell.window.overlays.chips["trails"], Qt.MouseButton.LeftButton)
    assert shell.called == ["trails"]
    assert shell.field.hasFocus()


def test_arrows_move_a_slider_that_has_the_focus(shell: Shell) -> None:
    shell.slider.setFocus()
    QTest.keyClick(shell.slider, Qt.Key.Key_Right)
    assert (shell.slider.value(), shell.called) == (1, [])
    QTest.keyClick(shell.slider, Qt.Key.Key_Space)
    assert shell.called == ["play"]


def test_arrows_move_the_track_that_has_the_focus(shell: Shell) -> None:
    snapshots = shell.window.transport.snapshots
    shell.head.snapshots.set_steps(np.array([0.0, 100.0, 200.0]), 1000)
    snapshots.setFocus()
    QTest.keyClick(snapshots, Qt.Key.Key_Left)
    assert (shell.head.snapshots.step, shell.called) == (100.0, [])
    QTest.keyClick(snapshots, Qt.Key.Key_End)
    assert (shell.head.snapshots.step, shell.called) == (200.0, [])


def test_space_plays_after_a_click_and_presses_after_tab(shell: Shell, qtbot: QtBot) -> None:
    pressed: list[bool] = []
    shell.button.clicked.connect(pressed.append)
    QTest.mouseClick(shell.button, Qt.MouseButton.LeftButton)
    QTest.keyClick(shell.button, Qt.Key.Key_Space)
    assert (len(pressed), shell.called) == (1, ["play"])
    assert shell.window.ring.isHidden()
    shell.slider.setFocus()
    QTest.keyClick(shell.slider, Qt.Key.Key_Tab)
    assert shell.button.hasFocus()
    assert shell.window.ring.isVisible()
    QTest.keyClick(shell.button, Qt.Key.Key_Space)
    assert (len(pressed), shell.called) == (2, ["play"])


def test_tab_reaches_every_control_and_each_has_a_name(shell: Shell) -> None:
    reached: set[QWidget] = set()
    for _ in range(60):
        here = shell.window.focusWidget()
        assert here is not None
        group = here.group() if isinstance(here, QAbstractButton) else None
        if group is not None and here not in reached:
            for _ in group.buttons():  # the arrows go from one of several choices to the next
                reached.add(shell.window.focusWidget())
                QTest.keyClick(shell.window.focusWidget(), Qt.Key.Key_Right)
                QTest.qWait(1)
            assert shell.called == []
        reached.add(here)
        QTest.keyClick(shell.window.focusWidget(), Qt.Key.Key_Tab)
    parts = (shell.window.top, shell.window.rail, shell.window.overlays, shell.window.transport)
    buttons = [each for part in parts for each in part.findChildren(QAbstractButton) if each.isVisible()]
    assert len(buttons) > 15
    assert not [each.accessibleName() for each in buttons if each not in reached]
    ours = [each for each in reached if each is not shell.window and not shell.panel.isAncestorOf(each)]
    assert all(each.accessibleName() for each in ours)
    assert shell.window.transport.track in reached


# --- the bars --------------------------------------------------------------------------------------------------------


def test_a_chip_toggles_its_overlay(shell: Shell) -> None:
    chip = shell.window.overlays.chips["trails"]
    assert "trails" in shell.view.overlays
    chip.click()
    assert "trails" not in shell.view.overlays
    assert {"particles", "field", "real"} <= shell.view.overlays
    QTest.keyClick(shell.window, Qt.Key.Key_T)
    assert "trails" in shell.view.overlays
    shell.actions["trails"].setChecked(True)
    assert chip.isChecked()


def test_the_field_menu_writes_to_the_view_and_shows_it(shell: Shell) -> None:
    bar = shell.window.overlays
    menu = bar.field.menu()
    assert menu is not None
    named = {action.text(): action for action in menu.actions()}
    named["Field as score"].trigger()
    named["Arrows 2×"].trigger()
    assert (shell.view.field_kind, shell.view.field_factor) == ("score", 2.0)
    assert bar.field.words == "Field as score · 2×"
    shell.view.field_kind = "noise"
    assert [text for text, action in named.items() if action.isChecked()] == ["Field as noise", "Arrows 2×"]


def test_the_status_bar_shows_only_what_was_measured(shell: Shell) -> None:
    status = shell.window.status
    assert status.number("Display") == ""
    status.show_number("Display", "58.9 of 60 fps")
    status.show_engine("Training", busy=True)
    assert (status.number("Display"), status.engine.text()) == ("58.9 of 60 fps", "Training")
    with pytest.raises(KeyError):
        status.show_number("Feeling", "good")


def test_the_window_shows_in_less_than_a_second(qtbot: QtBot) -> None:
    began = time.perf_counter()
    shell = Shell()
    qtbot.addWidget(shell.window)
    shell.window.show()
    shell.window.grab()
    assert time.perf_counter() - began < 1.0


@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_token_of_the_sheet_is_filled(name: str) -> None:
    sheet = stylesheet(THEMES["light" if name == "light" else "dark"])
    assert "$" not in sheet
    assert sheet.count("{") == sheet.count("}")


def test_traces_that_are_dropped_are_named_and_nothing_else(shell: Shell, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("a.h5", "b.txt", "c.HDF5")])
    dropped: list[Path] = []
    shell.window.files_dropped.connect(lambda files, _replace: dropped.extend(files))
    event = QDropEvent(
        QPointF(600, 300), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    shell.window.dropEvent(event)
    assert dropped == [tmp_path / "a.h5", tmp_path / "c.HDF5"]
    QApplication.processEvents()
