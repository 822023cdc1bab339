"""Where a verb may write: what lies there already is replaced by its own kind alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from core.errors import FlowscopeError, SpecError
from workbench.model.kinds import TRACES

TRACE, REPORT, CHECKPOINT = b"\x89HDF", b"{", b"{"
"""How a trace and a report in JSON begin, and a checkpoint behind the length of its header."""


def check_trace(file: Path) -> None:
    """Told before hours of work, not after.

    Raises:
        FlowscopeError: there is a folder, a device, or a file of another kind, or none may be written there.
        SpecError: the name is none that a list of runs would find.
    """
    check(file, TRACE)
    if file.suffix.lower() not in TRACES:
        raise SpecError("-o", f"A trace ends in {' or '.join(TRACES)}. Given {file}.")
    _try_out(file.parent, file)


def check_checkpoint(file: Path) -> None:
    """Told before hours of work, not after.

    Raises:
        FlowscopeError: there is a folder, a device, or a file of another kind.
    """
    check(file, CHECKPOINT, after=8)


def check_folder(folder: Path) -> None:
    """Told before hours of work, not after.

    Raises:
        FlowscopeError: nothing may be written there.
        SpecError: it, or a folder that it is to be in, is a file.
    """
    _try_out(folder, folder)


def _try_out(folder: Path, asked: Path) -> None:
    """Write into a folder, or, where it is still to be made, into the one that is to hold it, what goes at once."""
    there = next(each for each in (folder, *folder.parents) if os.path.lexists(each) or each == each.parent)
    if os.path.isfile(there):
        raise SpecError("-o", f"{there} is a file. Name a folder.")
    try:
        tempfile.TemporaryFile(dir=there).close()
    except OSError as error:
        raise FlowscopeError(f"{asked} cannot be written: {error.strerror or error}.") from None


def check(file: Path, kind: bytes, after: int = 0) -> None:
    """Told before hours of work, not after. ``kind`` is what a file of that kind holds ``after`` so many bytes.

    Raises:
        FlowscopeError: there is a folder, a device, or a file of another kind.
    """
    if file.is_dir():
        raise FlowscopeError(f"{file} is a folder. Name a file.")
    try:
        if not file.exists():
            return
        if not file.is_file():
            raise FlowscopeError(f"{file} is no ordinary file. Choose another name.")
        with file.open("rb") as there:
            start = there.read(after + len(kind))
    except OSError as error:
        raise FlowscopeError(f"{file} cannot be written: {error.strerror or error}.") from None
    if start and start[after:] != kind:
        raise FlowscopeError(f"{file} is there and is something else. Choose another name, or remove it first.")
