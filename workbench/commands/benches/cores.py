"""The training of an image network with one core, with threads within its operations, and as two processes of which
each learns from half of every batch: seconds a step, in turns, in one run."""

from __future__ import annotations

import argparse
import time
from contextlib import ExitStack, closing
from statistics import median
from typing import Any

import msgspec

from core import presets
from core.errors import SpecError
from core.spec import RunSpec
from core.words import counted

HELP = "seconds a step of training an image network: one core, threads within operations, two processes"
ONE, THREADS, PAIR = "one core", "threads within operations", "two processes"
_TURN = 2
"""Steps of each before the next one's turn."""
_LONG = 10_000
"""Steps of a training that is never seen to its end: one of some hundred would not be shared."""
_PATIENCE = 120.0


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("preset", nargs="?", default="mnist-flow", help="a preset that trains on images (mnist-flow)")
    parser.add_argument("--rounds", type=int, default=10, metavar="N", help="of two steps of each (10)")


def measure(args: argparse.Namespace) -> dict[str, Any]:
    spec = presets.load_one(args.preset, []).replace(action="train", device="cpu")
    return {"preset": args.preset} | compare(spec, args.rounds)


def compare(spec: RunSpec, rounds: int) -> dict[str, Any]:
    """Train a spec's network in each of the three ways, in turns.

    Raises:
        SpecError: the number of turns is not positive, or two processes would not share such a training.
    """
    from core.machine.device import CORES, use_threads
    from core.networks import count_parameters
    from core.setup import resolve
    from trainers.training.trainer import Trainer

    if rounds < 1:
        raise SpecError("--rounds", f"Give at least one. Given {rounds}.")
    training = msgspec.structs.replace(spec.training, n_steps=_LONG, n_validations=0, init_from="", in_pairs=False)
    spec = spec.replace(training=training)
    seconds: dict[str, list[float]] = {ONE: [], THREADS: [], PAIR: []}
    with ExitStack() as stack:
        trainers = {
            name: stack.enter_context(closing(Trainer(resolve(spec.replace(threads=1 if name == ONE else CORES)))))
            for name in seconds
        }
        trainers[PAIR].pair_up()
        if not trainers[PAIR].wait_for_partner(_PATIENCE):
            raise SpecError("preset", "Its network is trained by one process. Name a preset of images, on two cores.")
        for i in range(rounds + 1):  # the first warms up
            for name, trainer in trainers.items():
                use_threads(trainer.threads)
                start = time.perf_counter()
                for _ in range(_TURN):
                    trainer.step()
                if i:
                    seconds[name].append((time.perf_counter() - start) / _TURN)
        one = trainers[ONE]
        each = {name: median(values) for name, values in seconds.items()}
        return {
            "parameters": count_parameters(one.state.network),
            "batch": spec.training.batch_size,
            "precision": one.precision,
            "cores": CORES,
            "steps": rounds * _TURN,
            "seconds a step": each,
            "ratio": {name: each[ONE] / value for name, value in each.items()},
        }


def table(report: dict[str, Any]) -> str:
    lines = [
        f"{report['preset']}: batch {report['batch']}, {report['parameters']:,} parameters, "
        f"{report['precision']}, {counted(report['cores'], 'core')}, {report['steps']} steps of each in turns, medians"
    ]
    for name, value in report["seconds a step"].items():
        lines.append(f"{name:28} {value:8.3f} s a step {report['ratio'][name]:6.2f}× as fast")
    return "\n".join(lines)
