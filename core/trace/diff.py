"""What sets two traces apart: the fields of their specs, the facts of their runs, and where their numbers part."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from core.catalog import Catalog
from core.spec import PARTS, RunSpec
from core.trace.compare import Comparison, Parting, shapes_differ
from core.trace.trace import Array, Stream, Trace
from core.trace.verify import FACTS

_BLOCK_BYTES = 8 << 20
#: The meta data that do not follow from the spec; the time of a run's making is its own.
_FACTS = (*FACTS, "python", "flowscope", "weights_sha256")

Pair = tuple[Any, Any]


@dataclass
class Difference:
    """``spec`` and ``meta`` give both values of each field that differs, None where there is none."""

    spec: dict[str, Pair] = field(default_factory=dict)
    meta: dict[str, Pair] = field(default_factory=dict)
    status: Pair | None = None
    problems: list[str] = field(default_factory=list)
    """Streams that cannot be compared, or of which one trace holds more, one line each."""
    parting: Parting | None = None
    """The first step, and the first stream at that step, at which numbers differ."""
    unequal: int = 0
    numbers: int = 0

    @property
    def equal(self) -> bool:
        return not (self.spec or self.meta or self.status or self.problems or self.parting)


def diff(first: Trace, second: Trace, catalog: Catalog) -> Difference:
    """Compare two traces; the catalog fills in what their specs leave at its default."""
    out = Difference(
        spec=_unlike(flat(first.spec, catalog), flat(second.spec, catalog)),
        meta={name: pair for name, pair in _unlike(first.meta, second.meta).items() if name in _FACTS},
        status=None if first.status == second.status else (first.status, second.status),
    )
    comparison, partings = Comparison(), []
    for name in sorted(first.streams.keys() ^ second.streams.keys()):
        out.problems.append(f"stream {name}: only in the {'first' if name in first else 'second'}")
    for name in (name for name in first.streams if name in second):
        one, other = first[name], second[name]
        problem = shapes_differ(one.declared, other.declared)
        if problem:
            out.problems.append(problem)
            continue
        if len(one) != len(other):
            out.problems.append(f"stream {name}: {len(one):,} rows and {len(other):,}")
        partings.append(_first_parting(one, other, comparison))
    # at one step the stream that is recorded first
    out.parting = min((p for p in partings if p is not None), key=lambda p: (p.row >= 0, p.at), default=None)
    out.numbers, out.unequal = comparison.numbers, comparison.unequal
    return out


def flat(spec: RunSpec, catalog: Catalog) -> dict[str, Any]:
    """Every field of a spec by its dotted name, parameters at their defaults included."""
    out: dict[str, Any] = {}
    for name, value in msgspec.structs.asdict(spec).items():
        if name in PARTS:
            part = spec.part(name)
            known = part.name in catalog.parts.get(name, {})
            params = part.params | (catalog.values(name, part) if known else {})
            out |= {name: part.name} | {f"{name}.{key}": item for key, item in params.items()}
        elif name == "training":
            out |= {f"{name}.{key}": item for key, item in msgspec.structs.asdict(value).items()}
        else:
            out[name] = value
    return out


def _unlike(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Pair]:
    names = [*first, *(name for name in second if name not in first)]
    return {name: (first.get(name), second.get(name)) for name in names if first.get(name) != second.get(name)}


def _first_parting(one: Stream, other: Stream, comparison: Comparison) -> Parting | None:
    declared = one.declared
    for name, array in declared.static.items():
        parting = comparison.fixed(declared, name, array, other.static[name])
        if parting is not None:
            return parting
    row_bytes = max(1, int(np.prod(declared.row_shape, dtype=np.int64)) * np.dtype(declared.dtype).itemsize)
    n, step = min(len(one), len(other)), max(1, _BLOCK_BYTES // row_bytes)
    columns = [{name: stream.column(name) for name in declared.columns} for stream in (one, other)]
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        lots = [_lot(stream, its, rows) for stream, its in zip((one, other), columns, strict=True)]
        parting = comparison.rows(declared, start, *lots)
        if parting is not None:
            return parting
    return None


def _lot(stream: Stream, columns: dict[str, Array], rows: slice) -> tuple[Array, dict[str, Array]]:
    return stream[rows], {name: values[rows] for name, values in columns.items()}
