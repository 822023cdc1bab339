"""The palette, editable shortcuts, undo and redo, in the real window."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from core.errors import SpecError
from workbench.app import App
from workbench.control.shortcuts import Shortcuts
from workbench.model.search import match
from workbench.model.settings import Store
from workbench.widgets.cards.palette import Palette

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def app(qtbot, qapp):
    made = App([])
    qtbot.addWidget(made.window)
    made.window.resize(1200, 760)
    made.window.show()
    made.window.activateWindow()
    qtbot.waitUntil(made.window.isActiveWindow, timeout=5000)
    made.controller.shell.undo.record()
    yield made
    made.playhead.pause()
    made.engine.shutdown()
    made.window.close()


def palette(app: App) -> Palette:
    QTest.keyClick(app.window, Qt.Key.Key_K, CTRL)
    return app.window.findChildren(Palette)[-1]


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("exact fi", "Show exact field", ["exact", "fi"]),
        ("FIELD", "Field", ["Field"]),
        ("sef", "Show exact field", ["S", "e", "f"]),
        ("", "Anything", []),
    ],
)
def test_a_match_marks_the_letters_that_were_typed(query: str, text: str, marked: list[str]) -> None:
    hit = match(query, text)
    assert hit is not None
    assert [text[start:end] for start, end in hit.spans] == marked


def test_better_matches_come_first_and_others_not_at_all() -> None:
    ranks = [match("field", text).rank for text in ("Field", "Exact field", "Outfielder")]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == 3
    assert match("field", "Trails") is None
    assert match("arrows", "Field", "Arrows show where") is not None


def test_an_action_is_found_and_run_by_keys_alone(qtbot, app) -> None:
    card = palette(app)
    QTest.keyClicks(card.field, "trails")
    assert (card.found[0].text, card.found[0].key) == ("Trails", "T")
    QTest.keyClick(card.field, Qt.Key.Key_Return)
    assert "trails" not in app.session.view.overlays
    qtbot.waitUntil(lambda: not app.window.findChildren(Palette))


def test_presets_open_and_shift_enter_adds_them(qtbot, app) -> None:
    card = palette(app)
    QTest.keyClicks(card.field, "moons to")
    assert [entry.text for entry in card.found] == ["Moons to eight Gaussians"]
    QTest.keyClick(card.field, Qt.Key.Key_Return, SHIFT)
    assert [lane.spec.data.name for lane in app.session.lanes if lane.spec] == [
        "swiss-roll", "swiss-roll", "eight-gaussians",
    ]  # fmt: skip


def test_arrows_pass_over_headings_and_a_chip_leaves_one_group(qtbot, app) -> None:
    card = palette(app)
    card.chips["Presets"].click()
    assert {entry.group for entry in card.found} == {"Presets"}
    card.chips["Presets"].click()
    QTest.keyClicks(card.field, "guidance")
    QTest.keyClick(card.field, Qt.Key.Key_Up)
    assert card.list.currentIndex().row() == card._model.rowCount() - 1
    QTest.keyClick(card.field, Qt.Key.Key_Escape)
    assert app.window.place == "lanes"


def test_a_shortcut_is_changed_kept_and_refused_where_it_is_taken(qtbot, app) -> None:
    shortcuts = app.controller.shell.shortcuts
    with pytest.raises(SpecError, match="belongs to “Trails”"):
        shortcuts.set("real", ["T"])
    QTest.keyClick(app.window, Qt.Key.Key_R)
    assert "real" not in app.session.view.overlays
    shortcuts.set("real", ["Ctrl+Shift+L"])
    QTest.keyClick(app.window, Qt.Key.Key_R)
    assert "real" not in app.session.view.overlays
    QTest.keyClick(app.window, Qt.Key.Key_L, CTRL | SHIFT)
    assert "real" in app.session.view.overlays
    assert "Ctrl+Shift+L" in app.window.overlays.chips["real"].words
    assert Shortcuts(app.controller.actions, Store()).keys("real") == ["Ctrl+Shift+L"]


def test_undo_takes_back_the_view_a_knob_and_a_removed_lane(qtbot, app) -> None:
    undo, session = app.controller.shell.undo, app.session
    QTest.keyClick(app.window, Qt.Key.Key_T)
    undo.record()
    lane = session.lanes[1]
    trace = lane.trace
    for steps in (9, 8, 7):  # a drag is one step
        app.controller.panel.form.changed.emit("sampler.n_steps", steps)
    undo.record()
    session.remove(lane.key)
    undo.record()
    QTest.keyClick(app.window, Qt.Key.Key_Z, CTRL)
    assert session.lanes[1] is lane
    QTest.keyClick(app.window, Qt.Key.Key_Z, CTRL)
    assert session.lanes[0].spec.sampler.params["n_steps"] == 50
    assert lane.trace is trace
    QTest.keyClick(app.window, Qt.Key.Key_Z, CTRL)
    assert "trails" in session.view.overlays
    assert not app.controller.actions["undo"].isEnabled()
    for _ in range(3):
        QTest.keyClick(app.window, Qt.Key.Key_Z, CTRL | SHIFT)
    assert lane not in session.lanes
    assert "trails" not in session.view.overlays
    assert not app.controller.actions["redo"].isEnabled()
