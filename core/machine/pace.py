"""How fast a run goes from step to step, and so how long it still takes; what lies between steps is not timed."""

from __future__ import annotations

from collections import deque

_ASLEEP_SECONDS, _TIMES_LONGER = 5.0, 10.0
"""From how many seconds on, and how many times the usual step, a single one was not work alone."""


class Pace:
    """Steps a second of the last so many seconds of stepping.

    A report that brings no step (a snapshot, a validation, the start) says nothing of the time of steps: neither the
    time before it counts, nor that of the step after it, which ends what the report began. Nor does a single step that
    takes far longer than those before it: the process, or the machine, was asleep. Where the next one is as long, steps
    have become slow, and count.
    """

    def __init__(self, horizon: float) -> None:
        self._horizon = horizon
        self._timed: deque[tuple[float, int]] = deque()
        self._seconds, self._steps = 0.0, 0
        self._last: tuple[float, int] | None = None
        self._stepping = self._doubted = False

    def count(self, now: float, done: int) -> None:
        """``done`` steps are done at a time in seconds."""
        if self._last is not None:
            seconds, steps = now - self._last[0], done - self._last[1]
            if steps > 0 and self._stepping:
                self._doubted = not self._doubted and self._asleep(seconds, steps)
                if not self._doubted:
                    self._add(seconds, steps)
            self._stepping = steps > 0
        self._last = (now, done)

    def pause(self) -> None:
        """The time until the next report does not count."""
        self._last, self._stepping = None, False

    @property
    def rate(self) -> float:
        """Steps a second, 0 while none was timed."""
        return self._steps / self._seconds if self._seconds > 0.0 else 0.0

    def seconds_left(self, done: int, total: int) -> float | None:
        """What the steps from done to total will take, None while none was timed and where none is left."""
        return (total - done) / self.rate if self.rate > 0.0 and done < total else None

    def _asleep(self, seconds: float, steps: int) -> bool:
        return seconds >= _ASLEEP_SECONDS and seconds * self.rate > _TIMES_LONGER * steps

    def _add(self, seconds: float, steps: int) -> None:
        self._timed.append((seconds, steps))
        self._seconds, self._steps = self._seconds + seconds, self._steps + steps
        while len(self._timed) > 1 and self._seconds - self._timed[0][0] >= self._horizon:
            old_seconds, old_steps = self._timed.popleft()
            self._seconds, self._steps = self._seconds - old_seconds, self._steps - old_steps


def time_left(seconds: float) -> str:
    """``8 s left``, ``3 min left``, ``2.5 h left``: in the unit that suits."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s left"
    return f"{round(seconds / 60)} min left" if seconds < 5400 else f"{seconds / 3600:.1f} h left"


def speed(rate: float) -> str:
    """``238 it/s``, ``5.3 it/s``, ``0.59 it/s``: steps a second, also where one takes longer than that."""
    return f"{rate:,.0f} it/s" if rate >= 10 else f"{rate:.2g} it/s"
