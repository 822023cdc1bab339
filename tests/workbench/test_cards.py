"""What is said over the window: messages, the export dialog, the help sheet and the toast."""

from __future__ import annotations

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.workbench.shell import Shell, shown
from workbench import actions
from workbench.views.theme import THEMES
from workbench.widgets import toast
from workbench.widgets.cards.dialogs import Message
from workbench.widgets.cards.export_dialog import ExportChoice, ExportDialog
from workbench.widgets.cards.help_sheet import HelpSheet


@pytest.fixture
def shell(qtbot: QtBot) -> Shell:
    return shown(qtbot)


def test_a_card_closes_though_what_had_the_focus_is_gone(shell: Shell, qtbot: QtBot) -> None:
    shell.field.setFocus()
    card = Message("Stop the training?", "", ["Cancel", "Stop"])
    scrim = shell.window.over(card)
    sip.delete(shell.field)
    with qtbot.waitSignal(scrim.destroyed):
        QTest.keyClick(card.findChildren(QPushButton)[-1], Qt.Key.Key_Escape)


def test_a_message_keeps_the_keyboard_until_it_is_closed(shell: Shell, qtbot: QtBot) -> None:
    shell.field.setFocus()
    card = Message("Move 3 runs to the bin?", "You can take them back.", ["Cancel", "Move to bin"])
    scrim = shell.window.over(card)
    chosen: list[str] = []
    card.done.connect(chosen.append)
    cancel, move = (each for each in card.findChildren(QPushButton))
    assert move.hasFocus()
    QTest.keyClick(move, Qt.Key.Key_Tab)
    assert cancel.hasFocus()
    QTest.keyClick(cancel, Qt.Key.Key_Tab)
    assert move.hasFocus()
    QTest.keyClick(move, Qt.Key.Key_Return)
    QTest.keyClick(move, Qt.Key.Key_P)
    assert (chosen, shell.called) == (["Move to bin"], [])
    with qtbot.waitSignal(scrim.destroyed):
        QTest.keyClick(move, Qt.Key.Key_Escape)
    assert shell.field.hasFocus()
    assert shell.called == []


def test_a_click_beside_a_card_closes_it_and_one_on_it_does_not(shell: Shell, qtbot: QtBot) -> None:
    card = HelpSheet(shell.actions)
    scrim = shell.window.over(card)
    QTest.mouseClick(scrim, Qt.MouseButton.LeftButton, pos=card.geometry().center())
    assert scrim.isVisible()
    with qtbot.waitSignal(scrim.destroyed):
        QTest.mouseClick(scrim, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))


def test_the_export_dialog_counts_frames_and_says_what_would_work(shell: Shell) -> None:
    card = ExportDialog(ExportChoice(title="Two methods", at=0.25), ("Diffusion", "Flow matching"))
    scrim = shell.window.over(card)
    fields = {number.name: field for number, field in card.fields.items()}
    for name, text in (("Width", "1280"), ("Height", "720"), ("Frames a second", "20"), ("Seconds", "2")):
        fields[name].setText(text)
    # two seconds of motion and one at rest
    assert card.summary.text() == "60 frames, about 3 MB"
    chosen: list[ExportChoice] = []
    card.chosen.connect(chosen.append)
    fields["Frames a second"].setText("60")
    assert card.problem.text() == "Frames a second must be 1 to 50. Given 60."
    QTest.keyClick(fields["Frames a second"], Qt.Key.Key_Return)
    assert chosen == []
    fields["Frames a second"].setText("20")
    QTest.keyClick(fields["Frames a second"], Qt.Key.Key_Return)
    assert chosen == [ExportChoice(".gif", 1280, 720, 20, 2.0, title="Two methods")]
    assert not card.problem.isVisible()
    scrim.close_()


