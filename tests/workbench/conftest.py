"""What tests of the window stand on."""

from __future__ import annotations

import multiprocessing as mp
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.workbench.forked import Forked
from workbench.engine import link
from workbench.model.settings import SCALES
from workbench.painters import fonts


@pytest.fixture(autouse=True)
def forked_engines(monkeypatch) -> None:
    """A window's engine is there at once, where the system can; in `engine` it starts as a user's does."""
    if "forkserver" in mp.get_all_start_methods():
        monkeypatch.setattr(link, "mp", SimpleNamespace(get_context=lambda _: Forked()))


@pytest.fixture
def large_type() -> Iterator[None]:
    """The largest type of the settings."""
    fonts.set_scale(max(SCALES))
    yield
    fonts.set_scale(1.0)


@pytest.fixture
def started(qtbot, qapp):
    """Starts the application; several times one after the other."""
    from workbench.app import App  # here: most tests need no window

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
