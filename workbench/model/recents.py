"""The files that were opened or made, newest first, kept beside the settings. No Qt."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from workbench import folders
from workbench.views.marks import Method

MOST = 12


class Recent(msgspec.Struct, frozen=True):
    """A trace as it was when it was last at hand; ``when`` is UTC."""

    path: str
    title: str
    method: Method
    n_bytes: int
    when: datetime

    @property
    def missing(self) -> bool:
        return not Path(self.path).is_file()


class Recents:
    """Reads and writes ``recent.json``; a file that cannot be read counts as empty."""

    def __init__(self) -> None:
        self._file = folders.home() / "recent.json"
        self.entries: list[Recent] = []
        self.read()

    def read(self) -> None:
        """Take up what is in the file: another window may have written there."""
        self.entries = self._read() or self.entries

    def add(self, path: Path, title: str, method: Method) -> None:
        """Put a file that exists first in the list."""
        self.read()
        path = path.resolve()
        entry = Recent(str(path), title, method, path.stat().st_size, datetime.now(UTC))
        self.entries = [entry, *(each for each in self.entries if each.path != entry.path)][:MOST]
        self._write()

    def moved(self, old: str, new: Path, title: str = "") -> None:
        """A missing file was found elsewhere, or somebody gave it another name."""
        self.read()
        found = str(new.resolve())
        kept = [each for each in self.entries if each.path != found or each.path == old]
        self.entries = [
            msgspec.structs.replace(each, path=found, title=title or each.title) if each.path == old else each
            for each in kept
        ]
        self._write()

    def _read(self) -> list[Recent]:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=list[Recent])
        except FileNotFoundError:
            return []
        except (OSError, msgspec.DecodeError) as error:
            logging.warning("%s cannot be read: %s", self._file, error)
            return []

    def _write(self) -> None:
        folders.write(self._file, msgspec.json.encode(self.entries))


def when_words(when: datetime, today: date | None = None) -> str:
    """``Today, 18:04``, ``Yesterday, 21:10``, ``20 Nov, 14:22``, ``20 Nov 2024, 14:22``, in the local time zone."""
    local, now = when.astimezone(), today or datetime.now().date()
    year = "" if local.year == now.year else f" {local.year}"
    day = {0: "Today", 1: "Yesterday"}.get((now - local.date()).days, f"{local.day} {local:%b}{year}")
    return f"{day}, {local:%H:%M}"


def size_words(n_bytes: int) -> str:
    """``2 GB``, ``500 MB``, ``11.2 MB``, ``8 kB``: at most three digits that say something."""
    if n_bytes >= 999.5e6:
        return f"{n_bytes / 1e9:.3g} GB"
    if n_bytes >= 99.95e6:
        return f"{n_bytes / 1e6:.0f} MB"
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 100_000 else f"{max(min(n_bytes, 1), round(n_bytes / 1e3))} kB"
