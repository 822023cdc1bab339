"""What recording costs: a run whose events go into a trace in memory, beside the same run also written to its file.

Both are made in turns, with the same threads. Time runs from the first event of a run to its last, the closed file
included; set-up and the loading of weights count for neither, which makes recording look dearer and not cheaper.
The cost is the median over the turns of one time divided by the other, both of the same turn; that of the processor
leaves out what the disk is waited for, and what other programs take.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from core.errors import SpecError
from core.spec import Part, RunSpec

HELP = "what a run takes longer when it is recorded to a file, in the plane and of images"
_ROUNDS = 5
_PLAIN, _RECORDED = "plain", "recorded"


class Row(NamedTuple):
    """A shipped run to sample with so many samples and steps, and the share of its time that recording may take."""

    preset: str
    n_samples: int
    n_steps: int
    most: float


class _Spent(NamedTuple):
    """Seconds, and seconds of the processor."""

    wall: float
    processor: float


ROWS = (
    Row("swiss-roll-flow", 1_400, 100, 0.05),
    Row("swiss-roll-flow", 10_000, 50, 0.05),
    Row("mnist-flow", 16, 25, 0.01),
    Row("cifar10-flow", 16, 25, 0.01),
)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=_ROUNDS, metavar="N", help=f"turns of each ({_ROUNDS})")
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="processor threads, 0 for the usual number")


def measure(args: argparse.Namespace) -> dict[str, Any]:
    return compare(ROWS, args.rounds, args.threads)


def compare(rows: tuple[Row, ...], rounds: int, threads: int = 0) -> dict[str, Any]:
    """Make each run in turns, with a file and without; a first turn warms up and is not counted.

    Raises:
        SpecError: there is no round, or the number of threads is outside its limits.
    """
    if rounds < 1:
        raise SpecError("--rounds", f"Give at least one. Given {rounds}.")
    return {"rounds": rounds, "rows": [_row(row, rounds, threads) for row in rows]}


def _row(row: Row, rounds: int, threads: int) -> dict[str, Any]:
    from workbench.commands.sample import spec_of

    spec = spec_of(row.preset, []).replace(
        action="sample", n_samples=row.n_samples, threads=threads, sampler=Part("euler", {"n_steps": row.n_steps})
    )
    times: dict[str, list[_Spent]] = {_PLAIN: [], _RECORDED: []}
    with tempfile.TemporaryDirectory(prefix="flowscope-") as folder:
        file = Path(folder) / "run.h5"
        for i in range(rounds + 1):
            # whoever comes second finds caches warm: they take turns in that as well
            for name in (_PLAIN, _RECORDED)[:: 1 if i % 2 else -1]:
                times[name].append(_spent(spec, file if name == _RECORDED else None))
        size = file.stat().st_size
    without, with_file = (np.array(times[name][1:]) for name in (_PLAIN, _RECORDED))  # [turn, clock]
    cost = np.median(with_file / without - 1, axis=0)
    return {
        "run": spec.title or row.preset, "samples": row.n_samples, "steps": row.n_steps, "megabytes": size / 1e6,
        "seconds": float(np.median(without[:, 0])), "seconds recorded": float(np.median(with_file[:, 0])),
        "cost": float(cost[0]), "processor cost": float(cost[1]), "most": row.most,
    }  # fmt: skip


def _spent(spec: RunSpec, file: Path | None) -> _Spent:
    """Between the first event of a run and its last, which go to a file where one is named."""
    from core.events import Tick
    from core.run import sample
    from core.trace import TraceBuilder, TraceWriter

    if file is not None:
        file.unlink(missing_ok=True)
    events, builder = sample(spec), TraceBuilder()
    first = next(events)
    wall, processor = time.perf_counter(), time.process_time()
    with ExitStack() as stack:
        sinks = [builder.feed]
        if file is not None:
            sinks.append(stack.enter_context(TraceWriter(file)).feed)
        for event in itertools.chain([first], events):
            if not isinstance(event, Tick):
                for sink in sinks:
                    sink(event)
    return _Spent(time.perf_counter() - wall, time.process_time() - processor)


def table(report: dict[str, Any]) -> str:
    lines = [
        f"Medians of {report['rounds']} turns; cost is what recording adds to a run's time",
        f"{'run':28} {'samples':>8} {'steps':>6} {'MB':>7} {'seconds':>8} {'recorded':>9} "
        f"{'cost':>7} {'processor':>10} {'at most':>8}",
    ]
    for row in report["rows"]:
        lines.append(
            f"{row['run'][:28]:28} {row['samples']:8,} {row['steps']:6,} {row['megabytes']:7.1f} {row['seconds']:8.2f} "
            f"{row['seconds recorded']:9.2f} {row['cost']:7.1%} {row['processor cost']:10.1%} {row['most']:8.0%}"
        )
    return "\n".join(lines)
