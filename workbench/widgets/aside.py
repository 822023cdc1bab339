"""Work that is too long for the window's own thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from PyQt6.QtCore import QObject, pyqtSignal, pyqtSlot

T = TypeVar("T")


class _Post(QObject):
    """Hands over from a thread to that of the window, and nothing once the window has gone."""

    came = pyqtSignal(int, object)

    def __init__(self, parent: QObject, hear: Callable[[int, Any], None]) -> None:
        super().__init__(parent)
        self._hear = hear
        self.came.connect(self._come)

    @pyqtSlot(int, object)  # a slot of Qt's own: what is on its way to one that has been deleted is dropped
    def _come(self, number: int, what: object) -> None:
        self._hear(number, what)


class Aside(Generic[T]):
    """Finds things in a thread of its own, the newest of what was asked: ``found`` hears of each in the GUI thread."""

    def __init__(self, parent: QObject, found: Callable[[T], None]) -> None:
        self._found = found
        self._asked = 0
        self._post = _Post(parent, self._came)

    def ask(self, work: Callable[[], Iterable[T]]) -> None:
        """Find these from now on; what was asked before is given up after what it is finding now."""
        self._asked += 1
        number = self._asked

        def run() -> None:
            try:
                for each in work():
                    if not self._tell(number, each):
                        return
            except Exception as error:  # noqa: BLE001  # it is raised where other errors of the window are told
                self._tell(number, error)

        threading.Thread(target=run, name="aside", daemon=True).start()

    def drop(self) -> None:
        """Hear no more of what was asked."""
        self._asked += 1

    def _tell(self, number: int, what: T | Exception) -> bool:
        if number != self._asked:
            return False
        try:
            self._post.came.emit(number, what)
        except (RuntimeError, AttributeError):  # the window has gone, or is going: its signals do so first
            return False
        return True

    def _came(self, number: int, what: T | Exception) -> None:
        if number != self._asked:
            return
        if isinstance(what, Exception):
            raise what
        self._found(what)
