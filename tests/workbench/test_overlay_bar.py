"""The bar of overlays: as many chips as find room, whole, and the rest in a menu."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.workbench.shell import Shell
from workbench.widgets.lane.overlay_bar import OverlayBar


@pytest.fixture
def bar(qtbot: QtBot) -> Iterator[OverlayBar]:
    """In a window that is wider than all of it, where it takes any width at once."""
    shell, host = Shell(), QWidget()
    for widget in (shell.window, host):
        qtbot.addWidget(widget)
    host.setStyleSheet(shell.window.styleSheet())
    host.resize(1500, 60)
    bar = OverlayBar(shell.actions, shell.view)
    bar.setParent(host)
    host.show()
    qtbot.waitExposed(host)
    yield bar
    bar.setParent(None)
    bar.deleteLater()


def stands_whole(bar: OverlayBar) -> None:
    """Every part that is seen has its width, lies inside and beside the others; what is left out is in the menu."""
    shown = [chip for chip in bar.chips.values() if chip.isVisible()]
    parts = [*shown, *([bar.more] if bar.more.isVisible() else []), bar.field, *bar._buttons, bar.add]
    end = 0
    for part in parts:
        assert part.width() >= min(part.sizeHint().width(), part.maximumWidth()), part.accessibleName()
        assert part.x() >= end, part.accessibleName()
        end = part.x() + part.width()
    assert end <= bar.width()
    left_out = len(bar._wanted) - len(shown)
    assert len(bar.more.menu().actions()) == left_out
    assert bar.more.isVisible() == bool(left_out)


@pytest.mark.parametrize("images", [False, True])
def test_chips_that_find_no_room_go_into_a_menu_at_every_width(qtbot: QtBot, bar: OverlayBar, images: bool) -> None:
    bar.show_images(images)
    widest = 0
    for width in range(bar.minimumSizeHint().width(), 1400, 37):
        bar.resize(width, 40)
        qtbot.wait(1)
        stands_whole(bar)
        shown = sum(chip.isVisible() for chip in bar.chips.values())
        assert shown >= widest, "a wider bar never shows fewer"
        widest = shown
    assert widest == len(bar._wanted)


def test_what_a_chip_says_may_grow_and_pushes_the_last_ones_out(qtbot: QtBot, bar: OverlayBar) -> None:
    full = next(width for width in range(500, 1400) if (bar.resize(width, 40), not bar.more.isVisible())[1])
    qtbot.wait(10)
    stands_whole(bar)
    bar._view.field_factor = 4.0
    qtbot.waitUntil(bar.more.isVisible)
    qtbot.wait(10)
    assert bar.width() == full
    stands_whole(bar)
