"""The frames of a film in order, painted in processes of their own where that is worth their start."""

from __future__ import annotations

import ctypes
import itertools
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import wait
from pathlib import Path

import numpy as np

from core.errors import FlowscopeError
from workbench import headless
from workbench.export.film import Film, Frame, Painter, Shot

_Slots = np.memmap[tuple[int, int, int, int], np.dtype[np.uint8]]

WORTH = 60
"""Different frames from which on processes pay: each takes most of a second to start."""
_MOST = 8
_KEPT = {-1: 256 << 20, -3: 32 << 20}
"""Of mallopt: M_TRIM_THRESHOLD, what may lie free at the heap's end, and M_MMAP_THRESHOLD, what is put there at all."""
_AHEAD = 2
"""Frames that each process may be ahead of the film."""


@contextmanager
def painted(film: Film, folder: Path) -> Iterator[Iterator[Frame]]:
    """Every frame [height, width, 4] in BGRA, in order; each is valid until the next one is asked for.

    ``folder`` holds the memory that the processes share, as a file. What several frames in a row show is painted once.
    The processes start, and paint as far as they may, before the first frame is asked for.

    Raises:
        FlowscopeError: a painting process ended.
    """
    runs = [(shot, len(list(same))) for shot, same in itertools.groupby(film.shots)]
    shots = [shot for shot, _ in runs]
    processes = min(os.cpu_count() or 1, _MOST)
    with ExitStack() as stack:
        apart = len(shots) >= WORTH and processes > 1
        frames = _apart(film, shots, folder, processes, stack) if apart else _here(film, shots)
        yield _repeated(frames, [times for _, times in runs])


def _repeated(frames: Iterator[Frame], times: Sequence[int]) -> Iterator[Frame]:
    for frame, n in zip(frames, times, strict=True):
        yield from itertools.repeat(frame, n)


def _here(film: Film, shots: Sequence[Shot]) -> Iterator[Frame]:
    painter, frame = Painter(film), np.empty(film.shape, np.uint8)
    for shot in shots:
        painter.paint(shot, frame)
        yield frame


def _apart(film: Film, shots: Sequence[Shot], folder: Path, processes: int, stack: ExitStack) -> Iterator[Frame]:
    """The frames, from processes that have begun when this returns and end with the stack."""
    shape = (_AHEAD * processes, *film.shape)
    file = stack.enter_context(tempfile.NamedTemporaryFile(dir=folder, delete=False))  # noqa: SIM115  # by the stack
    for _ in range(shape[0]):
        file.write(bytes(int(np.prod(film.shape))))  # so that a full disk is an error here, not a crash later
    file.flush()
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _begin, (film, file.name, shape))
    stack.callback(pool.shutdown, cancel_futures=True)
    waiting: deque[tuple[int, Future[None]]] = deque()
    rest = iter(shots)
    for slot, shot in zip(range(shape[0]), rest, strict=False):
        waiting.append((slot, pool.submit(_paint, shot, slot)))
    return _collected(pool, waiting, rest, np.memmap(file.name, np.uint8, "r+", shape=shape))


def _collected(
    pool: ProcessPoolExecutor, waiting: deque[tuple[int, Future[None]]], rest: Iterator[Shot], slots: _Slots
) -> Iterator[Frame]:
    while waiting:
        slot, job = waiting.popleft()
        try:
            job.result()
        except BrokenProcessPool:
            raise FlowscopeError("A process that painted frames has ended; memory may have run out.") from None
        yield slots[slot]
        for shot in itertools.islice(rest, 1):
            waiting.append((slot, pool.submit(_paint, shot, slot)))


_painter: Painter
_slots: _Slots


def _begin(film: Film, file: str, shape: tuple[int, int, int, int]) -> None:
    """In a painting process: what it paints, and where."""
    global _painter, _slots
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the process that waits
    _keep_memory()
    headless.application()
    _painter, _slots = Painter(film), np.memmap(file, np.uint8, "r+", shape=shape)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _keep_memory() -> None:
    """Let the memory of one frame's arrays serve the next frame. Linux' malloc hands it back to the system in between,
    and the more a frame draws the longer the next would take to get its memory again, page by page."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        for option, value in _KEPT.items():
            mallopt(option, value)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None  # a pool's process has one
    wait([parent.sentinel])
    os._exit(1)


def _paint(shot: Shot, slot: int) -> None:
    _painter.paint(shot, _slots[slot])
