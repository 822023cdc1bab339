"""Live runs on disk: each is recorded as it is sampled; the oldest go when all take more than their budget. No Qt."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from core.spec import RunSpec
from workbench import folders
from workbench.model.recents import size_words

BUDGETS = {0: "None"} | {size: size_words(size) for size in (500_000_000, 2_000_000_000, 10_000_000_000)}
"""Bytes that live runs may take, and the words for them."""
USUAL = 2_000_000_000
_ENDING = ".h5"


def folder() -> Path:
    return folders.home() / "live"


def new_file(spec: RunSpec) -> Path:
    """Where a run that begins now is recorded; names rise with time."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S-%f")
    return folder() / f"{stamp}-{spec.data.name}-{spec.objective.name}{_ENDING}"


def files() -> list[Path]:
    """The recorded live runs, newest first, by when they were last written: names bear a clock of the place, which goes
    back in autumn and on journeys."""
    here, found = folder(), []
    try:
        with os.scandir(here) as entries:
            for entry in entries:
                if entry.name.endswith(_ENDING):
                    with suppress(OSError):  # another window has just removed it
                        found.append((entry.stat().st_mtime_ns, entry.name))
    except FileNotFoundError:  # nothing was recorded yet
        return []
    return [here / name for _, name in sorted(found, reverse=True)]


def used() -> int:
    """Bytes that they take."""
    return sum(map(folders.size, files()))


def trim(budget: int, kept: Collection[Path] = (), growing: Collection[Path] = ()) -> None:
    """Remove the oldest until the rest fits; what is shown now is ``kept``, as long as there is any budget.

    What is still written here, ``growing``, neither goes nor counts.
    """
    folders.trim([file for file in files() if file not in growing], budget, kept)
