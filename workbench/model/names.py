"""What tells lanes of one method apart, beyond what their headers say in any case."""

from __future__ import annotations

from collections.abc import Sequence

from core.catalog import Catalog
from core.spec import RunSpec

_TELLING = ("network", "guidance")
"""Parts that a lane says nowhere else; its data stand over its images."""


def names_of(catalog: Catalog, specs: Sequence[RunSpec]) -> list[str]:
    """A few words for each set-up; empty where method, sampler and path say enough."""
    return [_name(catalog, spec, [other for other in specs if other.objective == spec.objective]) for spec in specs]


def _name(catalog: Catalog, spec: RunSpec, alike: Sequence[RunSpec]) -> str:
    if len({other.data.name for other in alike}) > 1:
        return ""
    for kind in _TELLING:
        if len({other.part(kind).name for other in alike}) == len(alike) > 1:
            name = spec.part(kind).name
            return f"no {kind}" if name == "none" else catalog.entry(kind, name).title
    return ""
