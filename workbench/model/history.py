"""States that one can go back to and forth again. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

State = TypeVar("State")

MOST = 100


class History(Generic[State]):
    """``key`` says what of a state is the user's doing: equal keys are one step, whose newest state is kept."""

    def __init__(self, first: State, key: Callable[[State], object]) -> None:
        self._past: list[State] = []
        self._future: list[State] = []
        self._now, self._key = first, key

    @property
    def now(self) -> State:
        return self._now

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        return bool(self._future)

    def record(self, state: State) -> None:
        """The present state; one with a new key is a step, and what was undone is forgotten."""
        if self._key(state) != self._key(self._now):
            self._past = [*self._past, self._now][-MOST:]
            self._future = []
        self._now = state

    def undo(self) -> State:
        """The state before; it is the present one from now on."""
        self._future.append(self._now)
        self._now = self._past.pop()
        return self._now

    def redo(self) -> State:
        self._past.append(self._now)
        self._now = self._future.pop()
        return self._now
