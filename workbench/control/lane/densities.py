"""Where the particles of each lane are, counted aside where there are many of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PyQt6.QtCore import QObject

from core.trace import Trace
from workbench.control.lane.memo import Memo
from workbench.views.heat import crowded, run_density
from workbench.views.lane2d import extent
from workbench.views.marks import Floats
from workbench.widgets.aside import Aside

_AT_ONCE = 100_000
"""Positions that are counted in the time of a frame."""
Counted = tuple[Floats, float]
"""A density, and where the scale of its values ends."""
Parts = tuple[Trace, int]


class Densities:
    """Asked again and again; ``changed`` is called when more is known."""

    def __init__(self, parent: QObject, changed: Callable[[], None]) -> None:
        self._parent, self._changed = parent, changed
        self._counted = Memo()
        self._found: dict[int, tuple[Parts, Counted]] = {}
        self._asides: dict[int, tuple[Parts, Aside[Counted]]] = {}

    def of(self, key: int, trace: Trace) -> Counted | None:
        """That of a lane's run; None until it is known."""
        x, parts = trace["x"], (trace, len(trace["x"]))
        if trace.status == "running" or len(x) * x.declared.row_shape[0] <= _AT_ONCE:
            return self._counted.get(key, parts, lambda: _count(trace))
        known = self._found.get(key)
        if known is not None and _same(known[0], parts):
            return known[1]
        if key not in self._asides or not _same(self._asides[key][0], parts):
            self._ask(key, parts)
        return known[1] if known is not None and known[0][0] is trace else None

    def keep(self, keys: set[int]) -> None:
        """Let go of all other lanes."""
        self._counted.keep(lambda key: key in keys)
        self._found = {key: found for key, found in self._found.items() if key in keys}
        for key in [key for key in self._asides if key not in keys]:
            self._asides.pop(key)[1].drop()

    def _ask(self, key: int, parts: Parts) -> None:
        def found(counted: Counted) -> None:
            self._found[key] = (parts, counted)
            self._changed()

        def work() -> Iterator[Counted]:
            yield _count(parts[0])

        if key in self._asides:
            self._asides[key][1].drop()
        aside = Aside[Counted](self._parent, found)
        self._asides[key] = (parts, aside)
        aside.ask(work)


def _count(trace: Trace) -> Counted:
    density = run_density(trace["x"], extent(trace))
    return density, crowded(density)


def _same(a: Parts, b: Parts) -> bool:
    """Whether these are the same rows of the very same trace."""
    return a[0] is b[0] and a[1] == b[1]
