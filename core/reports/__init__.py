"""Reports: what a run's samples score in every metric, beside two real sets of the same size. Without torch here.

A row of a report holds ``value``, where it has them ``std`` and ``floor``, or ``left out``: why it does not apply.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import SpecError

LEFT_OUT = "left out"
LOST = "lost"
"""What a report of images says of those that are no finite numbers, where there are any."""
LEAST = 2
"""Samples that a set must have, for them to have a distance to another."""


def figures(row: Mapping[str, Any] | None, name: str = "value") -> str:
    """A number of a row in four figures, with its spread where it has one; ``–`` where there is none."""
    if row is None or row.get(name) is None:
        return "–"
    spread = f" ± {row['std']:#.2g}" if name == "value" and "std" in row else ""
    return f"{row[name]:#.4g}".rstrip(".") + spread


def check_number(n: int) -> None:
    """Raise `SpecError` where so few samples have no distance to a set."""
    if n < LEAST:
        raise SpecError("n_samples", f"At least {LEAST} samples are needed to measure them. Given {n}.")
