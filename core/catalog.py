"""The catalog: every registered implementation with its parameters as JSON Schema, readable without torch.

The engine publishes it; menus, forms and the command line are made from it, and specs are checked against it, so that
one mistake has one wording everywhere.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any

import msgspec

from core import registry
from core.errors import SpecError, unknown
from core.spec import PARTS, Part, RunSpec, Training


class Entry(msgspec.Struct, frozen=True):
    """One implementation: name, title, one line of help, reference, class facts, and its parameters.

    ``params`` is the ``properties`` of its JSON Schema in order: each has type, default, and where they apply title,
    description, minimum, maximum, exclusiveMinimum, enum, symbol and unit.
    """

    name: str
    title: str
    help: str
    reference: str
    facts: dict[str, Any]
    params: dict[str, dict[str, Any]]


class Catalog(msgspec.Struct, frozen=True):
    """kind -> name -> entry, and the fields of a run and of its training in the same form as parameters."""

    parts: dict[str, dict[str, Entry]]
    run: dict[str, dict[str, Any]]
    training: dict[str, dict[str, Any]]

    def entry(self, kind: str, name: str) -> Entry:
        known = self.parts[kind]
        if name not in known:
            raise SpecError(kind, unknown(kind, name, known))
        return known[name]

    def check(self, spec: RunSpec) -> None:
        """Raise `SpecError` for the first field that the catalog does not allow."""
        for kind in PARTS:
            part = spec.part(kind)
            check_params(kind, self.entry(kind, part.name).params, part.params)
        check_params("training", self.training, msgspec.structs.asdict(spec.training))
        for name, schema in self.run.items():
            check_value(name, schema, getattr(spec, name))

    def values(self, kind: str, part: Part) -> dict[str, Any]:
        """Every parameter of a part, the defaults filled in."""
        params = self.entry(kind, part.name).params
        return {name: part.params.get(name, schema.get("default")) for name, schema in params.items()}


def check_params(section: str, params: Mapping[str, Mapping[str, Any]], given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        if name not in params:
            raise SpecError(f"{section}.{name}", unknown("parameter", name, params))
        check_value(f"{section}.{name}", params[name], value)


_TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,), "number": (int, float), "string": (str,), "boolean": (bool,),
}  # fmt: skip


_MOST_GIVEN, _MOST_WRITTEN, _MOST_FINITE = 24, 10**15, 10**308
"""Characters of a text that a message repeats, whole numbers that are written with all digits, and that a float has."""


def check_value(field: str, schema: Mapping[str, Any], value: Any) -> None:
    """Hold one value to its schema; the message says the limits and what was given."""
    title = str(schema.get("title", field.rpartition(".")[2]))
    if "enum" in schema:
        if value not in schema["enum"]:
            allowed = ", ".join(str(item) for item in schema["enum"])
            raise SpecError(field, f"{title} must be one of {allowed}. Given {value}.")
        return
    kind = schema.get("type", "")
    if kind in _TYPES and (not isinstance(value, _TYPES[kind]) or (kind != "boolean" and isinstance(value, bool))):
        words = {"integer": "a whole number", "number": "a number", "string": "text", "boolean": "true or false"}
        raise SpecError(field, f"{title} must be {words[kind]}. Given {_given(value)}.")
    if kind in ("integer", "number") and not _within(schema, value):
        raise SpecError(field, f"{title} must be {_limits(schema)}. Given {_number(value)}.")


def _within(schema: Mapping[str, Any], value: float) -> bool:
    return (
        schema.get("minimum", value) <= value <= schema.get("maximum", value)
        and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
        and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
    )


def _limits(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{_number(low)} to {_number(high)}"
    bounds = [
        f"{words} {_number(schema[key])}"
        for key, words in (
            ("minimum", "at least"), ("exclusiveMinimum", "more than"),
            ("maximum", "at most"), ("exclusiveMaximum", "less than"),
        )
        if key in schema
    ]  # fmt: skip
    return " and ".join(bounds)


def _given(value: Any) -> str:
    """What was given, shortened where somebody has pasted a page."""
    if isinstance(value, str):
        return repr(value if len(value) <= _MOST_GIVEN else f"{value[:_MOST_GIVEN]}…") if value.strip() else "nothing"
    return _number(value) if isinstance(value, int | float) and not isinstance(value, bool) else repr(value)


def _number(value: Any) -> str:
    if isinstance(value, int):
        if abs(value) < _MOST_WRITTEN:
            return f"{value:,}".replace("-", "−")
        value = float(value) if abs(value) < _MOST_FINITE else math.copysign(math.inf, value)
    return f"{value:g}".replace("-", "−")


def live() -> Catalog:
    """The catalog of everything registered now. Imports every implementation, so it needs torch."""
    return Catalog(
        parts={kind: {name: _entry(cls) for name, cls in registry.entries(kind).items()} for kind in PARTS},
        run={name: schema for name, schema in properties(RunSpec).items() if name not in (*PARTS, "training")},
        training=properties(Training),
    )


def _entry(cls: type[Any]) -> Entry:
    return Entry(
        name=cls.name,
        title=cls.title,
        help=(inspect.getdoc(cls) or "").partition("\n")[0],
        reference=getattr(cls, "reference", ""),
        facts=dict(getattr(cls, "facts", dict)()),
        params=properties(cls),
    )


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


def load(data: bytes) -> Catalog:
    return msgspec.json.decode(data, type=Catalog)


def dump(catalog: Catalog) -> bytes:
    return msgspec.json.format(msgspec.json.encode(catalog), indent=1) + b"\n"
