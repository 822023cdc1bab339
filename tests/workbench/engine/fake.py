"""A run without torch: a stream that counts, for tests of the engine's loop and process."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path

import numpy as np

from core import spec as specs
from core.errors import SpecError
from core.events import Chunk, Event, RunFinished, RunStarted, StopRun, StreamDeclared, Tick
from core.spec import RunSpec
from workbench.engine.jobs import Factory


def start(spec: RunSpec, directory: Path | None = None) -> Generator[Event | Tick | None]:
    """Counts to n_samples, a row a step; the title may ask for trouble."""
    if spec.title == "wrong":
        raise SpecError("title", "There is nothing wrong.")
    if spec.title == "real":
        from trainers import jobs

        yield from jobs.start(spec, directory)
        return
    yield RunStarted(specs.to_json(spec), {"device": "cuda" if spec.title == "elsewhere" else "cpu"})
    yield StreamDeclared(
        name="x", row_shape=(2,), dims=("t", "n"), kind="scalar", columns=("t",), capacity=spec.n_samples
    )
    try:
        for i in range(spec.n_samples):
            _trouble(spec.title, i)
            yield Chunk("x", np.full((1, 2), i, np.float32), {"t": np.array([i / spec.n_samples])})
            yield None if spec.title == "silent" else Tick(i + 1, spec.n_samples)
    except StopRun:
        yield Chunk("x", np.full((1, 2), -1, np.float32), {"t": np.array([1.0])})
        yield RunFinished("stopped")
        return
    yield RunFinished("finished", _surroundings() if spec.title == "where" else "")


def meeting(n: int) -> Factory:
    """Runs that go on only where n of them are in a step at one time, and fail where nobody else comes."""
    there = threading.Barrier(n, timeout=10)

    def meet(spec: RunSpec, directory: Path | None = None) -> Generator[Event | Tick | None]:
        for event in start(spec, directory):
            if isinstance(event, Chunk):
                there.wait()
            yield event

    return meet


def stubborn(spec: RunSpec, directory: Path | None = None) -> Generator[Event | Tick | None]:
    """A step that takes longer than anybody waits."""
    yield RunStarted(specs.to_json(spec), {})
    time.sleep(60)


def _trouble(title: str, i: int) -> None:
    if title == "slow":
        time.sleep(0.01)
    if i != 3:
        return
    if title == "bug":
        raise ZeroDivisionError("three")
    if title == "memory":
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate a lot")
    if title == "numpy memory":
        raise MemoryError("Unable to allocate 12 GiB")


def _surroundings() -> str:
    """What the engine's process looks like from inside a run."""
    import torch

    return json.dumps(
        {
            "qt": any(name.startswith("PyQt") for name in sys.modules),
            "nice": os.nice(0) if hasattr(os, "nice") else 5,
            "waiting": os.environ.get("OMP_WAIT_POLICY"),
            "threads": torch.get_num_threads(),
        }
    )
