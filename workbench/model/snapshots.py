"""The cursor over training: which step's weights are shown. No Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal


class SnapshotHead:
    """Which training step's weights are shown; the newest ones until somebody chooses others."""

    changed = Signal()

    def __init__(self) -> None:
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

    def toggle(self) -> None:
        """Play the training from here, from its beginning where the newest weights are shown, or pause it."""
        if self.playing:
            self.pause()
        elif len(self.steps) > 1:
            if self.step == self.steps[-1]:
                self._choose(float(self.steps[0]))
            self.playing = True
            self.changed.emit()

    def pause(self) -> None:
        if self.playing:
            self.playing = False
            self.changed.emit()

    def advance(self) -> None:
        """One snapshot on while it plays; the newest weights are followed again once they are reached."""
        if self.playing:
            self._go(1)
            if self.step == self.steps[-1]:
                self.follow()

    def _go(self, direction: int) -> None:
        if self.step is not None:
            i = int(np.searchsorted(self.steps, self.step)) + direction
            self._choose(float(self.steps[min(max(i, 0), len(self.steps) - 1)]))

    def _choose(self, step: float) -> None:
        if self.following or step != self._chosen:
            self.following, self._chosen = False, step
            self.changed.emit()
