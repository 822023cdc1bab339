"""The frame clock: moves the playhead while it plays, and measures what is really drawn."""

from __future__ import annotations

import time
from collections import deque

from PyQt6.QtCore import QObject, Qt, QTimer

from workbench.model.playhead import Playhead
from workbench.widgets.lanes import LanesView
from workbench.widgets.window import MainWindow

FPS = 60
_REPORT_MS = 500


class FrameClock(QObject):
    """Sixty ticks a second while playing; none while resting."""

    def __init__(self, window: MainWindow, playhead: Playhead, lanes: LanesView) -> None:
        super().__init__(window)
        self._window, self._playhead = window, playhead
        self._last = time.perf_counter()
        self._drawn: deque[float] = deque(maxlen=FPS * 2)
        self._dropped = 0
        self._timer = QTimer(self)
        self._timer.setInterval(round(1000 / FPS))
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._report = QTimer(self)
        self._report.setInterval(_REPORT_MS)
        self._report.timeout.connect(self._show)
        self._report.start()
        playhead.state_changed.connect(self._state_changed)
        lanes.stage.native.frameSwapped.connect(self._frame_drawn)  # type: ignore[attr-defined]  # a QOpenGLWidget

    def _state_changed(self) -> None:
        if self._playhead.playing and not self._timer.isActive():
            self._last = time.perf_counter()
            self._timer.start()
        elif not self._playhead.playing:
            self._timer.stop()

    def _tick(self) -> None:
        now = time.perf_counter()
        # after a stall the film goes on where it was, at most a tenth of a second further
        self._playhead.advance(min(0.1, now - self._last))
        self._last = now

    def _frame_drawn(self) -> None:
        now = time.perf_counter()
        if self._timer.isActive() and self._drawn:
            gap = now - self._drawn[-1]
            if gap < 0.5:
                self._dropped += max(0, round(gap * FPS) - 1)
        self._drawn.append(now)

    def _show(self) -> None:
        now = time.perf_counter()
        fps = sum(1 for at in self._drawn if now - at < 1.0)
        self._window.status.show_number("Display", f"{fps} of {FPS} fps" if self._timer.isActive() else "at rest")
        self._window.status.show_number("Dropped", f"{self._dropped:,}")
