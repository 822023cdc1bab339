"""Words that depend on numbers."""

from __future__ import annotations


def counted(n: int, noun: str) -> str:
    """Such as ``1 thread`` or ``1,400 particles``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
