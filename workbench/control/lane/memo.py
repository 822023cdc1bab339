"""What was made of some parts, kept until one of the parts is another."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")
_PLAIN = (int, float, str, frozenset, tuple)


class Memo:
    """One value for each key. Parts are held, so that an object that looks the same is the same."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[tuple[object, ...], Any]] = {}

    def get(self, key: Hashable, parts: tuple[object, ...], make: Callable[[], T]) -> T:
        """The value of a key, made again where a part has changed: numbers and words by value, the rest by identity."""
        known = self._kept.get(key)
        if known is None or len(known[0]) != len(parts) or not all(map(_same, known[0], parts)):
            known = self._kept[key] = (parts, make())
        value: T = known[1]
        return value

    def forget(self, key: Hashable | None = None) -> None:
        """Make a key's value anew when it is next asked for, or all of them."""
        if key is None:
            self._kept.clear()
        else:
            self._kept.pop(key, None)

    def keep(self, wanted: Callable[[Hashable], bool]) -> None:
        """Let go of the values of all other keys."""
        self._kept = {key: value for key, value in self._kept.items() if wanted(key)}


def _same(a: object, b: object) -> bool:
    return a is b or (isinstance(a, _PLAIN) and a == b)
