"""How much memory a process holds, where the system tells it without a tool of its own."""

from __future__ import annotations

import os
from pathlib import Path

_ROUGH = 10
"""Megabytes between the values that are shown: a last digit that never rests says nothing."""


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
