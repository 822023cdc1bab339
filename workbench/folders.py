"""Where the application keeps what it makes: runs, settings and the log."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from platformdirs import user_data_path

from core.trace.lock import is_written

HOME_VARIABLE = "FLOWSCOPE_HOME"
RECORD = "train.h5"
"""The trace of a training in the folder that it leaves, whoever began it."""
CHECKPOINT = "checkpoint.safetensors"
"""Its weights, beside that."""
_STAMP = "%Y%m%d-%H%M%S-%f"


def home() -> Path:
    """``FLOWSCOPE_HOME``, or the system's folder for application data."""
    given = os.environ.get(HOME_VARIABLE)
    return Path(given) if given else user_data_path("flowscope", appauthor=False)


@contextmanager
def scratch() -> Iterator[Path]:
    """Keep all in a folder that goes afterwards: whoever shows or measures the window leaves a person's own alone."""
    before = os.environ.get(HOME_VARIABLE)
    # an engine that is about to end may still write there
    with tempfile.TemporaryDirectory(prefix="flowscope-", ignore_cleanup_errors=True) as folder:
        os.environ[HOME_VARIABLE] = folder
        try:
            yield Path(folder)
        finally:
            del os.environ[HOME_VARIABLE]
            if before is not None:
                os.environ[HOME_VARIABLE] = before


def runs() -> Path:
    """Runs that are kept, each in a folder of its own or as a file that somebody saved there."""
    return home() / "runs"


def new_run(name: str) -> Path:
    """A folder for a run that begins now; it is made by whoever writes into it."""
    stamp = datetime.now().strftime(_STAMP)[:-3]
    return runs() / f"{stamp}-{name}"


def began(folder: str) -> datetime | None:
    """When the run began to which `new_run` gave a folder of this name; None where it is another's."""
    try:
        return datetime.strptime("-".join(folder.split("-")[:3]), _STAMP)
    except ValueError:
        return None


def write(file: Path, data: bytes) -> None:
    """Replace a small file of ours as a whole; where the folder cannot be written, the log says so and life goes on."""
    try:
        put(file, data)
    except OSError as error:
        logging.warning("%s cannot be written: %s", file, error)


def put(file: Path, data: bytes) -> None:
    """Replace a small file of ours as a whole.

    Raises:
        OSError: the system refuses it; what was there stays.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f"{file.suffix}.part")
    part.write_bytes(data)
    part.replace(file)


def size(file: Path) -> int:
    """Bytes of a file; none where it has gone meanwhile."""
    try:
        return file.stat().st_size
    except OSError:
        return 0


def trim(newest_first: Iterable[Path], budget: int, kept: Collection[Path] = ()) -> None:
    """Remove the oldest files until the rest fits; what is in use is ``kept``, as long as there is any budget.

    What some program still writes, such as another window, stays: its writer would not find it again.
    """
    total = 0
    for file in newest_first:
        total += size(file)
        if total > budget and (budget == 0 or file not in kept) and not is_written(file):
            try:
                file.unlink(missing_ok=True)
            except OSError as error:  # another program reads it
                logging.warning("%s stays: %s", file, error)
