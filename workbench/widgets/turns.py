"""Many things that take a while together, one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from PyQt6.QtCore import QObject, QTimer


class Turns:
    """Makes calls one after the other, each in a turn of the event loop of its own: what comes between is not kept
    waiting for all of them. New ones take the place of those that are still to be made."""

    def __init__(self, parent: QObject) -> None:
        self._calls: deque[Callable[[], None]] = deque()
        self._timer = QTimer(parent)
        self._timer.timeout.connect(self._next)

    def take(self, calls: Iterable[Callable[[], None]]) -> None:
        self._calls = deque(calls)
        self._timer.start(0)

    def hurry(self) -> None:
        """Make all of them now."""
        while self._calls:
            self._next()

    def _next(self) -> None:
        if self._calls:
            self._calls.popleft()()
        if not self._calls:
            self._timer.stop()
