"""What one step is worth: models that jump, on eight Gaussians, beside the flow they replace and two real sets.

The runs are the presets of the comparison ``one-step`` and the reflow beside it, each trained as its preset says.
Sliced W2 is measured between as many samples as held-out points; between two real sets it is not zero, and nothing
that is sampled can be expected below it.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from core import presets
from core.errors import SpecError
from core.spec import Part, RunSpec
from workbench.commands.progress import record

HELP = "train each model that jumps on eight Gaussians, and print sliced W2 beside a flow's and that of two real sets"
_N_SAMPLES = 20_000
"""With fewer, the counts of the eight modes alone put two real sets farther apart than a good model is from either."""


class Row(NamedTuple):
    """What is sampled: the preset that is trained, and the number of steps."""

    preset: str
    n_steps: int


ROWS = (
    Row("eight-gaussians-flow", 50),
    Row("eight-gaussians-flow", 2),
    Row("eight-gaussians-flow", 1),
    Row("eight-gaussians-reflow", 1),
    Row("eight-gaussians-mean-flow", 1),
    Row("eight-gaussians-mean-flow", 2),
    Row("eight-gaussians-consistency", 1),
    Row("eight-gaussians-consistency", 2),
    Row("eight-gaussians-shortcut", 1),
    Row("eight-gaussians-shortcut", 2),
)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--steps-scale", type=float, default=1.0, metavar="F", help="train for so many times the presets' steps (1)"
    )
    parser.add_argument("--seed", type=int, default=RunSpec().seed, metavar="S", help="of data, noise and networks")
    parser.add_argument("-o", "--out", type=Path, metavar="DIR", help="keep checkpoints and traces in this folder")


def measure(args: argparse.Namespace) -> dict[str, Any]:
    if not args.steps_scale > 0:
        raise SpecError("--steps-scale", f"Give a positive number, such as 0.1. Given {args.steps_scale:g}.")
    if args.out is not None:
        return compare(ROWS, args.steps_scale, args.seed, args.out)
    with tempfile.TemporaryDirectory(prefix="flowscope-") as folder:
        return compare(ROWS, args.steps_scale, args.seed, Path(folder))


def compare(rows: tuple[Row, ...], scale: float, seed: int, folder: Path) -> dict[str, Any]:
    """Train each preset once, sample it as the rows say, and measure.

    Raises:
        SpecError: the seed is outside its limits.
    """
    import torch

    from core.metrics.sliced_w2 import SlicedW2
    from core.setup import resolve
    from trainers.checkpoint import FILE_NAME
    from trainers.jobs import start

    distance = SlicedW2()
    specs: dict[str, RunSpec] = {}
    for name in dict.fromkeys(row.preset for row in rows):
        spec = presets.load_one(name).replace(seed=seed, n_samples=_N_SAMPLES)
        n_steps = max(1, round(scale * spec.training.n_steps))
        training = msgspec.structs.replace(spec.training, n_steps=n_steps, n_snapshots=0)
        specs[name] = spec = spec.replace(training=training)
        record(start(spec, folder / name), spec.title)
    setup = resolve(next(iter(specs.values())))
    points = setup.dataset.held_out(2 * _N_SAMPLES, seed).x
    real, other = points[:_N_SAMPLES], points[_N_SAMPLES:]
    out = []
    for row in rows:
        spec = specs[row.preset]
        sampler = spec.sampler.with_params(n_steps=row.n_steps)
        field = Part("network", {"weights": str(folder / row.preset / FILE_NAME)})
        run = spec.replace(action="sample", sampler=sampler, field=field)
        trace = folder / f"{row.preset}-{row.n_steps}.h5"
        x = record(start(run), spec.title, trace)["x"]
        out.append(
            {
                "method": spec.title.partition(", ")[2],
                "training steps": spec.training.n_steps,
                "steps": row.n_steps,
                "NFE": int(x.column("nfe")[-1]),
                "sliced W2": distance.measure(torch.from_numpy(x[-1]), real),
            }
        )
    return {"points": _N_SAMPLES, "seed": seed, "rows": out, "two real sets": distance.measure(other, real)}


def table(report: dict[str, Any]) -> str:
    lines = [
        f"Sliced W2 of {report['points']:,} points to as many real ones; eight Gaussians, seed {report['seed']}",
        f"{'method':28} {'steps trained':>14} {'NFE':>5} {'sliced W2':>10}",
    ]
    for row in report["rows"]:
        lines.append(f"{row['method']:28} {row['training steps']:14,} {row['NFE']:5} {row['sliced W2']:10.3f}")
    return "\n".join([*lines, f"{'two real sets':28} {'':14} {'':5} {report['two real sets']:10.3f}"])
