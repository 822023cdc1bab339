"""Work that can be done a step at a time, so that whoever waits hears how far it is and may do something in between."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

T = TypeVar("T")
#: yields how many steps of how many are done, and returns what was found
Steps = Generator[tuple[int, int], None, T]
#: called with how many of how many steps are done
Report = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """What is reported to where nobody listens."""


def at_once(steps: Steps[T], report: Report = silent) -> T:
    """What the steps find, without a pause between them; ``report`` hears how far they are."""
    while True:
        try:
            report(*next(steps))
        except StopIteration as end:
            found: T = end.value
            return found


def within(steps: Steps[T], before: int, total: int) -> Steps[T]:
    """The same steps as part of longer work, of which so many were done before."""
    while True:
        try:
            yield before + next(steps)[0], total
        except StopIteration as end:
            found: T = end.value
            return found
