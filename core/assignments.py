"""Assignments of a command line, such as ``sampler.n_steps=20``: what they make of a spec's dictionary."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from core import catalog, registry
from core.errors import SpecError
from core.parts.schema import properties
from core.spec import PARTS, RunSpec

_SHORT = re.compile(r"[+-]?(\.\d+|\d+\.)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
"""Numbers as people write them and TOML does not, such as .5 and 2."""


def apply_sets(data: dict[str, Any], sets: list[str]) -> dict[str, Any]:
    """Apply dotted assignments such as ``sampler.n_steps=20`` or ``sampler=heun`` to a spec's dictionary.

    A value is read as TOML where that is possible and as a bare string elsewhere. Implementations are named first,
    wherever that stands; another one keeps the parameters that both have, as in the window.
    """
    out = {key: dict(value) if isinstance(value, dict) else value for key, value in data.items()}
    for section, name, text in sorted(map(_assignment, sets), key=lambda each: each[1] != "name"):
        value = _parse_value(text)
        if section == "label" and not isinstance(value, str):
            value = text  # a class may be called by its number
        if not name:
            out[section] = value
            continue
        # a part that is not there yet is the usual one
        table = out.setdefault(section, {"name": RunSpec().part(section).name} if section in PARTS else {})
        if isinstance(table, str):
            table = out[section] = {"name": table}
        if not isinstance(table, dict):
            raise SpecError(f"{section}.{name}", f"{section} holds no fields of its own.")
        if name == "name" and section in PARTS:
            table = out[section] = _shared(section, str(value), table)
        table[name] = str(value) if name == "name" else value
    return out


def _assignment(item: str) -> tuple[str, str, str]:
    """Field, field within it, and text of a value: an implementation is the field ``name`` of its part."""
    key, equals, text = item.partition("=")
    if not equals or not key:
        raise SpecError(item, "Write --set as field=value, such as sampler.n_steps=20.")
    section, _, name = key.partition(".")
    return section, "name" if not name and section in PARTS else name, text


def _shared(kind: str, name: str, before: dict[str, Any]) -> dict[str, Any]:
    """Those parameters of one implementation that another has as well."""
    entry = catalog.shipped().parts[kind].get(name)
    own = None if entry else registry.entries(kind).get(name)  # of a plug-in; torch is imported for these alone
    params = entry.params if entry else properties(own) if own else {}
    return {key: value for key, value in before.items() if key in params}


def _parse_value(text: str) -> Any:
    if _SHORT.fullmatch(text):
        return float(text)
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text
