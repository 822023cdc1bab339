"""The cursor over time and over training: where it is, whether it moves, the steps it can stop at. No Qt."""

from __future__ import annotations

import bisect

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from workbench.model.part import MODES, SAME, LoopMode, Part
from workbench.model.snapshots import SnapshotHead
from workbench.views.marks import AxisKind
from workbench.views.time_axis import KINDS

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)
SECONDS = 5.0
"""From noise to data at speed 1."""
HOLD_SECONDS = 0.8
"""A looping run rests at its end before it starts again."""
FRAME_SECONDS = 1 / 60
"""How far a film goes on with a frame where every frame is shown, however long it takes."""


class Playhead:
    """Time t in [0, 1] on the axis that all lanes share."""

    t_changed = Signal(float)
    state_changed = Signal()
    axis_changed = Signal()
    steps_changed = Signal()

    def __init__(self) -> None:
        self.t = 0.0
        self.playing = False
        self.speed = 1.0
        self.mode: LoopMode = "loop"
        """What happens at the end, of a run and of its training."""
        self._part = Part(lambda: self.mode)
        self.keep_time = True
        """Frames are left out where drawing is slow; without it each one is shown, and every recorded step."""
        self.axis: AxisKind = "t"
        self.following = False
        """The head of a growing run is followed until somebody moves the cursor."""
        self.growing = False
        self.steps: list[NDArray[np.float64]] = []
        self.snapshots = SnapshotHead(lambda: self.mode)
        self._all: list[float] = []
        self._head = 0.0
        self._held = 0.0
        self._resume = 0

    # --- where ---------------------------------------------------------------------------------------------------

    def set_steps(self, steps: list[NDArray[np.float64]], *, growing: bool = False, head: float | None = None) -> None:
        """The recorded times of each lane; ``growing`` while a run still adds to them.

        ``head`` is how far those are that grow, where other lanes have all their steps already. A run that is followed
        is waited for at its start.
        """
        self.steps = steps
        self._all = sorted({round(float(t), 9) for lane in steps for t in lane})
        self._head = head if growing and head is not None else self._all[-1] if self._all else 0.0
        ended, self.growing = self.growing and not growing, growing
        self.steps_changed.emit()
        if self.following and (growing or ended):
            self._set(self._head if self._all else 0.0)
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
            i = bisect.bisect_right(self._all, self.t + SAME)
        else:
            i = bisect.bisect_left(self._all, self.t - SAME) - 1
        self.seek(self._all[min(max(i, 0), len(self._all) - 1)])

    def to_start(self) -> None:
        self.seek(0.0)

    def to_end(self) -> None:
        """To the data; on a growing run to its head, which is followed again."""
        if self.growing and self._all:
            self.follow()
            self._set(self._head)
        else:
            self.seek(1.0)

    def jump(self, t: float) -> None:
        """Go to the recorded step nearest to a time, and rest there."""
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

    def set_axis(self, kind: AxisKind) -> None:
        """Read time another way; the cursor stays where it is."""
        if kind != self.axis:
            self.axis = kind
            self.axis_changed.emit()

    def next_axis(self) -> None:
        self.set_axis(KINDS[(KINDS.index(self.axis) + 1) % len(KINDS)])

    # --- playing -------------------------------------------------------------------------------------------------

    def play(self, direction: int = 1) -> None:
        """Let time pass; from the end of the film it starts at the other end."""
        self._start(direction, 1)

    def _start(self, direction: int, way: int) -> None:
        self._part.start(direction, way)
        self.playing, self._held = True, 0.0
        if self._part.at_end(self.t) and not self.following:
            self._set(self._part.ends[0])
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

    def set_mode(self, mode: LoopMode) -> None:
        """What happens at the end: the film starts again, runs back, or stops."""
        self.mode = mode
        self.state_changed.emit()

    def next_mode(self) -> None:
        self.set_mode(MODES[(MODES.index(self.mode) + 1) % len(MODES)])

    def set_keep_time(self, keep: bool) -> None:
        self.keep_time = keep
        self.state_changed.emit()

    def set_span(self, low: float, high: float) -> None:
        """Play only this part; next to nothing means all of it."""
        self._part.choose(low, high)
        self.state_changed.emit()

    @property
    def span(self) -> tuple[float, float]:
        """The part that is played."""
        return self._part.span

    @property
    def direction(self) -> int:
        return self._part.direction

    def span_from(self) -> None:
        """Play from here on."""
        self.set_span(self.t, self.span[1] if self.span[1] > self.t else 1.0)

    def span_to(self) -> None:
        """Play up to here."""
        self.set_span(self.span[0] if self.span[0] < self.t else 0.0, self.t)

    @property
    def whole(self) -> bool:
        """All of the film is played."""
        return self.span == (0.0, 1.0)

    def grab(self) -> None:
        """The slider is held: playing rests until `release`."""
        self._resume = self._part.way if self.playing else 0
        self.pause()

    def release(self) -> None:
        if self._resume:
            way, self._resume = self._resume, 0
            self._start(self.direction, way)

    def advance(self, seconds: float) -> None:
        """Let time pass while playing. A followed run moves the cursor itself, by growing."""
        if not self.playing or (self.following and self.growing):
            return
        if self._part.at_end(self.t):
            self._held += seconds
            if self._held >= HOLD_SECONDS or self.mode == "once":
                self._turn()
            return
        self._held = 0.0
        (start, end), heading = self._part.ends, self._part.heading
        t = self.t + heading * self.speed * (seconds if self.keep_time else FRAME_SECONDS) / SECONDS
        if not self.keep_time:
            t = self._no_step_left_out(t, heading)
        # sums of frames end a rounding error before the end; from outside the part that is played one comes into it
        self._set(end if (t - end) * heading > -SAME else t if (t - start) * heading >= 0 else start)
        if self._part.at_end(self.t) and self.mode == "once":
            self.pause()

    def _no_step_left_out(self, t: float, heading: int) -> float:
        """A time on the way to t: that of the next recorded step if there is one."""
        if heading > 0:
            i = bisect.bisect_right(self._all, self.t + SAME)
            return min(t, self._all[i]) if i < len(self._all) else t
        i = bisect.bisect_left(self._all, self.t - SAME) - 1
        return max(t, self._all[i]) if i >= 0 else t

    def _turn(self) -> None:
        self._held = 0.0
        onward = self._part.turn(self.t)
        if onward is None:
            self.pause()
        else:
            self._set(onward)
