"""Calls that are wanted often and made seldom."""

from __future__ import annotations

import time
from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer


class Soon:
    """Calls once, some milliseconds after it was first asked; asking again meanwhile changes nothing.

    ``at_once``: where it has not called for as long as that, it calls in the next turn of the event loop.
    """

    def __init__(self, parent: QObject, ms: int, call: Callable[[], None], *, at_once: bool = False) -> None:
        self._ms, self._call, self._at_once = ms, call, at_once
        self._called = -1.0
        self._timer = QTimer(parent)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._fire)

    def start(self) -> None:
        if not self._timer.isActive():
            rested = 1000 * (time.monotonic() - self._called) if self._at_once else 0.0
            self._timer.start(max(0, round(self._ms - rested)))

    @property
    def asked(self) -> bool:
        """Whether it is still going to call."""
        return self._timer.isActive()

    def _fire(self) -> None:
        self._called = time.monotonic()
        self._call()
