"""The cursor over time and over training: where it is, whether it moves, the steps it can stop at. No Qt."""

from __future__ import annotations

import bisect

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from core.errors import SpecError

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)
SECONDS = 5.0
"""From noise to data at speed 1."""
HOLD_SECONDS = 0.8
"""A looping run rests at its end before it starts again."""
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
        """The head of a growing run is followed until somebody moves the cursor."""
        self.growing = False
        self.steps: list[NDArray[np.float64]] = []
        self.snapshots = SnapshotHead()
        self._all: list[float] = []
        self._held = 0.0
        self._resume = False

    # --- where ---------------------------------------------------------------------------------------------------

    def set_steps(self, steps: list[NDArray[np.float64]], *, growing: bool = False) -> None:
        """The recorded times of each lane; ``growing`` while a run still adds to them."""
        self.steps = steps
        self._all = sorted({round(float(t), 9) for lane in steps for t in lane})
        ended, self.growing = self.growing and not growing, growing
        self.steps_changed.emit()
        if self.following and (growing or ended) and self._all:
            self._set(self._all[-1])
        if ended:
            self._follow(False)

    def seek(self, t: float) -> None:
        """Go to a time, by hand: a growing run is no longer followed."""
        self._follow(False)
        self._held = 0.0
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
        """To the data; on a growing run to its head, which is followed again."""
        if self.growing and self._all:
            self.follow()
            self._set(self._all[-1])
        else:
            self.seek(1.0)

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
        """Follow the head of a run that grows, or is about to."""
        self._follow(True)

    # --- playing -------------------------------------------------------------------------------------------------

    def play(self, direction: int = 1) -> None:
        """Let time pass; from the end of the film it starts at the other end."""
        self.direction, self.playing, self._held = direction, True, 0.0
        if self._at_end() and not self.following:
            self._set(0.0 if direction > 0 else 1.0)
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
        """Let time pass while playing. A followed run moves the cursor itself, by growing."""
        if not self.playing or (self.following and self.growing):
            return
        if self._at_end():
            self._held += seconds
            if self._held >= HOLD_SECONDS or not self.loop:
                self._turn()
            return
        self._held = 0.0
        end = 1.0 if self.direction > 0 else 0.0
        t = self.t + self.direction * self.speed * seconds / SECONDS
        # sums of frames end a rounding error before the end
        self._set(end if abs(t - end) < _SAME else t)
        if self._at_end() and not self.loop:
            self.pause()

    def _at_end(self) -> bool:
        return abs(self.t - (1.0 if self.direction > 0 else 0.0)) < _SAME

    def _turn(self) -> None:
        self._held = 0.0
        if self.loop:
            self._set(0.0 if self.direction > 0 else 1.0)
        else:
            self.pause()


class SnapshotHead:
    """Which training step's weights are shown; the newest ones until somebody chooses others."""

    changed = Signal()

    def __init__(self) -> None:
        self.steps: NDArray[np.float64] = np.empty(0)
        """Training steps with a snapshot, ascending."""
        self.total = 1.0
        """Training steps in all: the length of the slider."""
        self.following = True
        self._chosen = 0.0

    @property
    def step(self) -> float | None:
        """The training step whose snapshot is shown; None where there is none."""
        if not len(self.steps):
            return None
        return float(self.steps[-1]) if self.following else self._chosen

    def set_steps(self, steps: NDArray[np.float64], total: float) -> None:
        """The snapshots there are; a chosen one that is gone gives way to the newest."""
        self.steps, self.total = steps, max(float(total), float(steps[-1]) if len(steps) else 1.0, 1.0)
        if not len(steps) or self._chosen not in steps:
            self.following = True
        self.changed.emit()

    def seek(self, step: float) -> None:
        """Show the snapshot nearest to a training step, from now on whatever else arrives."""
        if len(self.steps):
            self._choose(float(self.steps[np.abs(self.steps - step).argmin()]))

    def move(self, direction: int) -> None:
        """To the next snapshot, or the one before."""
        if self.step is not None:
            i = int(np.searchsorted(self.steps, self.step)) + direction
            self._choose(float(self.steps[min(max(i, 0), len(self.steps) - 1)]))

    def follow(self) -> None:
        """Show the newest weights again, and those that come."""
        if not self.following:
            self.following = True
            self.changed.emit()

    def _choose(self, step: float) -> None:
        if self.following or step != self._chosen:
            self.following, self._chosen = False, step
            self.changed.emit()
