"""Files spoiled at random: flipped bits, cuts, wiped and repeated pieces, numbers at their limits, foreign words."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

SOAK = bool(os.environ.get("FLOWSCOPE_SOAK"))
"""`make soak` asks for ten times as much."""
#: What a length, an offset, a version or a count should never be, and what ends or opens things in text.
_EDGES = [
    b"\0", b"\x01", b"\x7f", b"\x80", b"\xff", b"\xff\xff", b"\xff" * 4, b"\xff" * 8, b"\0" * 8, b"\xfe" + b"\xff" * 7,
    b"\0\0\0\x80", b"\0" * 7 + b"\x7f", b"nan", b"-1", b"1e999", b"[" * 40, b"{" * 40, b'"', b"../../", b"\x1b[2J",
]  # fmt: skip


def mutations(whole: bytes, n: int, seed: int = 7) -> Iterator[bytes]:
    """n spoiled copies of a file, each spoiled at one to six places, mostly where it is not empty."""
    rng = np.random.default_rng(seed)
    written = np.flatnonzero(np.frombuffer(whole, np.uint8))
    for _ in range(n):
        data = bytearray(whole)
        for _ in range(int(rng.integers(1, 7)) if rng.random() < 0.5 else 1):
            at = int(rng.choice(written)) if rng.random() < 0.8 else int(rng.integers(len(whole)))
            _spoil(data, min(at, len(data)), rng)
        yield bytes(data)


def _spoil(data: bytearray, at: int, rng: np.random.Generator) -> None:
    length = int(rng.integers(1, 64))
    match rng.choice(6, p=[0.4, 0.06, 0.12, 0.06, 0.3, 0.06]):
        case 0 if at < len(data):
            data[at] ^= 1 << int(rng.integers(8))
        case 1:
            del data[at:]
        case 2:
            data[at : at + length] = bytes(length)
        case 3:
            data[at:at] = data[at : at + length]
        case 4:
            edge = _EDGES[int(rng.integers(len(_EDGES)))]
            data[at : at + len(edge)] = edge
        case 5:
            del data[at : at + length]
