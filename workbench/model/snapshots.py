"""The cursor over training: which step's weights are shown. No Qt."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from workbench.model.part import SAME, LoopMode, Part


class SnapshotHead:
    """Which training step's weights are shown; the newest ones until somebody chooses others."""

    changed = Signal()

    def __init__(self, mode: Callable[[], LoopMode]) -> None:
        """``mode`` says what happens at the end of the part that is played."""
        self._part = Part(mode)
        self.steps: NDArray[np.float64] = np.empty(0)
        """Training steps with a snapshot, ascending."""
        self.total = 1.0
        """Training steps in all: the length of the slider."""
        self.following = True
        self.playing = False
        """Whether somebody lets the training pass, snapshot by snapshot."""
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
            self.following, self.playing = True, False
        self._all_or_two()
        self.changed.emit()

    def seek(self, step: float) -> None:
        """Show the snapshot nearest to a training step, from now on whatever else arrives."""
        self.pause()
        if len(self.steps):
            self._choose(float(self.steps[np.abs(self.steps - step).argmin()]))

    def move(self, direction: int) -> None:
        """To the next snapshot, or the one before."""
        self.pause()
        self._go(direction)

    def follow(self) -> None:
        """Show the newest weights again, and those that come."""
        self.pause()
        if not self.following:
            self.following = True
            self.changed.emit()

    @property
    def span(self) -> tuple[float, float]:
        """The part of the slider, in [0, 1], that is played."""
        return self._part.span

    def set_span(self, low: float, high: float) -> None:
        """Play only this part; one without two snapshots, between which to play, means all of it."""
        self._part.choose(low, high)
        self._all_or_two()
        self.changed.emit()

    def _all_or_two(self) -> None:
        if len(self._played) < 2:
            self._part.choose(0.0, 1.0)

    @property
    def _played(self) -> NDArray[np.float64]:
        """The snapshots of the part that is played, in the order in which they come."""
        low, high = self._part.span
        places = self.steps / self.total
        return self.steps[(places > low - SAME) & (places < high + SAME)][:: self._part.heading]

    def toggle(self) -> None:
        """Play the training from here, from the beginning of its part where that is over, or pause it."""
        if self.playing:
            self.pause()
        elif len(self.steps) > 1:
            self._part.start(1)
            if self._over:
                self._choose(float(self._played[0]))
            self.playing = True
            self.changed.emit()

    def pause(self) -> None:
        if self.playing:
            self.playing = False
            self.changed.emit()

    def advance(self) -> None:
        """One snapshot on while it plays; where that stops at the newest weights they are followed again."""
        if not self.playing or self.step is None:
            return
        if self._over:
            self._part.turn(self.step / self.total)
        first = float(self._played[0])
        # over once more where the film starts again; from outside the part that is played one comes into it
        onward = first if self._over else self._next(self._part.heading)
        self._choose(first if (onward - first) * self._part.heading < 0 else onward)
        if self._over and self._part.stops:
            if self.step == self.steps[-1]:
                self.follow()
            self.pause()

    @property
    def _over(self) -> bool:
        """The last snapshot of what is played is shown, or one beyond."""
        return self.step is not None and (self.step - float(self._played[-1])) * self._part.heading >= 0

    def _go(self, direction: int) -> None:
        if len(self.steps):
            self._choose(self._next(direction))

    def _next(self, direction: int) -> float:
        i = int(np.searchsorted(self.steps, self.step or 0.0)) + direction
        return float(self.steps[min(max(i, 0), len(self.steps) - 1)])

    def _choose(self, step: float) -> None:
        if self.following or step != self._chosen:
            self.following, self._chosen = False, step
            self.changed.emit()
