"""Settings, full screen, what is kept between two starts, and the log, in the real window."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtGui import QFontMetricsF, QGuiApplication, QImage
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QLabel

from workbench import log
from workbench.app import App
from workbench.commands import window as command
from workbench.model.settings import Store
from workbench.painters import fonts

LEAST_PX, CONTRAST = 22, 4.5
_DOT = 6
"""Rows between a dot and its letter, at most."""


@pytest.fixture
def started(qtbot, qapp):
    """Starts the application; several times one after the other."""
    apps: list[App] = []

    def start(**how: bool) -> App:
        made = App([], **how)
        apps.append(made)
        qtbot.addWidget(made.window)
        made.window.resize(1280, 720)
        made.window.show()
        made.window.activateWindow()
        qtbot.waitUntil(made.window.isActiveWindow, timeout=5000)
        return made

    yield start
    for made in apps:
        made.playhead.pause()
        made.engine.shutdown()
        made.window.close()
    fonts.set_scale(1.0)


def settings(app: App):
    app.controller.actions["settings"].trigger()
    return app.controller.shell.page


def press(qtbot, segments, value: str) -> None:
    qtbot.mouseClick(segments._buttons[value], Qt.MouseButton.LeftButton)


def test_the_theme_is_chosen_kept_and_the_systems_where_one_says_so(qtbot, started) -> None:
    app = started()
    press(qtbot, settings(app).theme, "light")
    qtbot.waitUntil(lambda: app.window.theme.name == "light", timeout=5000)
    assert app.window.grab().toImage().pixelColor(5, app.window.height() - 5).lightness() > 200
    assert Store().now.theme == "light"
    press(qtbot, settings(app).theme, "system")
    light = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light
    wanted = "light" if light else "dark"
    qtbot.waitUntil(lambda: app.window.theme.name == wanted, timeout=5000)
    app.controller.actions["theme"].trigger()
    qtbot.waitUntil(lambda: Store().now.theme == app.window.theme.name != wanted, timeout=5000)


def test_type_grows_and_nothing_is_cut(qtbot, started) -> None:
    app = started()
    page = settings(app)
    before = page.problem.fontInfo().pixelSize()
    press(qtbot, page.scale, "1.25")
    qtbot.waitUntil(lambda: page.problem.fontInfo().pixelSize() == round(12 * 1.25))
    assert before == 12
    app.controller.actions["lanes"].trigger()
    for place in app.window.findChildren(QLabel):
        if place.isVisible() and place.text() and not place.wordWrap() and place.textFormat() != Qt.TextFormat.RichText:
            assert place.height() >= place.fontMetrics().height() - 1, place.text()
    assert app.window.rail.width() == round(56 * 1.25)


def test_a_shortcut_is_given_by_pressing_it_and_refused_where_taken(qtbot, started) -> None:
    app = started()
    page = settings(app)
    mine = page.keys["real"]
    qtbot.mouseClick(mine, Qt.MouseButton.LeftButton)
    QTest.keyClick(mine, Qt.Key.Key_T)
    assert "belongs to “Trails”" in page.problem.text()
    assert mine.text() == "R"
    qtbot.mouseClick(mine, Qt.MouseButton.LeftButton)
    QTest.keyClick(mine, Qt.Key.Key_Y, Qt.KeyboardModifier.AltModifier)
    assert mine.text() == "Alt+Y"
    assert Store().now.keys == {"real": ["Alt+Y"]}
    app.session.view.linked = False
    app.controller.actions["reset"].trigger()
    assert (mine.text(), app.session.view.linked) == ("R", True)
    qtbot.mouseClick(app.window.toast._button, Qt.MouseButton.LeftButton)
    assert (mine.text(), app.session.view.linked) == ("Alt+Y", False)


# --- full screen, measured -------------------------------------------------------------------------------------------


def lines_of_text(shot: np.ndarray) -> list[tuple[int, float]]:
    """Height in pixels and contrast of each line of ink on a ground of one colour (WCAG 2.2, relative luminance)."""
    linear = np.where(shot <= 0.04045, shot / 12.92, ((shot + 0.055) / 1.055) ** 2.4)
    light = linear @ [0.2126, 0.7152, 0.0722]
    values, counts = np.unique(light.round(6), return_counts=True)
    ground = values[counts.argmax()]
    contrast = (np.maximum(light, ground) + 0.05) / (np.minimum(light, ground) + 0.05)
    inked = (contrast > 1.6).any(axis=1)
    for row in np.flatnonzero(inked[:-1] & ~inked[1:]):  # the dot of an i belongs to its line
        inked[row : row + _DOT] |= inked[row : row + _DOT + 1].any() and inked[row + 1 : row + _DOT + 1].any()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inked, [False]]).astype(int)))
    return [(int(end - start), float(contrast[start:end].max())) for start, end in edges.reshape(-1, 2)]


def crop(app: App, shot: QImage, widget, area: QRect) -> np.ndarray:
    area = area.translated(widget.mapTo(app.window, QPoint(0, 0)))
    image = shot.copy(area).convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits().asstring(image.sizeInBytes()), np.uint8)
    return rows.reshape(image.height(), image.bytesPerLine())[:, : 3 * image.width()].reshape(
        image.height(), image.width(), 3
    ) / 255.0  # fmt: skip


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_full_screen_hides_the_bars_and_is_read_from_afar(qtbot, started, theme: str) -> None:
    app = started()
    app.session.view.theme = theme
    QTest.keyClick(app.window, Qt.Key.Key_F11)
    app.window.setGeometry(0, 0, 1280, 720)
    app.playhead.seek(0.76)
    qtbot.waitUntil(lambda: len(app.controller.scenes.shown) == 3 and app.controller.lanes.width() > 1200)
    assert not [each.text() for each in app.window.findChildren(QLabel) if each.isVisible() and each.text()]
    bars = (
        app.window.top,
        app.window.rail,
        app.window.status,
        app.window.overlays,
        app.window.transport,
        app.window.charts,
    )
    assert not [bar for bar in bars if bar.isVisible()]
    capital = fonts.fixed(LEAST_PX)
    least = int(QFontMetricsF(capital).capHeight()) - 1  # what a line of 22 px type is high, without its air
    texts = []
    for big in app.controller.lanes._big[:3]:
        texts.append((big.head, QRect(34, 4, big.head.width() - 38, big.head.height() - 8)))
    line = app.window.big_bar.line
    texts += [(line, QRect(0, 0, 80, line.height())), (line, QRect(line.width() - 130, 0, 130, line.height()))]
    shot = app.window.grab().toImage()
    for widget, area in texts:
        lines = lines_of_text(crop(app, shot, widget, area))
        assert lines, widget
        assert min(height for height, _ in lines) >= least, (widget, lines)
        assert min(contrast for _, contrast in lines) >= CONTRAST, (widget, lines)
    QTest.keyClick(app.window, Qt.Key.Key_Escape)
    assert app.window.top.isVisible()
    assert app.controller.lanes._headers[0].isVisible()


def test_the_large_time_line_is_dragged(qtbot, started) -> None:
    app = started()
    app.controller.actions["full-screen"].trigger()
    line = app.window.big_bar.line
    qtbot.mousePress(line, Qt.MouseButton.LeftButton, pos=QPoint(round(line.x_of(0.25)), line.height() // 2))
    assert app.playhead.t == pytest.approx(0.25, abs=0.01)
    app.controller.actions["library"].trigger()
    assert app.window.place == "library"
    assert app.window.rail.isVisible()


# --- kept and reset --------------------------------------------------------------------------------------------------


def test_layout_and_lanes_come_back_and_reset_forgets_them(qtbot, started, monkeypatch) -> None:
    first = started(resume=True)
    QTest.keyClick(first.window, Qt.Key.Key_T)
    first.controller.actions["panel"].trigger()
    first.session.remove(first.session.lanes[0].key)
    first.session.set_title("Mine")
    shown = first.session.lanes[0].trace.spec
    first.window.close()
    again = started(resume=True)
    assert "trails" not in again.session.view.overlays
    assert not again.window.panel.isVisible()
    assert (again.session.title, again.session.lanes[0].trace.spec) == ("Mine", shown)
    assert len(again.session.lanes) == 2
    again.window.close()
    monkeypatch.setattr("workbench.app.run", lambda traces: 0)
    assert command.run([], reset=True) == 0
    fresh = started(resume=True)
    assert "trails" in fresh.session.view.overlays
    assert fresh.window.panel.isVisible()
    assert len(fresh.session.lanes) == 3


def test_a_lane_that_waits_for_its_training_waits_for_it_the_next_time(started) -> None:
    first = started(resume=True)
    first.runs.change(first.session.lanes[0].key, "data.name", "moons")
    first.window.close()
    again = started(resume=True)
    waiting = again.session.lanes[0]
    assert waiting.spec.data.name == "moons"
    assert again.runs.needs_training(waiting)


def test_a_settings_file_that_is_broken_is_a_fresh_start(started) -> None:
    from workbench import folders

    folders.write(folders.home() / "settings.json", b"{no json")
    assert started(resume=True).window.theme.name == "dark"


# --- the log ---------------------------------------------------------------------------------------------------------


def test_what_broke_is_told_and_the_log_is_copied(qtbot, started) -> None:
    app = started()
    log.file().parent.mkdir(parents=True, exist_ok=True)
    log.file().write_text("12:00 ERROR the cat sat on the keyboard\n")
    try:
        raise ValueError("paws")
    except ValueError:
        app.controller.shell.unexpected(*sys.exc_info())
    assert app.window.toast.text == "Something went wrong it is in the log"
    qtbot.mouseClick(app.window.toast._button, Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert "the cat sat on the keyboard" in copied
    assert log.versions() in copied
