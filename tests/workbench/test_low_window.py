"""The smallest window, in the largest type: what stands below the lanes leaves them their room."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PyQt6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from core.trace import save
from tests.workbench.image_traces import image_trace
from tests.workbench.opened import opened
from tests.workbench.shell import shown
from workbench.app import App
from workbench.model.settings import SCALES
from workbench.pages.runs import RunsPage
from workbench.widgets.controls import Elided
from workbench.widgets.lane.lanes import _LEAST_CANVAS
from workbench.widgets.status_bar import StatusBar

SMALLEST = (900, 600)


def test_charts_give_way_to_pictures_below_the_lanes_in_a_low_window_and_come_back(qtbot: QtBot) -> None:
    with opened(qtbot, *SMALLEST) as app:
        lanes, charts, act = app.controller.lanes, app.controller.charts, app.controller.actions
        assert charts.isVisible()
        act["frames"].trigger()
        qtbot.waitUntil(lambda: lanes.frames.isVisible() and not charts.isVisible())
        qtbot.waitUntil(lambda: lanes.stage.height() >= _LEAST_CANVAS)
        act["strip"].trigger()  # there is room for one, and this is the newer one
        qtbot.waitUntil(lambda: lanes.strip.isVisible() and not lanes.frames.isVisible())
        assert lanes.stage.height() >= _LEAST_CANVAS
        app.window.resize(SMALLEST[0], 1000)
        qtbot.waitUntil(lambda: lanes.strip.isVisible() and lanes.frames.isVisible() and charts.isVisible())
        app.window.resize(*SMALLEST)
        qtbot.waitUntil(lambda: not charts.isVisible())
        act["strip"].trigger()
        qtbot.waitUntil(lambda: lanes.frames.isVisible())
        act["frames"].trigger()
        qtbot.waitUntil(charts.isVisible)


def test_the_status_bar_leaves_facts_out_whole_and_says_all_in_a_tool_tip(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    bar = StatusBar()
    bar.setParent(window)
    bar.show_engine("Engine ready")
    bar.device.setText("CPU, torch 2.13.0")
    facts = {
        "Display": "58.9 of 60 fps", "Dropped": "0", "Engine": "0 it/s", "Queue": "0", "Written": "11.2 MB",
        "Memory": "670 MB",
    }  # fmt: skip
    for name, value in facts.items():
        bar.show_number(name, value)
    window.resize(1400, 24)
    window.show()
    qtbot.waitExposed(window)
    seen = []
    for width in range(1400, 200, -40):
        bar.resize(width, 24)
        qtbot.wait(1)
        shown = [each for each in bar.findChildren(QLabel) if each.isVisible()]
        assert all(each.width() >= each.sizeHint().width() for each in shown), width
        assert bar.toolTip() == "" if len(shown) == 8 else all(value in bar.toolTip() for value in facts.values())
        seen.append(len(shown))
    assert seen[0] == 8
    assert seen[-1] == 1
    assert seen == sorted(seen, reverse=True)
    assert bar.engine.isVisible()


@pytest.mark.parametrize("count", [2, 4])
def test_key_frames_of_images_take_only_what_the_lanes_leave_them(
    qtbot: QtBot, tmp_path, large_type, count: int
) -> None:
    paths = [tmp_path / f"{seed}.h5" for seed in range(count)]
    for seed, path in enumerate(paths):
        save(image_trace(rows=5, seed=seed), path)
    app = App(paths)
    qtbot.addWidget(app.window)
    app.window.resize(*SMALLEST)
    app.window.show()
    lanes, strip = app.controller.lanes, app.controller.images.strip
    app.controller.shell.settings.set(scale=max(SCALES))
    if count == 4:  # in the place of the real images
        real = next(lane for lane in app.session.lanes if lane.real)
        app.session.remove(real.key)
        app.controller.lane_control.duplicate(app.session.lanes[0].key)
    qtbot.waitUntil(lambda: strip.isVisible() and not app.controller.charts.isVisible())
    qtbot.waitUntil(lambda: strip.geometry().bottom() < strip.parentWidget().height())
    assert lanes.geometry().bottom() < strip.geometry().top()
    assert lanes.height() >= lanes.minimumHeight()
    assert len(strip._frames.histories) == count
    boxes = [strip.frame_at(i, 0) for i in range(len(strip._frames.histories))]
    assert all(above.bottom() < below.top() for above, below in pairwise(boxes))
    assert boxes[-1].bottom() < strip.height()
    app.engine.shutdown()
    app.window.close()


def test_the_title_of_what_is_open_is_read_whole_in_the_smallest_window(qtbot: QtBot) -> None:
    shell = shown(qtbot)
    title, search = shell.window.top.title, shell.window.top.search
    title.setText("MNIST and CIFAR-10 side by side")
    seen = {}
    for width in (1440, SMALLEST[0]):
        shell.window.resize(width, SMALLEST[1])
        qtbot.waitUntil(lambda width=width: shell.window.top.width() == width)
        QApplication.sendPostedEvents()
        seen[width] = title.seen
    assert seen == {1440: title.text(), SMALLEST[0]: title.text()}
    assert search.accessibleName() == "Search actions, presets and runs"


def test_words_of_which_a_few_letters_would_be_left_are_left_out(qtbot: QtBot) -> None:
    line = Elided("sliced Wasserstein, log")
    qtbot.addWidget(line)
    whole = line.fontMetrics().horizontalAdvance(line.text()) + 1
    seen = []
    for width in range(whole, 0, -1):
        line.resize(width, 20)
        seen.append(line.seen)
    assert seen[0] == line.text()
    assert seen[-1] == ""
    assert min(len(words) for words in seen if words) > len("sli…")


def test_names_of_runs_keep_their_room_in_a_narrow_table(qtbot: QtBot) -> None:
    page = RunsPage()
    qtbot.addWidget(page)
    columns = page.table.horizontalHeader()
    for width, fills in ((600, False), (1600, True)):
        page.resize(width, 500)
        page.show()
        qtbot.waitUntil(lambda width=width: abs(page.table.width() - width) < 60)
        assert columns.sectionSize(0) >= 200
        assert (columns.length() == page.table.viewport().width()) == fills
