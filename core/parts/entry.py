"""What menus, forms and the command line are told of one implementation."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from core.parts.schema import properties


class Entry(msgspec.Struct, frozen=True):
    """One implementation: name, title, one line of help, reference, class facts, and its parameters.

    ``params`` is the ``properties`` of its JSON Schema in order: each has type, default, and where they apply title,
    description, minimum, maximum, exclusiveMinimum, enum, symbol, unit, beside a pattern how it is written, and of a
    file's name its kind.
    """

    name: str
    title: str
    help: str
    reference: str
    facts: dict[str, Any]
    params: dict[str, dict[str, Any]]


def entry_of(cls: type[Any]) -> Entry:
    """What is said of one implementation."""
    return Entry(
        name=cls.name,
        title=cls.title,
        help=(inspect.getdoc(cls) or "").partition("\n")[0],
        reference=getattr(cls, "reference", ""),
        facts=dict(getattr(cls, "facts", dict)()),
        params=properties(cls),
    )
