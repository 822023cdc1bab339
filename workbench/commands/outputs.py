"""Where a verb may write: what lies there already is replaced by its own kind alone."""

from __future__ import annotations

from pathlib import Path

from core.errors import FlowscopeError

TRACE, REPORT = b"\x89HDF", b"{"
"""How a trace and a report in JSON begin."""


def check(file: Path, kind: bytes) -> None:
    """Told before hours of work, not after.

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
            start = there.read(len(kind))
    except OSError as error:
        raise FlowscopeError(f"{file} cannot be written: {error.strerror or error}.") from None
    if start not in (b"", kind):
        raise FlowscopeError(f"{file} is there and is something else. Choose another name, or remove it first.")
