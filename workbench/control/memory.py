"""How much memory a process holds, where the system tells it without a tool of its own; and that it gives back."""

from __future__ import annotations

import ctypes
import gc
import os
from collections.abc import Callable
from pathlib import Path

_ROUGH = 10
"""Megabytes between the values that are shown: a last digit that never rests says nothing."""


#: Parameters of glibc's mallopt, and bytes: large blocks lie outside the heap, whose free end is given back.
#: One heap for all threads: else each that is at work has one of its own, with a free end of that size.
_OPTIONS = {"M_MMAP_THRESHOLD": (-3, 1 << 20), "M_TRIM_THRESHOLD": (-1, 1 << 24), "M_ARENA_MAX": (-8, 1)}


def give_back() -> None:
    """Have memory of large arrays go back to the system as soon as they are freed.

    glibc would put blocks of up to 32 MB on its heap after the first of them was freed, and what stands between them
    there keeps the window's memory at its peak. Where there is another allocator nothing changes.
    """
    mallopt = _of_glibc("mallopt")
    for option, n_bytes in _OPTIONS.values():
        mallopt(option, n_bytes)


def compact() -> None:
    """Hand what lies free between blocks of the heap to the system; some milliseconds, so only once in a while."""
    _of_glibc("malloc_trim")(0)


def settle() -> None:
    """Keep what is loaded by now out of every later search for garbage: to look through it takes three frames."""
    gc.freeze()


def _of_glibc(name: str) -> Callable[..., object]:
    try:
        function: Callable[..., object] = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError, TypeError):
        return lambda *_: None
    return function


def held(pid: int) -> int | None:
    """Bytes of a process that lie in memory, pages shared with others included; None where nobody tells."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def words(*pids: int | None) -> str:
    """What these processes hold together, such as ``720 MB``; empty where that is not known of each."""
    sizes = [held(pid) if pid is not None else None for pid in pids]
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes):
        return ""
    return f"{_ROUGH * round(sum(known) / 1e6 / _ROUGH):,} MB"
