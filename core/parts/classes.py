"""Classes of a data set: names that hang on its parameters, such as one for each of n rings, and how specs say them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from core.errors import SpecError, unknown

_MOST_DIGITS = 9
"""Of the number of a class; Python refuses to read one of thousands."""


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


def numbers_of(label: str, names: Sequence[str]) -> tuple[int, ...]:
    """The numbers of the classes that a spec's ``label`` lists by name or number.

    Where all names are numbers themselves, as in a file of points, a number is a name and nothing else.

    Raises:
        SpecError: there is no such class.
    """
    if label in names:  # which may hold a comma
        return (names.index(label),)
    out, named_so = [], all(name.isdecimal() for name in names)
    for item in filter(None, (part.strip() for part in label.split(","))):
        if item in names:
            out.append(names.index(item))
        elif not named_so and item.isdecimal() and len(item) <= _MOST_DIGITS and int(item) < len(names):
            out.append(int(item))
        else:
            raise SpecError("label", unknown("class", item, names))
    return tuple(out)
