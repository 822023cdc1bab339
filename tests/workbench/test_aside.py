"""What takes longer than a frame: in a thread, or one after the other in turns of the event loop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QFileDialog, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot

from core import presets
from workbench import app as application
from workbench.app import App
from workbench.model import setup
from workbench.pages import card
from workbench.painters.charts import ChartPlot
from workbench.views import hero
from workbench.widgets.aside import Aside
from workbench.widgets.lane import picture_strip
from workbench.widgets.setup.form_rows import RowWidget
from workbench.widgets.sheet import wear
from workbench.widgets.turns import Turns


def test_what_is_found_comes_to_the_windows_thread_and_only_the_newest(qtbot: QtBot) -> None:
    parent, found, worked = QObject(), [], set()
    go_on = threading.Event()
    aside = Aside[str](parent, lambda each: found.append((each, threading.current_thread())))

    def slow() -> Iterator[str]:
        yield "first"
        go_on.wait(10)
        worked.add(threading.current_thread())
        yield "old"

    aside.ask(slow)
    qtbot.waitUntil(lambda: bool(found))
    aside.ask(lambda: ["new"])
    go_on.set()
    qtbot.waitUntil(lambda: len(found) == 2 and bool(worked))
    QTest.qWait(20)
    assert found == [(each, threading.main_thread()) for each in ("first", "new")]
    assert threading.main_thread() not in worked


def test_what_goes_wrong_in_the_thread_is_told_like_other_errors(qtbot: QtBot) -> None:
    parent = QObject()

    def wrong() -> Iterator[str]:
        raise ValueError("no picture")

    with qtbot.captureExceptions() as told:
        Aside[str](parent, print).ask(wrong)
        qtbot.waitUntil(lambda: bool(told))
    assert str(told[0][1]) == "no picture"


def test_nothing_comes_to_a_window_that_has_gone(qtbot: QtBot) -> None:
    parent, found, told = QObject(), [], threading.Event()

    def work() -> Iterator[str]:
        yield "too late"
        told.set()

    aside = Aside[str](parent, found.append)
    aside.ask(work)
    assert told.wait(10)
    sip.delete(parent)
    QTest.qWait(20)
    assert found == []


@pytest.mark.parametrize("error", [RuntimeError("deleted"), AttributeError("does not have a signal")])
def test_what_is_found_while_the_window_goes_is_given_up_in_silence(qtbot: QtBot, error: Exception) -> None:
    """As PyQt says it from a thread, of an object that is deleted meanwhile."""

    def refuse(*_: object) -> None:
        raise error

    parent, found = QObject(), list[str]()
    aside = Aside[str](parent, found.append)
    aside._post = SimpleNamespace(came=SimpleNamespace(emit=refuse))
    assert not aside._tell(0, "too late")


def test_turns_let_events_in_between_and_drop_what_is_replaced(qtbot: QtBot) -> None:
    class Hand(QObject):
        pressed = pyqtSignal(str)

    hand, said = Hand(), []
    hand.pressed.connect(said.append, Qt.ConnectionType.QueuedConnection)
    turns = Turns(hand)
    turns.take([lambda: said.append("a"), lambda: said.append("b")])
    turns.take([lambda: (said.append("c"), hand.pressed.emit("a click")), lambda: said.append("d")])
    assert said == []
    qtbot.waitUntil(lambda: len(said) == 3)
    QTest.qWait(20)
    assert said == ["c", "a click", "d"]


def test_the_pictures_of_the_library_are_painted_in_a_thread(qtbot: QtBot, monkeypatch) -> None:
    threads = []
    for module, name in ((card, "picture"), (hero, "ink")):
        paint = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *args, paint=paint: (threads.append(threading.current_thread()), paint(*args))[1]
        )
    app = App([], start_page=True)
    qtbot.addWidget(app.window)
    app.window.show()
    start = app.controller.desk.start
    assert start is not None
    qtbot.waitUntil(lambda: start.ready, timeout=30_000)
    assert len(threads) >= len(start.grid.cards) + 2
    assert threading.main_thread() not in threads
    app.window.close()


def test_key_frames_are_painted_in_a_thread(qtbot: QtBot, monkeypatch) -> None:
    threads, paint = [], picture_strip.canvas_image
    monkeypatch.setattr(
        picture_strip,
        "canvas_image",
        lambda *args, **how: (threads.append(threading.current_thread()), paint(*args, **how))[1],
    )
    app = App([])
    qtbot.addWidget(app.window)
    app.window.show()
    app.controller.actions["frames"].trigger()
    strips = app.window.findChildren(picture_strip.PictureStrip)
    qtbot.waitUntil(lambda: any(strip.complete for strip in strips), timeout=30_000)
    assert len(threads) >= 4
    assert threading.main_thread() not in threads
    app.window.close()


def test_charts_are_drawn_one_in_a_turn(qtbot: QtBot, monkeypatch) -> None:
    drawn: list[list[ChartPlot]] = [[]]
    lay_out, next_ = ChartPlot._lay_out, Turns._next
    monkeypatch.setattr(ChartPlot, "_lay_out", lambda plot, *rest: (drawn[-1].append(plot), lay_out(plot, *rest)))
    monkeypatch.setattr(Turns, "_next", lambda turns: (drawn.append([]), next_(turns)))
    app = App([])
    qtbot.addWidget(app.window)
    app.window.resize(1440, 900)
    app.window.show()
    strip, page = app.controller.charts, app.controller.charts_page
    qtbot.waitUntil(lambda: sum(map(len, drawn)) == 3, timeout=20_000)
    assert all(cell.plot.isVisible() for cell in strip._cells)
    app.controller.actions["charts"].trigger()
    qtbot.waitUntil(lambda: len([cell for row in page._rows for cell in row._cells if cell.plot.isVisible()]) == 6)
    qtbot.waitUntil(lambda: sum(map(len, drawn)) >= 9)
    assert max(map(len, drawn)) == 1
    before = sum(map(len, drawn))
    app.window.resize(1300, 860)
    app.window.grab()  # while an edge is dragged the old pictures are stretched
    assert sum(map(len, drawn)) == before
    qtbot.waitUntil(lambda: sum(map(len, drawn)) >= before + 6)
    app.window.close()


def test_rows_of_the_form_are_made_section_by_section_and_seen_at_once(qtbot: QtBot, started, monkeypatch) -> None:
    turns: list[list[tuple[str, bool]]] = [[]]
    init, next_ = RowWidget.__init__, Turns._next

    def made(row: RowWidget, shown: setup.Row, *rest: object) -> None:
        turns[-1].append((shown.field, form.updatesEnabled()))
        init(row, shown, *rest)

    def check(first: str) -> None:
        qtbot.waitUntil(lambda: any(field == first for turn in turns for field, _ in turn), timeout=10_000)
        qtbot.waitUntil(lambda: not form._turns._calls and form.updatesEnabled())
        sections = setup.sections(app.runs.catalog, app.session.working_lane().spec, ["cpu"])
        for turn in turns:
            fields = {field for field, _ in turn}
            assert any(fields <= {row.field for row in section.rows} for section in sections), fields
            assert not any(painted for _, painted in turn), "nothing is seen half made"
        turns[:] = [[]]

    monkeypatch.setattr(RowWidget, "__init__", made)
    monkeypatch.setattr(Turns, "_next", lambda each: (turns.append([]), next_(each)))
    app = started()
    form = app.controller.panel.form
    check("data.name")
    app.controller.desk.open_preset("mnist-flow")
    check("label")
    app.controller.actions["settings"].trigger()
    monkeypatch.setattr(form._turns, "hurry", None)
    app.controller.shell.settings.set(scale=1.25)  # where the form is not seen
    check("label")


def test_a_theme_is_put_on_part_by_part_and_seen_at_once(qtbot: QtBot, monkeypatch) -> None:
    turns: list[bool] = []
    next_ = Turns._next
    monkeypatch.setattr(Turns, "_next", lambda each: (turns.append(app.window.updatesEnabled()), next_(each)))
    app = App([])
    qtbot.addWidget(app.window)
    app.window.resize(1440, 900)
    app.window.show()
    window, strip = app.window, app.controller.charts
    qtbot.waitUntil(lambda: len(strip._charts) == 3 and all(cell.plot.isVisible() for cell in strip._cells))
    QTest.qWait(200)
    turns.clear()
    before, other = window.theme.name, "dark" if window.theme.name == "light" else "light"
    app.session.view.theme = other  # type: ignore[assignment]  # one of the two
    qtbot.waitUntil(lambda: window.theme.name == other and window.updatesEnabled())
    assert turns.count(False) > 10, "in many turns, in which nothing is painted"
    assert window.styleSheet() == "", "which would be worked out for all of it at once"
    qtbot.waitUntil(lambda: not window.sheet._turns._calls)
    plain = [
        each for each in window.findChildren(QLabel)
        if not any(above.styleSheet() == window.sheet.text for above in _above(each))
    ]  # fmt: skip
    assert plain == [], "nothing is left out"
    app.session.view.theme = before
    QTest.qWait(1)
    app.controller.actions["settings"].trigger()  # what is going to be seen does not wait
    window.sheet.hurry()
    assert window.updatesEnabled()
    for made in (QMenu(window), QFileDialog(window)):
        wear(made)
        assert made.styleSheet() == window.sheet.text
        made.deleteLater()
    window.close()


def _above(widget: QWidget) -> Iterator[QWidget]:
    each: QWidget | None = widget
    while each is not None:
        yield each
        each = each.parentWidget()


def test_presets_are_read_in_a_thread_before_somebody_asks_for_them(qtbot: QtBot, monkeypatch) -> None:
    threads: list[threading.Thread] = []
    load_all = presets.load_all
    monkeypatch.setattr(presets, "load_all", lambda: (load_all(), threads.append(threading.current_thread())))
    monkeypatch.setattr(application, "_READS_MS", 0)
    app = App([])
    qtbot.addWidget(app.window)
    app.start()
    qtbot.waitUntil(lambda: bool(threads), timeout=10_000)
    assert threads[0] is not threading.main_thread()
    app.engine.shutdown()
    app.window.close()
