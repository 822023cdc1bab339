"""What every test stands on: a display of its own, folders of its own, and no error that goes unseen."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Iterator

import pytest

# Before Qt, GL or torch are imported anywhere.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_configure(config: pytest.Config) -> None:
    if sys.platform == "linux" and not os.environ.get("DISPLAY") and shutil.which("Xvfb") is None:
        pytest.exit("The tests draw in a window and need Xvfb: sudo apt-get install xvfb", returncode=2)


def pytest_collection_finish(session: pytest.Session) -> None:
    gc.freeze()  # what is loaded by now stays: to look through it in every collection costs a tenth of a second


@pytest.fixture(scope="session")
def qapp_cls():
    from PyQt6.QtCore import QCoreApplication, Qt
    from PyQt6.QtWidgets import QApplication

    # the stage keeps its GL context when widgets are moved; Qt wants to know before the application is made
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    return QApplication


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch) -> None:
    """Nothing is written into the user's folders."""
    monkeypatch.setenv("FLOWSCOPE_HOME", str(tmp_path / "home"))


@pytest.fixture(autouse=True)
def seen_errors(monkeypatch):
    """An exception in a slot fails the test: pyqtgraph and the application install hooks of their own."""
    hook = sys.excepthook
    yield
    sys.excepthook = hook


@pytest.fixture(autouse=True)
def no_leaked_windows(request: pytest.FixtureRequest):
    """A test that leaves a top-level widget behind fails."""
    if "qtbot" not in request.fixturenames:
        yield
        return
    from PyQt6.QtWidgets import QApplication

    before = {id(widget) for widget in QApplication.topLevelWidgets()}
    yield
    left = [w for w in QApplication.topLevelWidgets() if w.isVisible() and id(w) not in before]
    for widget in left:
        widget.close()
    assert not left, f"left open: {left}"
    del left
    if any(type(widget).__name__ == "Stage" for widget in QApplication.allWidgets()):
        gc.collect()  # here, and not while a later test draws: a stage that is collected then takes the process with it
        gc.freeze()  # what is left, such as modules that this test was the first to import, stays


@pytest.fixture
def little_room() -> Iterator[None]:
    """No file may grow beyond 8 KB, as on a disk that is almost full."""
    if sys.platform == "win32":
        pytest.skip("Windows has no such limit")
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
