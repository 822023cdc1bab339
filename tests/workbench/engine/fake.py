"""A run without torch: a stream that counts, for tests of the engine's loop and process."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from pathlib import Path

import numpy as np

from core import spec as specs
from core.errors import SpecError
from core.events import Chunk, Event, RunFinished, RunStarted, StopRun, StreamDeclared, Tick
from core.spec import RunSpec


def start(spec: RunSpec, directory: Path | None = None) -> Generator[Event | Tick]:
    """Counts to n_samples, a row a step; the title may ask for trouble."""
    if spec.title == "wrong":
        raise SpecError("title", "There is nothing wrong.")
    yield RunStarted(specs.to_json(spec), {})
    yield StreamDeclared(
        name="x", row_shape=(2,), dims=("t", "n"), kind="points", columns=("t",), capacity=spec.n_samples
    )
    try:
        for i in range(spec.n_samples):
            if spec.title == "bug" and i == 3:
                raise ZeroDivisionError("three")
            if spec.title == "memory" and i == 3:
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate a lot")
            if spec.title == "die" and i == 3:
                time.sleep(0.5)
                os._exit(9)
            if spec.title == "slow":
                time.sleep(0.02)
            yield Chunk("x", np.full((1, 2), i, np.float32), {"t": np.array([i / spec.n_samples])})
            yield Tick(i + 1, spec.n_samples)
    except StopRun:
        yield RunFinished("stopped")
        return
    yield RunFinished("finished")
