"""Who writes a trace file: a claim that other programs can see, and that the system drops with its process.

HDF5 locks a file while it is laid out and gives the lock up when SWMR begins, so that readers can come; a second writer
would then empty the file before it is refused. A claim lasts until the file is complete, and readers pass it.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from pathlib import Path

_SUPERBLOCK = b"\x89HDF\r\n\x1a\n"
_FLAGS_AT = 11
"""Byte of the flags in an HDF5 superblock of version 3: not 0 from opening to closing by a writer."""
_FAR = 1 << 62
"""A byte that no file reaches: on Windows a locked byte cannot be read by others."""
_HELD = (BlockingIOError, PermissionError) if sys.platform == "win32" else (BlockingIOError,)
"""How the system says that another has the lock."""
_TRIES, _PAUSE = 50, 0.02
FRESH_SECONDS = 3.0
"""What was written so lately may have a writer that nobody sees: a run gives its claim up just before it says how it
ended."""

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


def reserve(descriptor: int, n_bytes: int) -> None:
    """Make a file at least so long, where the system can do that at once.

    Raises:
        OSError: the disk is full, or a quota or a limit is reached; the file is as it was.
    """
    if sys.platform == "linux":
        try:
            os.posix_fallocate(descriptor, 0, n_bytes)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):  # a file system without it
                raise


class Claim:
    """A file that this process writes, from now until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self._descriptor: int | None = os.open(path, os.O_RDWR)
        for _ in range(_TRIES):
            try:
                _lock(self._descriptor, alone=False)
                return
            except _HELD:  # somebody asks whether it is written, and has his answer in a moment
                time.sleep(_PAUSE)
            except OSError:
                break
        self.release()  # a file system without locks: it is written all the same, as by any other program

    def reserve(self, n_bytes: int) -> None:
        """Make the file so long that this many bytes can be written, before a library that cannot bear a refusal tries.

        Raises:
            OSError: the disk is full, or a quota or a limit is reached; the file is as it was.
        """
        if self._descriptor is not None:
            reserve(self._descriptor, n_bytes)

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
    """Whether some program, this one included, is known to write a file at this moment."""
    return bool(_claimed(path))


def may_go_on(path: Path) -> bool:
    """Whether the run of a file that says it is running may still go on, and not only where that is known.

    Also where the file system tells no locks, and where the file was written a moment ago (`FRESH_SECONDS`).
    """
    return _claimed(path) is not False or abs(time.time() - path.stat().st_mtime) < FRESH_SECONDS


def _claimed(path: Path) -> bool | None:
    """Whether a writer holds its claim on a file; None where the file system does not tell."""
    if not left_open(path):
        return False
    for mode in (os.O_RDONLY, os.O_RDWR):  # a network's file system may lock only what is opened for writing
        try:
            descriptor = os.open(path, mode)
        except OSError:
            return None
        try:
            _lock(descriptor, alone=True)
        except _HELD:
            return True
        except OSError:
            continue
        finally:
            os.close(descriptor)
        return False
    return None
