"""Every control of every place has a name that is read aloud, and is reached by keyboard."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QComboBox,
    QLineEdit,
    QScrollBar,
    QWidget,
)

from workbench.app import App
from workbench.widgets.cards.palette import Palette

KINDS = (QAbstractButton, QAbstractItemView, QAbstractSlider, QComboBox, QLineEdit)
PLACES = ("library", "runs", "charts", "lanes", "settings")


@pytest.fixture(scope="module")
def app(qapp):
    made = App([], start_page=True)
    made.window.resize(1440, 900)
    made.window.show()
    made.window.activateWindow()
    for _ in range(50):
        qapp.processEvents()
    for place in PLACES:
        made.controller.actions[place].trigger()
        qapp.processEvents()
    yield made
    made.playhead.pause()
    made.engine.shutdown()
    made.window.close()


def controls(window: QWidget) -> list[QWidget]:
    """What is seen and can be used, but for parts of other controls: the button in a field, a table's header."""
    found = [each for kind in KINDS for each in window.findChildren(kind) if each.isVisible() and each.isEnabled()]
    found = [each for each in found if not isinstance(each, QScrollBar)]
    inner = {id(part) for each in found for kind in KINDS for part in each.findChildren(kind)}
    return [each for each in found if id(each) not in inner and not each.objectName().startswith("qt_")]


def walked(window: QWidget) -> set[QWidget]:
    """What Tab reaches, once around."""
    seen: list[QWidget] = []
    window.setFocus()
    for _ in range(400):
        here = window.focusWidget() or window
        if len(seen) > 2 and here is seen[1]:
            break
        seen.append(here)
        QTest.keyClick(here, Qt.Key.Key_Tab)
    return set(seen)


@pytest.mark.parametrize("place", PLACES)
def test_every_control_has_a_name_and_is_reached_by_tab(qapp, app, place: str) -> None:
    app.controller.actions[place].trigger()
    app.playhead.pause()
    qapp.processEvents()
    found = controls(app.window)
    assert len(found) > 8
    assert not [f"{type(each).__name__} {each.objectName()}" for each in found if not each.accessibleName()]
    reached = walked(app.window)
    # of segments, Tab reaches the chosen one and the arrows the others
    alone = [each for each in found if not (isinstance(each, QAbstractButton) and each.group() is not None)]
    assert not [f"{type(each).__name__} {each.accessibleName()}" for each in alone if each not in reached]


def test_the_arrows_reach_the_other_segments(qtbot, qapp, app) -> None:
    app.controller.actions["settings"].trigger()
    theme = app.controller.shell.page.theme
    while not theme._buttons["dark"].hasFocus():
        QTest.keyClick(app.window.focusWidget() or app.window, Qt.Key.Key_Tab)
    QTest.keyClick(theme._buttons["dark"], Qt.Key.Key_Right)
    assert theme._buttons["light"].hasFocus()
    qapp.processEvents()
    assert app.window.ring.around is theme._buttons["light"]
    QTest.keyClick(theme._buttons["light"], Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: app.window.theme.name == "light", timeout=5000)


def test_the_palette_keeps_the_keyboard(qapp, app) -> None:
    app.controller.actions["palette"].trigger()
    card = app.window.findChildren(Palette)[-1]
    assert not [type(each) for each in controls(card) if not each.accessibleName()]
    for _ in range(12):
        QTest.keyClick(app.window.focusWidget(), Qt.Key.Key_Tab)
        assert card.isAncestorOf(app.window.focusWidget())
    QTest.keyClick(card.field, Qt.Key.Key_Escape)


def test_every_action_is_in_the_menu_with_its_key(app) -> None:
    menu = app.window.top._logo.menu()
    assert {action.objectName() for action in menu.actions() if action.objectName()} == set(app.controller.actions)


def test_the_ring_moves_with_its_control_and_is_not_seen_where_the_control_is_not(qapp, app) -> None:
    app.controller.actions["lanes"].trigger()
    panel, ring = app.controller.panel, app.window.ring
    first = panel.form.findChildren(QAbstractButton)[0]
    app.window.setFocus()
    while not first.hasFocus():
        QTest.keyClick(app.window.focusWidget() or app.window, Qt.Key.Key_Tab)

    def around() -> bool:
        qapp.processEvents()
        qapp.processEvents()
        middle = first.mapTo(app.window, first.rect().center())
        return (ring.geometry().center() - middle).manhattanLength() <= 2

    assert around()
    assert ring.isVisible()
    panel.training.show_progress(1, 10, 1.0, paused=False)  # it pushes the form down
    assert around()
    bar = next(each for each in panel.findChildren(QScrollBar) if each.maximum() > 0 and each.isVisible())
    bar.setValue(bar.maximum())
    qapp.processEvents()
    qapp.processEvents()
    assert not ring.isVisible()
    bar.setValue(0)
    panel.training.hide()


def test_after_its_control_is_hidden_nothing_has_the_focus_and_space_plays(qapp, app) -> None:
    app.controller.actions["lanes"].trigger()
    app.playhead.pause()
    app.controller.actions["full-screen"].trigger()
    app.window.big_bar.play.setFocus(Qt.FocusReason.TabFocusReason)
    app.controller.actions["full-screen"].trigger()
    qapp.processEvents()
    assert app.window.ring.isHidden()
    QTest.keyClick(app.window.focusWidget() or app.window, Qt.Key.Key_Space)
    assert app.playhead.playing
    app.playhead.pause()