def test_the_export_dialog_says_how_many_pixels_there_will_be_where_the_fields_do_not(shell: Shell) -> None:
    card = ExportDialog(ExportChoice(), ("Diffusion",))
    scrim = shell.window.over(card)
    fields = {number.name: field for number, field in card.fields.items()}
    assert "pixels" not in card.summary.text()
    choose(card, "2×")
    assert card.summary.text().startswith("2400 × 1280 pixels, 120 frames, about ")
    choice = card.choice()
    assert choice is not None
    assert (choice.width, choice.height, choice.scale) == (1200, 640, 2)
    fields["Width"].setText("2000")
    assert card.problem.text() == "Width must be 240 to 1,920 at 2×. Given 2000."
    choose(card, "1×")
    assert not card.problem.isVisible()
    choose(card, "MP4")
    fields["Width"].setText("1201")
    assert card.summary.text().startswith("1200 × 640 pixels, ")  # colour of MP4 is kept two by two
    choose(card, "2×")
    choose(card, "Picture")
    assert card.summary.text() == "2402 × 1280 pixels"
    choose(card, "SVG")  # shapes are as sharp at any size
    assert not card.scale.isVisible()
    choice = card.choice()
    assert choice is not None
    assert choice.scale == 1
    scrim.close_()


def test_the_export_dialog_asks_only_what_matters(shell: Shell) -> None:
    card = ExportDialog(ExportChoice(at=0.25), ("Diffusion", "Flow matching"))
    scrim = shell.window.over(card)
    fields = {number.name: field for number, field in card.fields.items()}
    assert not fields["Time"].isVisible()
    assert not card.over.isVisible()  # nothing was trained
    fields["Seconds"].setText("never")
    assert card.choice() is None
    choose(card, "Picture")
    choose(card, "PDF")
    assert not fields["Seconds"].isVisible()
    card.captions.setText("One, Two, Three")
    assert card.problem.text() == "Captions are one for each lane. Given 3 for 2."
    card.captions.setText("One, Two")
    choice = card.choice()
    assert choice is not None
    assert (choice.suffix, choice.at, choice.captions) == (".pdf", 0.25, ("One", "Two"))
    choose(card, "Numbers")
    fields["Time"].setText("")
    choice = card.choice()
    assert choice is not None
    assert (choice.suffix, choice.at) == (".csv", None)
    scrim.close_()


def test_the_export_dialog_follows_the_windows_theme_until_one_is_chosen(shell: Shell) -> None:
    card = ExportDialog(ExportChoice())
    scrim = shell.window.over(card)
    seen = []
    for theme in ("light", "dark", "light"):
        shell.window.retheme(THEMES[theme])
        choice = card.choice()
        assert choice is not None
        seen.append(choice.theme)
        if theme == "dark":
            choose(card, "Dark")
    assert seen == ["light", "dark", "dark"]
    scrim.close_()


def test_every_choice_of_the_export_dialog_can_be_read_in_large_type(large_type, shell: Shell) -> None:
    card = ExportDialog(ExportChoice(), trained=True)
    scrim = shell.window.over(card)
    for kind in ("Film", "Picture", "Numbers"):
        choose(card, kind)
        buttons = [each for each in card.findChildren(QPushButton) if each.isVisible()]
        assert [each.text() for each in buttons if each.width() < each.sizeHint().width()] == []
    scrim.close_()


def choose(card: ExportDialog, text: str) -> None:
    next(each for each in card.findChildren(QPushButton) if each.text() == text).click()


def test_no_key_reaches_past_an_open_card_wherever_the_focus_is(qtbot, shell: Shell) -> None:
    done = []
    shell.actions["help"].triggered.connect(lambda: done.append("help"))
    scrim = shell.window.over(HelpSheet(shell.actions))
    qtbot.keyClick(shell.window, Qt.Key.Key_F1)
    assert not done
    qtbot.keyClick(shell.window, Qt.Key.Key_Escape)
    assert not scrim.isVisible()
    qtbot.keyClick(shell.window, Qt.Key.Key_F1)
    assert done == ["help"]


def test_the_help_sheet_names_every_key(shell: Shell) -> None:
    scrim = shell.window.over(sheet := HelpSheet(shell.actions))
    words = {each.text() for each in sheet.findChildren(QWidget) if hasattr(each, "text")}
    assert {actions.native(key) for spec in actions.TABLE for key in spec.keys} <= words
    scrim.close_()


