"""The fields of a struct as JSON Schema, and values held to it: one wording for every mistake, wherever it is made."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from core.errors import SpecError, shown, unknown

_properties: dict[type[Any], dict[str, dict[str, Any]]] = {}


def properties(cls: type[Any]) -> dict[str, dict[str, Any]]:
    """The parameters of a struct as JSON Schema properties, in order; made once."""
    if cls not in _properties:
        _properties[cls] = _schema(cls)
    return _properties[cls]


def _schema(cls: type[Any]) -> dict[str, dict[str, Any]]:
    _, components = msgspec.json.schema_components([cls])
    own = components[cls.__name__].get("properties", {})
    return {name: _resolve(schema, components) for name, schema in own.items()}


def _resolve(schema: dict[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    return dict(components[reference.rpartition("/")[2]]) if reference else dict(schema)


def check_params(section: str, params: Mapping[str, Mapping[str, Any]], given: Mapping[str, Any]) -> None:
    """Hold the values of a section, such as ``sampler``, to their schemas by name.

    Raises:
        SpecError: the first that has no schema, or is not what its own asks for.
    """
    for name, value in given.items():
        if name not in params:
            raise SpecError(f"{section}.{shown(name)}", unknown("parameter", name, params))
        check_value(f"{section}.{name}", params[name], value)


_TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,), "number": (int, float), "string": (str,), "boolean": (bool,),
}  # fmt: skip
_WORDS = {"integer": "a whole number", "number": "a number", "string": "text, in quotes", "boolean": "true or false"}


def check_value(field: str, schema: Mapping[str, Any], value: Any) -> None:
    """Hold one value to its schema.

    Raises:
        SpecError: it is of another type or outside the limits; the message says both and what was given.
    """
    title = str(schema.get("title", field.rpartition(".")[2].capitalize()))
    if "enum" in schema:
        if value not in schema["enum"]:
            allowed = ", ".join(str(item) for item in schema["enum"])
            raise SpecError(field, f"{title} must be one of {allowed}. Given {shown(str(value))}.")
        return
    kind = schema.get("type", "")
    if kind in _TYPES and (not isinstance(value, _TYPES[kind]) or (kind != "boolean" and isinstance(value, bool))):
        raise SpecError(field, f"{title} must be {_WORDS[kind]}. Given {_given(value)}.")
    if kind in ("integer", "number") and not _within(schema, value):
        raise SpecError(field, f"{title} must be {_limits(schema)}. Given {_number(value)}.")
    if isinstance(value, int) and abs(value) >= _MOST_FINITE:
        raise SpecError(field, f"{title} has more than 308 digits. Give fewer.")
    if kind == "string" and not re.search(schema.get("pattern", ""), value):
        raise SpecError(field, f"{title} must be {schema['written']}. Given {shown(repr(value))}.")


def _within(schema: Mapping[str, Any], value: float) -> bool:
    return (
        schema.get("minimum", value) <= value <= schema.get("maximum", value)
        and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
        and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
        and ("multipleOf" not in schema or value % schema["multipleOf"] == 0)
    )


def _limits(schema: Mapping[str, Any]) -> str:
    low, high, unit = schema.get("minimum"), schema.get("maximum"), schema.get("multipleOf")
    rest = "" if unit is None else f" and a multiple of {_number(unit)}"
    if low is not None and high is not None:
        return f"{_number(low)} to {_number(high)}{rest}"
    bounds = [
        f"{words} {_number(schema[key])}"
        for key, words in (
            ("minimum", "at least"), ("exclusiveMinimum", "more than"),
            ("maximum", "at most"), ("exclusiveMaximum", "less than"),
        )
        if key in schema
    ]  # fmt: skip
    return " and ".join(bounds) + rest


def _given(value: Any) -> str:
    return "nothing" if isinstance(value, str) and not value.strip() else shown(repr(value))


_MOST_WRITTEN, _MOST_FINITE = 10**15, 10**308
"""Whole numbers that are written with all digits, and that a float has."""


def _number(value: Any) -> str:
    if isinstance(value, int):
        if abs(value) < _MOST_WRITTEN:
            return f"{value:,}".replace("-", "−")
        value = float(value) if abs(value) < _MOST_FINITE else math.inf if value > 0 else -math.inf
    return f"{value:g}".replace("-", "−")
