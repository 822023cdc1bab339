"""Drives the real window: acts as a hand would, waits for what comes while the event loop runs, and takes pictures."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from PyQt6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PyQt6.QtGui import QCursor
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QWidget

from core.errors import FlowscopeError
from workbench import folders
from workbench.app import App
from workbench.model.session import LaneState
from workbench.widgets.cards.dialogs import Scrim

_POLL_MS, _SETTLE_MS = 30, 400
_PATIENCE = 120.0


class Tour:
    """A window of its own with an engine, and a folder for its pictures."""

    def __init__(self, out: Path, size: tuple[int, int] = (1440, 900)) -> None:
        self.out = out
        self.files: list[Path] = []
        self.stack = ExitStack()
        self.home = self.stack.enter_context(folders.scratch())
        out.mkdir(parents=True, exist_ok=True)
        self.app = App([], start_page=True)
        self.app.window.resize(*size)
        self.app.start()
        self.wait(lambda: self.app.runs.ready, "the engine")

    @property
    def lanes(self) -> list[LaneState]:
        """The lanes that run something."""
        return [lane for lane in self.app.session.lanes if not lane.real]

    def do(self, action: str) -> None:
        """Trigger an action of the table."""
        self.app.controller.actions[action].trigger()
        self.settle()

    def set(self, field: str, value: object) -> None:
        """Change a field of the set-up form."""
        self.app.controller.panel.form.changed.emit(field, value)
        self.settle()

    def open(self, preset: str) -> None:
        self.app.controller.desk.open_preset(preset)
        self.wait(lambda: self.complete, f"the runs of {preset}")

    def rest_at(self, t: float) -> None:
        self.app.playhead.pause()
        self.app.playhead.seek(t)
        self.settle()

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        place = at or widget.rect().center()
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=place)  # type: ignore[call-overload]
        self.settle()

    def escape(self) -> None:
        """Close the card that is on top."""
        (*_, top) = self.app.window.findChildren(Scrim)
        QTest.keyClick(top, Qt.Key.Key_Escape)  # type: ignore[call-overload]
        self.settle()

    def wait(self, until: Callable[[], bool], what: str, *, settle: bool = True) -> None:
        """Let the window live until something is true, and until that is drawn.

        Raises:
            FlowscopeError: it does not come true.
        """
        end = time.monotonic() + _PATIENCE
        while not until():
            if time.monotonic() > end:
                raise FlowscopeError(f"The window waited {_PATIENCE:.0f} s for {what}.")
            self._live(_POLL_MS)
        if settle:
            self.settle()

    def settle(self) -> None:
        """Let what was asked for be drawn."""
        self._live(_SETTLE_MS)

    def shot(self, name: str) -> None:
        QCursor.setPos(self.app.window.mapToGlobal(QPoint(self.app.window.width() // 2, self.app.window.height() - 2)))
        self.settle()
        file = self.out / f"{name}.png"
        self.app.window.grab().save(str(file))
        self.files.append(file)

    def close(self) -> None:
        self.app.playhead.pause()
        self.app.engine.shutdown()
        self.app.window.close()
        self.stack.close()

    def _live(self, ms: int) -> None:
        loop = QEventLoop()
        QTimer.singleShot(ms, loop.quit)
        loop.exec()
        QApplication.sendPostedEvents()

    @property
    def complete(self) -> bool:
        """Whether every lane has sampled to the end."""
        lanes = self.lanes
        return bool(lanes) and all(lane.trace is not None and lane.trace.status == "finished" for lane in lanes)
