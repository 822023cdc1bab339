"""The known comparison on the swiss roll: each method in its budget of training, and its Chamfer distance.

The budgets and the distances beside which ours are printed are those of
EliasSf73/Diffusion-and-Flow-Models-implementations: a roll free of noise with a global standard deviation of 2, batches
of 128, 5,000 steps for diffusion and 10,000 for a flow, and 2,048 points that are compared. Diffusion learns with EDM's
noise levels and scaling. A few points that end between two arms, or far out, make most of a distance, so that those of
two sets differ by as much as the methods do: ours is the mean over eight sets of the same network, with the least and
the greatest. Previews are held to the reach of the data, as DDPM's own sampling does with images; what it is without
that stands beside it. Networks are trained and sampled by the same specs, through the same loops, as everywhere.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

from core.errors import SpecError
from core.spec import Part, RunSpec, Training
from core.trace import Trace

HELP = "train each method of a known comparison in its budget, and print Chamfer distances beside its own"
_WIDTH = 0.002
"""Blur of the roll: less than the points of two sets are apart, so that their distance is that of the bare curve."""
_N_SAMPLES, _SETS, _BATCH = 2048, 8, 128
_SEEN, _MARGIN = 20_000, 1.01
"""Training points that tell how far the data reach, and how much farther than these a preview may."""


class Budget(NamedTuple):
    """What is trained, for how many steps, and at what peak of the learning rate."""

    n_steps: int
    learning_rate: float
    path: Part
    objective: Part


class Method(NamedTuple):
    """One row: which of the networks is sampled how, the distance in the known comparison, and ours to be reached."""

    title: str
    budget: str
    sampler: Part
    grid: Part
    known: float | None
    aim: float | None


BUDGETS = {
    "diffusion": Budget(5_000, 3e-3, Part("vp-linear"), Part("edm")),
    "flow": Budget(10_000, 3e-3, Part("linear"), Part("flow-matching")),
    "reflow": Budget(10_000, 2e-3, Part("linear"), Part("reflow")),
}
METHODS = (
    Method("DDPM, 1,000 steps", "diffusion", Part("ddpm", {"n_steps": 1000}), Part("ddpm-stride"), 15.19, 1.0),
    Method("DDIM, 50 steps", "diffusion", Part("ddim", {"n_steps": 50}), Part("ddpm-stride"), 32.21, None),
    Method("DPM-Solver-1, 50 steps", "diffusion", Part("dpm-solver-1", {"n_steps": 50}), Part("log-snr"), 17.87, None),
    Method("DPM-Solver-2, 25 steps", "diffusion", Part("dpm-solver-2", {"n_steps": 25}), Part("log-snr"), 25.33, 1.5),
    Method("Flow matching, 50 steps", "flow", Part("euler", {"n_steps": 50}), Part("uniform"), 24.16, 1.5),
    Method("Flow matching, 10 steps", "flow", Part("euler", {"n_steps": 10}), Part("uniform"), 42.85, None),
    Method("Reflow, 10 steps", "reflow", Part("euler", {"n_steps": 10}), Part("uniform"), 29.14, 2.0),
    Method("Reflow, 5 midpoint steps", "reflow", Part("midpoint", {"n_steps": 5}), Part("uniform"), None, None),
)
KNOWN_FLOOR = (0.36, 0.39)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--steps-scale", type=float, default=1.0, metavar="F", help="train for so many times the budget's steps (1)"
    )
    parser.add_argument("--seed", type=int, default=RunSpec().seed, metavar="S", help="of data, noise and networks")


def measure(args: argparse.Namespace) -> dict[str, Any]:
    if not args.steps_scale > 0:
        raise SpecError("--steps-scale", f"Give a positive number, such as 0.1. Given {args.steps_scale:g}.")
    with tempfile.TemporaryDirectory(prefix="flowscope-") as folder:
        return compare(METHODS, args.steps_scale, args.seed, Path(folder))


def compare(methods: tuple[Method, ...], scale: float, seed: int, folder: Path) -> dict[str, Any]:
    """Train what the methods need, sample it, and measure; checkpoints are left in the folder.

    Raises:
        SpecError: the seed is outside its limits.
    """
    import torch

    from core.metrics.chamfer import Chamfer
    from core.setup import resolve

    chamfer = Chamfer()

    def distances(x: torch.Tensor, others: torch.Tensor) -> list[float]:
        sets = zip(torch.split(x, _N_SAMPLES), torch.split(others, _N_SAMPLES), strict=True)
        return [chamfer.measure(one, other) for one, other in sets]

    clipping = _held_to_data(seed)
    trained = {name: _train(name, scale, seed, folder, clipping) for name in _needed(methods)}
    real, other = resolve(next(iter(trained.values()))).dataset.held_out(2 * _SETS * _N_SAMPLES, seed).x.chunk(2)
    rows = []
    for method in methods:
        spec = trained[method.budget].replace(
            action="sample", title=method.title, n_samples=_SETS * _N_SAMPLES, sampler=method.sampler, grid=method.grid,
            field=Part("network", {"weights": str(_weights(method.budget, folder))}),
        )  # fmt: skip
        x = _run(spec)["x"]
        free = _run(spec.replace(clipping=Part("none")))["x"]
        found, unheld = (distances(torch.from_numpy(ends[-1]), real) for ends in (x, free))
        rows.append(
            {
                "method": method.title,
                "training steps": spec.training.n_steps,
                "sampler": {"name": method.sampler.name, **method.sampler.params},
                "grid": method.grid.name,
                "NFE": int(x.column("nfe")[-1]),
                "chamfer": mean(found),
                "chamfer of each set": found,
                "chamfer, previews as they are": mean(unheld),
                "known": method.known,
                "aim": method.aim,
                "reached": None if method.aim is None else mean(found) < method.aim,
            }
        )
    return {
        "points": _N_SAMPLES,
        "sets": _SETS,
        "seed": seed,
        "batch": _BATCH,
        "network": RunSpec().network.name,
        "clipping": {"name": clipping.name, **clipping.params},
        "rows": rows,
        "two real sets": mean(distances(other, real)),
        "two real sets, known": list(KNOWN_FLOOR),
    }


def _needed(methods: tuple[Method, ...]) -> list[str]:
    """The budgets in the order in which they are trained: reflow makes its pairs with the flow."""
    wanted = {method.budget for method in methods}
    if "reflow" in wanted:
        wanted.add("flow")
    return [name for name in BUDGETS if name in wanted]


def _weights(name: str, folder: Path) -> Path:
    return folder / name / "checkpoint.safetensors"


def _data() -> Part:
    return Part("swiss-roll", {"width": _WIDTH})


def _held_to_data(seed: int) -> Part:
    """Previews no farther out than training points lie."""
    from core.setup import resolve

    seen = resolve(RunSpec(data=_data())).dataset.training(_SEEN, seed).x
    return Part("clip", {"limit": round(_MARGIN * float(seen.abs().max()), 2)})


def _train(name: str, scale: float, seed: int, folder: Path, clipping: Part) -> RunSpec:
    """Train in a budget; returns the spec."""
    budget = BUDGETS[name]
    objective = budget.objective
    if name == "reflow":
        objective = objective.with_params(weights=str(_weights("flow", folder)))
    spec = RunSpec(
        title=f"Training, {name}",
        action="train",
        seed=seed,
        data=_data(),
        path=budget.path,
        objective=objective,
        clipping=clipping,
        training=Training(
            n_steps=max(1, round(scale * budget.n_steps)),
            batch_size=_BATCH,
            learning_rate=budget.learning_rate,
            n_snapshots=0,
        ),
    )
    _run(spec, folder / name)
    return spec


def _run(spec: RunSpec, folder: Path | None = None) -> Trace:
    from trainers.jobs import start
    from workbench.commands.progress import record

    return record(start(spec, folder), spec.title)


def table(report: dict[str, Any]) -> str:
    lines = [
        f"Chamfer distance of {report['points']:,} points to as many real ones, mean over {report['sets']} sets; swiss "
        f"roll free of noise, batch {report['batch']}, network {report['network']}, seed {report['seed']}",
        f"previews held within ±{report['clipping']['limit']:g}, the reach of the data; 'free' is without that",
        f"{'method':28} {'steps trained':>14} {'NFE':>6} {'Chamfer':>9} {'of a set':>13} "
        f"{'free':>8} {'known':>8} {'aim':>6}",
    ]
    for row in report["rows"]:
        aim, known = ("" if row[key] is None else f"{row[key]:.{n}f}" for key, n in (("aim", 1), ("known", 2)))
        each = row["chamfer of each set"]
        lines.append(
            f"{row['method']:28} {row['training steps']:14,} {row['NFE']:6,} {row['chamfer']:9.2f} "
            f"{f'{min(each):.2f}–{max(each):.2f}':>13} {row['chamfer, previews as they are']:8.2f} {known:>8} "
            f"{aim:>6}{'' if row['reached'] in (None, True) else '  missed'}".rstrip()
        )
    low, high = report["two real sets, known"]
    lines.append(
        f"{'two real sets':28} {'':14} {'':6} {report['two real sets']:9.2f} {'':13} {'':8} {f'{low}–{high}':>9}"
    )
    lines.append("known: EliasSf73/Diffusion-and-Flow-Models-implementations")
    return "\n".join(lines)
