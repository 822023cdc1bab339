"""What moving through a trace costs that is larger than memory should be: its disk, its sheets of images, its page.

A trace of photographs, noise in place of pictures, is written, its pages are dropped from the system's cache where
that can be asked for (Linux), and moments are then looked at in no order. ``read`` is what the disk and HDF5 take to
bring the rows of all grids that a lane shows, ``sheets`` that and their pixels, ``page`` a whole picture by the page
painter, all from a moment not looked at before. Runs in the plane are read once, when they are opened.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import SpecError

HELP = "what opening a large trace costs, and each moment of it that is looked at: the disk alone, and a whole picture"
_GIGABYTES, _MOVES = 5.0, 60
_SHAPE = (1_000, 3, 32, 32)
_SIZE = (1280, 720)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--gigabytes", type=float, default=_GIGABYTES, metavar="G", help=f"size of the trace ({_GIGABYTES:g})"
    )
    parser.add_argument(
        "--moves", type=int, default=_MOVES, metavar="N", help=f"moments looked at, each way ({_MOVES})"
    )


def measure(args: argparse.Namespace) -> dict[str, Any]:
    return scrub(args.gigabytes, args.moves, _SHAPE)


def scrub(gigabytes: float, moves: int, shape: tuple[int, int, int, int]) -> dict[str, Any]:
    """Write a trace of two streams of rows [B, C, H, W] and look at ``moves`` moments of it in each way.

    Raises:
        SpecError: the trace has fewer than two steps, or there is no move.
    """
    steps = round(gigabytes * 1e9 / (2 * 4 * int(np.prod(shape))))
    if steps < 2:
        raise SpecError("--gigabytes", f"The trace must hold at least 2 steps. Given {gigabytes:g}.")
    if moves < 1:
        raise SpecError("--moves", f"Give at least one. Given {moves}.")
    with tempfile.TemporaryDirectory(prefix="flowscope-") as folder:
        file = Path(folder) / "large.h5"
        _write(file, steps, shape)
        _forget(file)
        return {"megabytes": file.stat().st_size / 1e6, "steps": steps, "moves": moves} | _looked_at(file, steps, moves)


def _write(file: Path, steps: int, shape: tuple[int, int, int, int]) -> None:
    from core import spec as specs
    from core.events import Chunk, RunFinished, RunStarted, StreamDeclared
    from core.trace import TraceWriter
    from core.trace.trace import SAMPLING_COLUMNS

    t = np.linspace(0.0, 1.0, steps)
    columns = dict(zip(SAMPLING_COLUMNS, (t, t, 1 - t, np.ones(steps), -np.ones(steps), t), strict=True))
    row = np.random.default_rng(0).normal(0.0, 0.5, (1, *shape)).astype(np.float32)
    with TraceWriter(file) as writer:
        writer.feed(RunStarted(specs.to_json(specs.RunSpec()), {}))
        for name in ("x", "x1_hat"):
            writer.feed(StreamDeclared(
                name=name, row_shape=shape, dims=("t", "particle", "channel", "row", "column"), kind="images",
                columns=SAMPLING_COLUMNS, capacity=steps,
            ))  # fmt: skip
        for i in range(steps):
            for name in ("x", "x1_hat"):
                writer.feed(Chunk(name, row, {column: values[i : i + 1] for column, values in columns.items()}))
            writer.flush()  # so that memory does not hold them
        writer.feed(RunFinished("finished"))


def _forget(file: Path) -> None:
    """Take a file out of the system's cache, where that can be asked for."""
    if hasattr(os, "posix_fadvise"):
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _looked_at(file: Path, steps: int, moves: int) -> dict[str, Any]:
    from core.trace import open_trace
    from workbench import headless
    from workbench.painters.atlas import atlas
    from workbench.painters.paper.page import Page
    from workbench.views.image.images import ImageLook, scene
    from workbench.views.marks import Images
    from workbench.views.theme import DARK

    headless.application()
    began = time.perf_counter()
    trace = open_trace(file)
    opened = time.perf_counter()
    made = scene(trace, ImageLook(DARK))
    seen = time.perf_counter()
    grids = [mark for mark in made.marks if isinstance(mark, Images) and len(mark.times) > 1]
    page, times = Page([[made]], _SIZE, DARK), trace["x"].column("t")
    page.paint(float(times[0]))  # what stands still is drawn once
    ways: dict[str, Callable[[int], object]] = {
        "read": lambda row: [mark.values[row] for mark in grids],
        "sheets": lambda row: [atlas(mark, row) for mark in grids],
        "page": lambda row: page.paint(float(times[row])),
    }
    rng, spent = np.random.default_rng(1), {}
    for name, look in ways.items():
        _forget(file)
        spent[name] = np.array([_milliseconds(look, row) for row in _places(rng, steps, moves)])  # [move, clock]
    trace.close()
    return {
        "open, ms": 1000 * (opened - began), "scene, ms": 1000 * (seen - opened),
        "moves, ms": {
            name: dict(zip(("median", "p95", "processor p95"), _quantiles(each), strict=True))
            for name, each in spent.items()
        },
    }  # fmt: skip


def _places(rng: np.random.Generator, steps: int, moves: int) -> list[int]:
    """Rows to look at, none of them twice before all of them were."""
    return [int(row) for _ in range(-(-moves // steps)) for row in rng.permutation(steps)][:moves]


def _milliseconds(look: Callable[[int], object], row: int) -> tuple[float, float]:
    """Of the clock, and of the processor: the rest is the disk's, and other programs'."""
    began, spent = time.perf_counter(), time.process_time()
    look(row)
    return 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - spent)


def _quantiles(spent: np.ndarray) -> tuple[float, float, float]:
    median, p95 = np.quantile(spent[:, 0], (0.5, 0.95))
    return float(median), float(p95), float(np.quantile(spent[:, 1], 0.95))


def table(report: dict[str, Any]) -> str:
    lines = [
        f"{report['megabytes']:,.0f} MB, {report['steps']:,} steps; {report['moves']} moves in no order",
        f"opened in {report['open, ms']:.0f} ms, its lane made in {report['scene, ms']:.0f}",
        f"{'a move, ms':12}{'median':>8}{'p95':>8}{'processor, p95':>16}",
    ]
    for name, row in report["moves, ms"].items():
        lines.append(f"{name:12}{row['median']:8.1f}{row['p95']:8.1f}{row['processor p95']:16.1f}")
    return "\n".join(lines)
