"""Moving runs to the system's bin and back; where there is no bin, to a folder of ours."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

from PyQt6.QtCore import QFile

from core.errors import FlowscopeError
from core.machine.local_file import one_line
from workbench import folders


def throw(place: Path) -> Path:
    """Move a file or a folder to the bin; returns where it lies now.

    Raises:
        FlowscopeError: it cannot be moved, for instance because another program holds it.
    """
    done, lies = QFile.moveToTrash(str(place))
    if done and lies:
        return Path(lies)
    own = folders.home() / "bin"
    try:
        own.mkdir(parents=True, exist_ok=True)
        return Path(shutil.move(place, _free(own / place.name)))
    except OSError as error:
        raise FlowscopeError(f"{place.name} cannot be moved to the bin: {error.strerror or error}.") from None


def _free(place: Path) -> Path:
    """The place, with a number where something of that name lies in the bin already."""
    others = (place.with_name(f"{place.stem} {n}{place.suffix}") for n in itertools.count(2))
    return next(each for each in itertools.chain([place], others) if not each.exists())


def take_back(lies: Path, place: Path) -> None:
    """Put it back where it was, and forget the bin's note about it (XDG trash specification 1.0).

    Raises:
        FlowscopeError: there is something else by now, or it cannot be moved.
    """
    if place.exists():  # to move would replace a file, and put a folder into the other
        raise FlowscopeError(f"{place.name} stays in the bin: there is a newer one in its place.")
    try:
        shutil.move(lies, place)
    except OSError as error:
        raise FlowscopeError(f"{place.name} cannot be taken back: {error.strerror or one_line(error)}.") from None
    note = lies.parent.parent / "info" / f"{lies.name}.trashinfo"
    note.unlink(missing_ok=True)
