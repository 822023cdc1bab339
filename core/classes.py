"""Names of classes that hang on a data set's parameters, such as one class for each of n rings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class _Named:
    def __init__(self, names: Callable[[Any], tuple[str, ...]]) -> None:
        self._names = names

    def __get__(self, dataset: Any, cls: type[Any]) -> tuple[str, ...]:
        return self._names(cls() if dataset is None else dataset)


def named(names: Callable[[Any], tuple[str, ...]]) -> Any:
    """A ``class_names`` that reads the parameters; on the class it gives the names for the defaults.

    Any: it stands where `Dataset` declares a tuple, and reads as one.
    """
    return _Named(names)
