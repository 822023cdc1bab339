"""Who writes a trace file: a claim that other programs can see, and that the system drops with its process.

HDF5 locks a file while it is laid out and gives the lock up when SWMR begins, so that readers can come; a second writer
would then empty the file before it is refused. A claim lasts until the file is complete, and readers pass it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_SUPERBLOCK = b"\x89HDF\r\n\x1a\n"
_FLAGS_AT = 11
"""Byte of the flags in an HDF5 superblock of version 3: not 0 from opening to closing by a writer."""
_FAR = 1 << 62
"""A byte that no file reaches: on Windows a locked byte cannot be read by others."""

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, alone: bool) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int, *, alone: bool) -> None:
        # HDF5's readers share their lock, and so does a claim; its writers, and whoever asks, want the file alone
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)


class Claim:
    """A file that this process writes, from now until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self._descriptor: int | None = os.open(path, os.O_RDWR)
        try:
            _lock(self._descriptor, alone=False)
        except OSError:  # a file system without locks: it is written all the same, as by any other program
            self.release()

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def left_open(path: Path) -> bool:
    """Whether a file's last writer has not closed it: it still writes, or it was killed."""
    try:
        with path.open("rb") as file:
            head = file.read(_FLAGS_AT + 1)
    except OSError:
        return False
    return head.startswith(_SUPERBLOCK) and len(head) > _FLAGS_AT and head[8] == 3 and head[_FLAGS_AT] != 0


def is_written(path: Path) -> bool:
    """Whether some program, this one included, is writing a file at this moment."""
    if not left_open(path):
        return False
    descriptor = os.open(path, os.O_RDONLY)
    try:
        _lock(descriptor, alone=True)
    except BlockingIOError:
        return True
    except OSError as error:
        return sys.platform == "win32" and isinstance(error, PermissionError)
    finally:
        os.close(descriptor)
    return False
