"""The frame clock: moves the playhead while it plays, and measures what is really drawn.

It asks for no more frames than the machine draws in two thirds of its time, so that clicks and messages find the event
loop free: sixty a second with a graphics card, fewer where GL is software.
"""

from __future__ import annotations

import time
from collections import deque

from PyQt6.QtCore import QObject, Qt, QTimer

from workbench.model.playhead import Playhead
from workbench.widgets.lane.lanes import LanesView
from workbench.widgets.window import MainWindow

FPS = 60
_LEAST_FPS = 12
_SHARE = 0.66
_REPORT_MS = 500
_FORGET = 0.9
_LEAST_SPAN = 0.4
"""Seconds of one rate over which frames are counted at least, and a second at most."""
_PATIENCE = 0.5
"""Seconds after which a frame that was not drawn, as in a hidden window, is no longer waited for."""
_TRAINING_MS, _LEAST_MS = 6000, 60
"""How long all of a training plays at speed 1, and a snapshot of it at least."""


class FrameClock(QObject):
    """Ticks while playing; none while resting."""

    def __init__(self, window: MainWindow, playhead: Playhead, lanes: LanesView) -> None:
        super().__init__(window)
        self._window, self._playhead, self._lanes = window, playhead, lanes
        self._last = time.perf_counter()
        self._asked: float | None = None
        self._cost = 0.0
        self._drawn: deque[float] = deque(maxlen=FPS * 2)
        self._dropped = 0
        self._since = 0.0
        """When this rate began to be asked for, or playing did."""
        self._timer = QTimer(self)
        self._timer.setInterval(round(1000 / FPS))
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._report = QTimer(self)
        self._report.setInterval(_REPORT_MS)
        self._report.timeout.connect(self._show)
        self._report.start()
        playhead.state_changed.connect(self._state_changed)
        lanes.stage.drawn.connect(self._frame_drawn)

    @property
    def imposed(self) -> float:
        """Frames a second that are asked for now."""
        return 1000 / self._timer.interval()

    def _state_changed(self) -> None:
        if self._playhead.playing and not self._timer.isActive():
            self._last = self._since = time.perf_counter()
            self._timer.start()
        elif not self._playhead.playing:
            self._timer.stop()

    def _tick(self) -> None:
        now = time.perf_counter()
        # the frame before this one is not on the screen yet, and will be
        late = self._asked is not None and self._lanes.isVisible()
        if late and not self._playhead.keep_time and now - self._last < _PATIENCE:
            return
        before = self._playhead.t
        # after a stall the film goes on where it was, at most a tenth of a second further
        self._playhead.advance(min(0.1, now - self._last))
        self._last = now
        if self._playhead.t != before:
            self._dropped += late
            self._asked = now

    def _frame_drawn(self) -> None:
        now = time.perf_counter()
        if self._asked is not None:  # a picture that was asked for otherwise is none of the film
            self._drawn.append(now)
            self._cost = _FORGET * self._cost + (1 - _FORGET) * (now - self._asked)
            self._asked = None

    def _show(self) -> None:
        fps = min(FPS, max(_LEAST_FPS, _SHARE / max(self._cost, 1e-3)))
        interval = round(1000 / fps)
        now, playing = time.perf_counter(), self._timer.isActive()
        if not playing:
            self._window.status.show_number("Display", "at rest")
        elif now - self._since >= _LEAST_SPAN:
            span = min(1.0, now - self._since)
            drawn = sum(1 for at in self._drawn if now - at < span) / span
            self._window.status.show_number("Display", f"{drawn:.0f} of {self.imposed:.0f} fps")
        if playing and abs(interval - self._timer.interval()) > 2:
            self._timer.setInterval(interval)
            self._since = now
        self._window.status.show_number("Dropped", f"{self._dropped:,}")


class TrainingClock(QObject):
    """Lets the training pass while its slider plays."""

    def __init__(self, window: MainWindow, playhead: Playhead) -> None:
        super().__init__(window)
        self._playhead, self._head = playhead, playhead.snapshots
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._head.advance)
        self._head.changed.connect(self._changed)

    def _changed(self) -> None:
        if not self._head.playing:
            self._timer.stop()
        elif not self._timer.isActive():
            each = _TRAINING_MS / (self._playhead.speed * (len(self._head.steps) - 1))
            self._timer.start(round(max(_LEAST_MS, each)))
