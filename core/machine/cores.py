"""Work on several cores: pieces that do not hang together, each computed by one thread.

What comes out is then the same with any number of threads. Threads within an operation, which is torch's own way, pay
for large operations alone: those of a network for points take less time than to wake the threads that would share them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import torch

from core.machine.device import CORES, use_threads

T = TypeVar("T")


def each(function: Callable[..., T], *arguments: Iterable[Any], at_once: int = 1) -> list[T]:
    """What the function gives for each piece of the arguments, as `map` takes them, ``at_once`` pieces at a time.

    Gradients are recorded nowhere, or wherever they are for the caller.
    """
    pieces = list(zip(*arguments, strict=True))
    n = min(at_once, len(pieces))
    inference, gradients = torch.is_inference_mode_enabled(), torch.is_grad_enabled()

    def share(i: int) -> list[T]:
        # torch keeps these for each thread
        with torch.inference_mode(inference), torch.set_grad_enabled(gradients), one_thread():
            return [function(*piece) for piece in pieces[i::n]]

    others = [_pool().submit(share, i) for i in range(1, n)]
    shares = [share(0), *(other.result() for other in others)] if pieces else []
    return [shares[i % n][i // n] for i in range(len(pieces))]


@contextmanager
def one_thread() -> Iterator[None]:
    """Operations are computed by the thread that asks for them alone."""
    before = torch.get_num_threads()
    use_threads(1)
    try:
        yield
    finally:
        use_threads(before)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(CORES, "piece")
