"""What lanes hold of a run of points that is larger than memory should be: steps spread over it, its first particles.

Particles are drawn independently, so that the first of them stand for all.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary, ref

import numpy as np
from numpy.typing import NDArray

from core.trace import Stream
from workbench.views.marks import Floats

MOST_BYTES = 192 << 20
"""Of the positions that a lane holds."""
MOST_MAPS = 48
"""Steps of a run of very many particles whose density is counted."""
MOST_WAYS = 128
"""Steps of the trails of such a run: each of them lies elsewhere in its file."""
MOST_COUNTED = 100_000
"""Particles that a density counts."""

Steps = NDArray[np.intp]
_KEPT: WeakKeyDictionary[Stream, tuple[tuple[int, int, int], ref[Floats]]] = WeakKeyDictionary()


def steps(x: Stream, particles: int | None = None, most: int | None = None) -> Steps:
    """Recorded rows, evenly spread and with both ends: all whose positions fit, at most ``most``."""
    n, count = len(x), x.declared.row_shape[0]
    fit = max(2, MOST_BYTES * count // max(1, x.row_bytes * min(count, particles or count)))
    fit = min(fit, most or fit)
    if n <= fit:
        return np.arange(n)
    return np.unique(np.linspace(0, n - 1, fit).round().astype(np.intp))


def positions(x: Stream, rows: Steps, particles: int | None = None) -> Floats:
    """The first particles at some recorded rows, [N, B, 2]; of all rows without a copy where they lie in memory."""
    if len(rows) == len(x):
        out: Floats = x.part(slice(None), slice(particles))
        return out
    return np.stack([x.part(int(row), slice(particles)) for row in rows])


def kept(x: Stream, rows: Steps, particles: int) -> Floats:
    """The same, for a lane; of a run in a file they are not read anew as long as a scene of it holds them."""
    what, known = (len(x), len(rows), particles), _KEPT.get(x)
    held = known[1]() if known is not None and known[0] == what else None
    if held is not None:
        return held
    read = positions(x, rows, particles)
    if x.file is not None:
        _KEPT[x] = what, ref(read)
    return read


def notes(x: Stream, held: Steps, mapped: int | None) -> tuple[str, ...]:
    """What the canvas says where not every step is held, or not of every step the density is counted."""
    out = []
    if len(held) < len(x):
        out.append(f"{len(held):,} of {len(x):,} recorded steps are held")
    if mapped is not None and mapped < len(x):
        out.append(f"Density of {min(MOST_COUNTED, x.declared.row_shape[0]):,} particles at {mapped:,} steps")
    return tuple(out)
