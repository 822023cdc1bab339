"""The one error that a user's input can cause."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path

_LONGEST = 100


class FlowscopeError(Exception):
    """Something outside the program is wrong; the message is one line for the user, with what would work."""


class SpecError(FlowscopeError):
    """A spec asks for something that does not exist or cannot work.

    Args:
        field: dotted name of the field, such as ``sampler.n_steps``; empty where no single field is at fault.
        message: what was given and what would work, as one sentence.
    """

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        self.message = message
        super().__init__(f"{field}: {message}" if field else message)

    def __reduce__(self) -> tuple[type[SpecError], tuple[str, str]]:
        """As pickle makes it again in another process; from the joined text it could not."""
        return type(self), (self.field, self.message)


class TraceError(FlowscopeError):
    """A trace file cannot be read or written."""


def shown(text: str) -> str:
    """What was given, as part of a message: on one line and not longer than one reads."""
    plain = _one_line(text)
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"


def _one_line(text: object) -> str:
    plain = str(text)
    return plain if plain.isprintable() else repr(plain)


def unknown(what: str, given: str, known: Iterable[str]) -> str:
    """One sentence for a name that is not known, with the nearest ones that are."""
    names = sorted(known)
    if not names:
        return f"There is no {what} “{shown(given)}”: this has no {what}s."
    near = difflib.get_close_matches(given, names, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(names)}."
    return f"There is no {what} “{shown(given)}”. {hint}"


def no_file(path: Path) -> str:
    """One sentence where a file was to be and is none, with those of nearly that name beside it."""
    if os.path.isdir(path):
        return f"{path} is a folder. Name a file in it."
    try:
        there = [each.name for each in path.parent.iterdir()]
    except OSError:  # no such folder, or one of somebody else
        there = []
    near = difflib.get_close_matches(path.name, there, n=2, cutoff=0.75)
    hint = f" Did you mean {' or '.join(_one_line(path.with_name(name)) for name in near)}?" if near else ""
    return f"There is no file {_one_line(path)}.{hint}"
