"""The folder of runs in the real window: search, sort, compare, rename, bin and back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import h5py
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QLabel, QLineEdit

import resources
from core.trace import lock
from workbench.app import App
from workbench.control.disk import bin
from workbench.model import library
from workbench.widgets.cards.dialogs import Message

NAMES = ("20261101-diffusion", "20261102-flow", "20261103-flow-again")


@pytest.fixture
def app(qtbot, qapp, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    root = Path(os.environ["FLOWSCOPE_HOME"]) / "runs"
    for i, name in enumerate(NAMES):
        (root / name).mkdir(parents=True)
        kind = "diffusion" if i == 0 else "flow"
        shutil.copy(resources.path("traces", f"swiss-roll-{kind}.h5"), root / name / "train.h5")
        os.utime(root / name / "train.h5", (1_700_000_000 + i, 1_700_000_000 + i))
    (root / "broken").mkdir()
    (root / "broken" / "train.h5").write_bytes(b"nothing")
    made = App([], start_page=True)
    qtbot.addWidget(made.window)
    made.window.resize(1200, 760)
    made.window.show()
    made.window.activateWindow()
    qtbot.waitUntil(made.window.isActiveWindow, timeout=5000)
    made.controller.actions["runs"].trigger()
    qtbot.waitUntil(lambda: len(page(made).names) == 3, timeout=5000)
    yield made
    made.playhead.pause()
    made.engine.shutdown()
    made.window.close()


def page(app: App):
    return app.controller.desk.runs_folder.page


def places() -> list[str]:
    return sorted(each.name for each in (Path(os.environ["FLOWSCOPE_HOME"]) / "runs").iterdir())


def test_runs_are_searched_and_sorted(qtbot, app) -> None:
    assert page(app).names == ["Swiss roll, flow matching"] * 2 + ["Swiss roll, diffusion"]
    page(app).table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert page(app).names[0] == "Swiss roll, diffusion"
    QTest.keyClicks(page(app).search, "diffusion")
    assert page(app).names == ["Swiss roll, diffusion"]
    QTest.keyClicks(page(app).search, "x")
    assert page(app).names == []
    assert page(app)._words[0].isVisible()


def test_a_folder_that_cannot_be_looked_into_leaves_the_others(app, monkeypatch) -> None:
    """Such as one of somebody else; a name that is no text is shown as well as it can be."""
    root = Path(os.environ["FLOWSCOPE_HOME"]) / "runs"
    first, second, read = root / NAMES[0], root / NAMES[1], Path.iterdir

    def denied(folder: Path) -> Iterator[Path]:
        if folder == second:
            raise PermissionError(13, "Permission denied", str(folder))
        return read(folder)

    (first / "name.txt").write_bytes(b"\xff run")
    monkeypatch.setattr(Path, "iterdir", denied)
    found = library.places()
    assert first in found
    assert second not in found
    assert [run.name for run in library.read([first])] == ["\ufffd run"]


def test_two_runs_are_compared_as_lanes(qtbot, app) -> None:
    page(app).table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    page(app).table.selectRow(0)
    assert not page(app).compare.isEnabled()
    page(app).table.setFocus()
    QTest.keyClick(page(app).table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.mouseClick(page(app).compare, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: app.window.place == "lanes", timeout=20_000)  # once both files have been walked
    qtbot.waitUntil(lambda: len(app.controller.scenes.shown) == 3, timeout=5000)
    assert [scene.lane.method for scene in app.controller.scenes.shown] == ["diffusion", "flow", "real"]
    assert app.session.title == "Swiss roll, diffusion beside Swiss roll, flow matching"


def test_a_run_is_renamed_in_its_row_and_keeps_its_folder(qtbot, app) -> None:
    page(app).table.selectRow(0)
    qtbot.mouseClick(page(app).rename, Qt.MouseButton.LeftButton)
    field = page(app).table.findChild(QLineEdit)
    field.setText("My best run")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "My best run" in page(app).names, timeout=5000)
    assert places() == sorted([*NAMES, "broken"])


def test_a_run_bears_its_new_name_where_it_was_open_lately(qtbot, app) -> None:
    desk, saved = app.controller.desk, Path(os.environ["FLOWSCOPE_HOME"]) / "runs" / "saved.h5"
    shutil.copy(resources.path("traces", "swiss-roll-flow.h5"), saved)
    desk.runs_folder.refresh()
    qtbot.waitUntil(lambda: "saved" in page(app).names, timeout=5000)
    desk.open_files([saved], now=True)
    assert (app.session.title, desk.recents.entries[0].title) == ("saved", "saved")
    desk.show_runs()
    qtbot.waitUntil(lambda: "saved" in page(app).names, timeout=5000)
    desk.runs_folder.rename(page(app)._shown[page(app).names.index("saved")], " Lecture  one ")
    entry = desk.recents.entries[0]
    assert (entry.title, Path(entry.path).name, entry.missing) == ("Lecture one", "Lecture one.h5", False)


def test_a_name_that_is_being_written_stays_open_while_the_folder_is_read_anew(qtbot, app) -> None:
    page(app).table.selectRow(0)
    qtbot.mouseClick(page(app).rename, Qt.MouseButton.LeftButton)
    QTest.keyClicks(page(app).table.findChild(QLineEdit), "Half a na")
    page(app).show_runs(list(page(app)._shown))
    assert page(app).table.findChild(QLineEdit).text() == "Half a na"
    page(app).show_runs(page(app)._shown[1:])
    assert len(page(app).names) == 2


def test_a_run_goes_to_the_bin_and_comes_back(qtbot, app, tmp_path) -> None:
    page(app).table.selectRow(0)
    page(app).table.setFocus()
    QTest.keyClick(page(app).table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(page(app).names) == 2, timeout=5000)
    assert NAMES[2] not in places()
    assert app.window.toast.text == "Moved Swiss roll, flow matching to the bin"
    qtbot.mouseClick(app.window.toast._button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page(app).names) == 3, timeout=5000)
    assert NAMES[2] in places()
    assert not list((tmp_path / "data").rglob("*.trashinfo"))


def test_a_run_that_still_goes_on_somewhere_stays(qtbot, app) -> None:
    page(app).table.selectRow(0)
    file, before = page(app).chosen[0].trace, places()
    with h5py.File(file, "r+", libver="latest") as written:
        written.swmr_mode = True
        claim = lock.Claim(file)
        qtbot.mouseClick(page(app).throw, Qt.MouseButton.LeftButton)
        assert app.window.toast.text == "A run that still goes on cannot be moved stop it first"
        claim.release()
    assert places() == before


def test_several_runs_go_after_a_question(qtbot, app) -> None:
    page(app).table.selectAll()
    qtbot.mouseClick(page(app).throw, Qt.MouseButton.LeftButton)
    card = app.window.findChildren(Message)[-1]
    assert len(page(app).names) == 3
    card.done.emit("Move to bin")
    qtbot.waitUntil(lambda: page(app).names == [], timeout=5000)
    assert places() == ["broken"]


def test_several_runs_stay_chosen_when_the_folder_is_read_again(qtbot, app) -> None:
    page(app).table.selectAll()
    chosen = page(app).chosen
    page(app).show_runs(chosen)
    assert [run.place for run in page(app).chosen] == [run.place for run in chosen]
    assert page(app).compare.isEnabled()


@pytest.mark.parametrize(("name", "gone"), [("x" * 300, False), ("Another", True)])
def test_a_name_that_the_system_refuses_is_told_and_the_row_shows_what_is_there(qtbot, app, name, gone) -> None:
    file = Path(os.environ["FLOWSCOPE_HOME"]) / "runs" / "saved.h5"
    shutil.copy(resources.path("traces", "swiss-roll-flow.h5"), file)
    app.controller.desk.runs_folder.refresh()
    qtbot.waitUntil(lambda: "saved" in page(app).names, timeout=5000)
    page(app).table.selectRow(page(app).names.index("saved"))
    qtbot.mouseClick(page(app).rename, Qt.MouseButton.LeftButton)
    if gone:
        file.unlink()
    field = page(app).table.findChild(QLineEdit)
    field.setText(name)
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: app.window.toast.text.startswith("saved cannot be renamed: "), timeout=5000)
    qtbot.waitUntil(lambda: name not in page(app).names, timeout=5000)
    assert ("saved" in page(app).names) is not gone


def test_a_name_that_the_folder_of_a_run_does_not_take_is_told(qtbot, app) -> None:
    table, names = page(app).table, page(app).names
    table.selectRow(0)
    (page(app).chosen[0].place / "name.txt.part").mkdir()  # nothing can be written there, whoever tries
    qtbot.mouseClick(page(app).rename, Qt.MouseButton.LeftButton)
    field = table.findChild(QLineEdit)
    field.setText("My best run")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: app.window.toast.text.startswith(f"{names[0]} cannot be renamed: "), timeout=5000)
    qtbot.waitUntil(lambda: page(app).names == names, timeout=5000)


@pytest.mark.parametrize("taken", [True, False])
def test_what_cannot_come_back_from_the_bin_stays_there_and_is_told(qtbot, app, monkeypatch, *, taken: bool) -> None:
    page(app).table.selectRow(0)
    qtbot.mouseClick(page(app).throw, Qt.MouseButton.LeftButton)
    place = Path(os.environ["FLOWSCOPE_HOME"]) / "runs" / NAMES[2]
    if taken:
        place.mkdir()
        (place / "newer.txt").write_text("")
    else:
        monkeypatch.setattr(shutil, "move", lambda *_: (_ for _ in ()).throw(shutil.Error("it is in use")))
    qtbot.mouseClick(app.window.toast._button, Qt.MouseButton.LeftButton)
    (card,) = app.window.findChildren(Message)
    words = " ".join(each.text() for each in card.findChildren(QLabel))
    assert ("there is a newer one" if taken else "it is in use") in words
    assert "None" not in words
    assert [each.name for each in place.parent.glob(f"{NAMES[2]}/*")] == (["newer.txt"] if taken else [])
    card.done.emit("Close")


def test_runs_of_one_name_lie_in_our_own_bin_beside_each_other(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(bin.QFile, "moveToTrash", lambda _: (False, ""))
    place, lie = tmp_path / "run.h5", []
    for words in ("older", "newer"):
        place.write_text(words)
        lie.append(bin.throw(place))
    assert [each.read_text() for each in lie] == ["older", "newer"]
    bin.take_back(lie[0], place)
    assert place.read_text() == "older"
