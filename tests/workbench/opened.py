"""The application in its real window, for tests that look at what is on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pytestqt.qtbot import QtBot

from workbench.app import App
from workbench.model.session import LaneState


@contextmanager
def opened(qtbot: QtBot, width: int = 1440, height: int = 900) -> Iterator[App]:
    """Shown with the shipped runs, at rest at t = 0; the engine starts when a test asks for it."""
    app = App([])
    qtbot.addWidget(app.window)
    app.window.resize(width, height)
    app.window.show()
    app.window.activateWindow()
    qtbot.waitUntil(app.window.isActiveWindow, timeout=10_000)
    qtbot.waitUntil(lambda: len(app.playhead.steps) == 2, timeout=10_000)
    yield app
    app.playhead.pause()
    app.engine.shutdown()
    app.window.close()


def start_engine(qtbot: QtBot, app: App) -> None:
    with qtbot.waitSignal(app.engine.hello, timeout=240_000):
        app.engine.start()


def lanes(app: App) -> list[LaneState]:
    """Those that run something."""
    return [lane for lane in app.session.lanes if not lane.real]
