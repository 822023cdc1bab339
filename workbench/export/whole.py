"""A file that is there only once all of it is written."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import FlowscopeError


@contextmanager
def whole(out: Path) -> Iterator[Path]:
    """Where to write in the meantime: at the end that file takes the place of ``out``, unless something went wrong.

    Raises:
        FlowscopeError: it cannot be written; the message says why.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=_prefix(os.getpid())) as folder:
            part = Path(folder) / out.name
            yield part
            part.replace(out)
    except OSError as error:
        raise FlowscopeError(f"{out} cannot be written: {error.strerror or error}.") from None


def remove_part(out: Path, process: int) -> None:
    """Remove what a process has left that was killed while it wrote ``out``; the parts of others stay."""
    for folder in out.parent.glob(f"{_prefix(process)}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _prefix(process: int) -> str:
    """How the name of a process's hidden folder begins."""
    return f".export-{process}-"