def test_all_of_the_help_sheet_can_be_reached_in_a_small_window(large_type, shell: Shell, qtbot: QtBot) -> None:
    shell.window.resize(900, 600)
    shell.window.over(sheet := HelpSheet(shell.actions))
    qtbot.wait(20)
    scrim = sheet.parentWidget()
    assert scrim is not None
    assert scrim.rect().adjusted(8, 8, -8, -8).contains(sheet.geometry())
    area = sheet._area
    body, viewport = area.widget(), area.viewport()
    assert body is not None
    assert viewport is not None
    assert body.width() <= viewport.width()  # it scrolls down, not sideways
    bar = area.verticalScrollBar()
    assert bar is not None
    QTest.keyClick(area, Qt.Key.Key_PageDown)
    assert bar.value() > 0
    scrim.close_()  # type: ignore[attr-defined]  # cards lie in scrims


def test_a_message_is_taken_back_and_another_is_not(qtbot, shell) -> None:
    line = toast.Toast(shell.window)
    line.tell("Checking")
    line.withdraw("Saved")
    assert line.isVisible()
    line.withdraw("Checking")
    assert not line.isVisible()


def test_a_toast_goes_by_itself_and_keeps_one_action(
    shell: Shell, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toast, "STAY_MS", 40)
    line, done = toast.Toast(shell.window), list[str]()
    line.tell("Exported swiss-roll.gif", "60 frames", "Show in folder", lambda: done.append("shown"))
    assert line.text == "Exported swiss-roll.gif 60 frames"
    assert line.isVisible()
    qtbot.waitUntil(line.isHidden, timeout=1000)
    line.tell("Exported", action="Show in folder", act=lambda: done.append("shown"))
    QTest.mouseClick(line.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert (done, line.isVisible()) == (["shown"], False)


def test_a_long_toast_ends_in_dots_and_leaves_the_panel_free(shell: Shell) -> None:
    line = shell.window.toast
    line.tell("file.h5 cannot be completed: " + 20 * "no such directory, ", done=False)
    assert line.width() <= 760
    assert line._text.toolTip() == line._text.text()
    assert line._close.geometry().right() < line.width()


def test_a_toast_takes_the_name_of_a_file_as_it_is_and_has_room_for_what_follows(shell: Shell) -> None:
    line = shell.window.toast
    line.tell("a <b>bold</b> one.csv is the data set", "exact field, no training")
    needed = line._text.fontMetrics().horizontalAdvance(line._text.text())
    assert line._text.width() >= needed, "all of it is read where there is room"
    assert "&lt;b&gt;" in line._text.toolTip()
    line.tell(f"{180 * 'n'}.csv is the data set", "exact field, no training")
    assert line._more.width() >= line._more.fontMetrics().horizontalAdvance(line._more.text())
    line.tell("This run is shown and not recorded", 20 * "its disk is full, ")
    assert line._text.width() >= line._text.fontMetrics().horizontalAdvance(line._text.text())
    assert line._close.geometry().right() < line.width()


def test_progress_shows_when_work_lasts_and_waits_for_a_message(
    shell: Shell, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toast, "PATIENCE_MS", 30)
    line, cancelled = toast.Toast(shell.window), list[bool]()
    line.progress("Exporting", 1, 9, 4.0, lambda: cancelled.append(True))
    assert line.isHidden()
    qtbot.waitUntil(line.isVisible, timeout=1000)
    assert line.text == "Exporting 4 s left"
    line.tell("Copied")
    line.progress("Exporting", 2, 9, 3.0, lambda: cancelled.append(True))
    assert line.text == "Copied"
    line.hide()
    line.progress("Exporting", 3, 9, 2.0, lambda: cancelled.append(True))
    qtbot.waitUntil(line.isVisible, timeout=1000)
    QTest.mouseClick(line.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert cancelled == [True]
    line.progress("Exporting", 1, 9, None, lambda: None)
    line.finish()
    qtbot.wait(60)
    assert line.isHidden()
