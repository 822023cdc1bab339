"""The catalog: every registered implementation with its parameters as JSON Schema, readable without torch.

The engine publishes it; menus, forms and the command line are made from it, and specs are checked against it by
`core.parts.schema`, so that one mistake has one wording everywhere.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

import resources
from core import registry
from core.errors import SpecError, unknown
from core.parts.entry import Entry, entry_of
from core.parts.schema import check_params, check_value, properties
from core.spec import PARTS, VALUES, Part, RunSpec, Training


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


def live() -> Catalog:
    """The catalog of everything registered now. Imports every implementation, so it needs torch."""
    return Catalog(
        parts={kind: entries(kind) for kind in PARTS},
        run=VALUES,
        training=properties(Training),
    )


def entries(kind: str) -> dict[str, Entry]:
    """Everything of a kind that is registered now, also of kinds that are no part of a spec, such as metrics."""
    return {name: entry_of(cls) for name, cls in registry.entries(kind).items()}


@lru_cache(maxsize=1)
def shipped() -> Catalog:
    """The catalog that comes with the product: known before an engine is there, and without torch; read once."""
    return load(resources.path("catalog.json").read_bytes())


def load(data: bytes) -> Catalog:
    return msgspec.json.decode(data, type=Catalog)


def dump(catalog: Catalog) -> bytes:
    return msgspec.json.format(msgspec.json.encode(catalog), indent=1) + b"\n"
