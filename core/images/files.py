"""Where the files of data sets are looked for.

``FLOWSCOPE_DATA`` (the option ``--data`` sets it) names the folder; without it, the platform's cache and then
``~/.cache/flowscope/data``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import platformdirs

from core.errors import SpecError
from core.machine.local_file import place

DATA_VARIABLE = "FLOWSCOPE_DATA"


def data_folders() -> tuple[Path, ...]:
    """The folders that are looked in, the one that downloads go to first.

    Raises:
        SpecError: the one that is named begins with a user who does not exist.
    """
    given = os.environ.get(DATA_VARIABLE)
    if given:
        return (place(DATA_VARIABLE, given),)
    folders = (Path(platformdirs.user_cache_dir("flowscope")) / "data", Path.home() / ".cache" / "flowscope" / "data")
    return tuple(dict.fromkeys(folders))


def find_files(title: str, set_name: str, folder: str, names: Sequence[str]) -> tuple[Path, ...]:
    """The files ``names`` of a set, from the first data folder that holds them all in its sub-folder ``folder``.

    A name that ends in ``.gz`` may be there without that ending.

    Raises:
        SpecError: no folder holds them all; the message says where they were looked for and how to get them.
    """
    for base in data_folders():
        found = tuple(filter(None, (_either(base / folder / name) for name in names)))
        if len(found) == len(names):
            return found
    places = " and ".join(str(base / folder) for base in data_folders())
    raise SpecError(
        "data",
        f"{title} is not here: looked in {places}. Download it with “main.py fetch {set_name}”, "
        f"or name the folder that holds “{folder}” with --data or {DATA_VARIABLE}.",
    )


def _either(path: Path) -> Path | None:
    for candidate in (path, path.with_suffix("")) if path.suffix == ".gz" else (path,):
        if candidate.is_file():
            return candidate
    return None
