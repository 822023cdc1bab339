"""The part of a line that is played, and what happens at its end. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

LoopMode = Literal["loop", "ping-pong", "once"]
MODES: tuple[LoopMode, ...] = get_args(LoopMode)
SAME = 1e-6
_SHORTEST = 0.01
"""Of a part that is played."""


class Part:
    """Places in [0, 1] between which something plays in a direction, there and back where its mode says so."""

    def __init__(self, mode: Callable[[], LoopMode]) -> None:
        """``mode`` says what happens at an end: the film starts again, runs back, or stops."""
        self._mode = mode
        self.span = (0.0, 1.0)
        self.direction = 1
        self.way = 1
        """The film runs its direction, or back from the end of it."""

    def choose(self, low: float, high: float) -> None:
        """Play only this part; next to nothing means all of it."""
        low, high = sorted((min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0)))
        self.span = (low, high) if high - low >= _SHORTEST else (0.0, 1.0)

    def start(self, direction: int, way: int = 1) -> None:
        self.direction, self.way = direction, way

    @property
    def ends(self) -> tuple[float, float]:
        """Where the film comes from and where it runs to."""
        low, high = self.span
        return (low, high) if self.direction * self.way > 0 else (high, low)

    @property
    def heading(self) -> int:
        """1 towards the end of the line, -1 towards its beginning."""
        return 1 if self.direction * self.way > 0 else -1

    def at_end(self, place: float) -> bool:
        return (place - self.ends[1]) * self.heading > -SAME

    @property
    def stops(self) -> bool:
        return self._mode() == "once"

    def turn(self, place: float) -> float | None:
        """Where the film goes on from its end; None where it stops."""
        match self._mode():
            case "once":
                return None
            case "ping-pong":
                self.way = -self.way
                return place
            case "loop":
                return self.ends[0]
