"""The cursor over time: where it is, whether it moves, and the recorded steps it can stop at. No Qt."""

from __future__ import annotations

import bisect

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from core.errors import SpecError

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)
_SECONDS = 5.0
"""From noise to data at speed 1."""
_HOLD_SECONDS = 0.9
"""A looping run rests at the data before it starts again."""
_SAME = 1e-6


class Playhead:
    """Time t in [0, 1] on the axis that all lanes share."""

    t_changed = Signal(float)
    state_changed = Signal()
    steps_changed = Signal()

    def __init__(self) -> None:
        self.t = 0.0
        self.playing = False
        self.direction = 1
        self.speed = 1.0
        self.loop = True
        self.following = False
        """A growing run's head is followed until somebody moves the cursor."""
        self.steps: list[NDArray[np.float64]] = []
        self._all: list[float] = []
        self._held = 0.0
        self._resume = False

    # --- where ---------------------------------------------------------------------------------------------------

    def set_steps(self, steps: list[NDArray[np.float64]]) -> None:
        """The recorded times of each lane."""
        self.steps = steps
        self._all = sorted({round(float(t), 9) for lane in steps for t in lane})
        self.steps_changed.emit()
        if self.following and self._all:
            self._set(self._all[-1])

    def seek(self, t: float) -> None:
        """Go to a time, by hand: a growing run is no longer followed."""
        self._follow(False)
        self._set(t)

    def step(self, direction: int) -> None:
        """To the next recorded step of any lane, or the one before; playing stops."""
        self.pause()
        if not self._all:
            return
        if direction > 0:
            i = bisect.bisect_right(self._all, self.t + _SAME)
        else:
            i = bisect.bisect_left(self._all, self.t - _SAME) - 1
        self.seek(self._all[min(max(i, 0), len(self._all) - 1)])

    def to_start(self) -> None:
        self.seek(0.0)

    def to_end(self) -> None:
        """To the data; on a growing run its head is followed again."""
        self.seek(1.0)
        self._follow(True)

    def type_time(self, text: str) -> None:
        """Go to a typed time, at the nearest recorded step.

        Raises:
            SpecError: the text is no number from 0 to 1.
        """
        try:
            t = float(text.strip().replace(",", ".").replace("−", "-"))
        except ValueError:
            raise SpecError("t", f"Time must be a number from 0 to 1. Given {text.strip()!r}.") from None
        if not 0.0 <= t <= 1.0:
            raise SpecError("t", f"Time must be 0 to 1. Given {t:g}.")
        self.pause()
        self.seek(self.nearest(t))

    def nearest(self, t: float) -> float:
        """The recorded time closest to t; t itself where nothing is recorded."""
        return min(self._all, key=lambda other: abs(other - t)) if self._all else t

    def _set(self, t: float) -> None:
        t = min(max(t, 0.0), 1.0)
        if t != self.t:
            self.t = t
            self.t_changed.emit(t)

    def _follow(self, following: bool) -> None:
        if following != self.following:
            self.following = following
            self.state_changed.emit()

    def follow(self) -> None:
        """Follow the head of a run that begins to grow."""
        self._follow(True)

    # --- playing -------------------------------------------------------------------------------------------------

    def play(self, direction: int = 1) -> None:
        self.direction, self.playing, self._held = direction, True, 0.0
        end = 1.0 if direction > 0 else 0.0
        if abs(self.t - end) < _SAME:
            self._set(1.0 - end)
        self.state_changed.emit()

    def pause(self) -> None:
        if self.playing:
            self.playing = False
            self.state_changed.emit()

    def toggle(self, direction: int = 1) -> None:
        """Play in a direction, or pause if that is what already happens."""
        if self.playing and self.direction == direction:
            self.pause()
        else:
            self.play(direction)

    def set_speed(self, speed: float) -> None:
        self.speed = speed
        self.state_changed.emit()

    def set_loop(self, loop: bool) -> None:
        self.loop = loop
        self.state_changed.emit()

    def grab(self) -> None:
        """The slider is held: playing rests until `release`."""
        self._resume = self.playing
        self.pause()

    def release(self) -> None:
        if self._resume:
            self._resume = False
            self.play(self.direction)

    def advance(self, seconds: float) -> None:
        """Let time pass while playing."""
        if not self.playing:
            return
        end = 1.0 if self.direction > 0 else 0.0
        if abs(self.t - end) < _SAME:
            self._held += seconds
            if self._held >= _HOLD_SECONDS:
                self._turn(end)
            return
        self._held = 0.0
        self._set(self.t + self.direction * self.speed * seconds / _SECONDS)
        if abs(self.t - end) < _SAME and not self.loop:
            self.pause()

    def _turn(self, end: float) -> None:
        self._held = 0.0
        if self.loop:
            self._set(1.0 - end)
        else:
            self.pause()
