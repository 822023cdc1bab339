"""Training speed: steps a second of the default run in the plane, beside a plain loop of torch, in one run.

The plain loop is what one would write by hand: AdamW, `randn`, fresh points of the same mixture, clipping, the same
learning rates and an average of the weights, each tensor for itself. Both train the same network from the same start,
in turns; the plain loop with the threads of the run, Flowscope with those of them that so small a network keeps busy.
The plain loop also runs with the matrix products' kernel that Flowscope chooses, so that what a setting gives and what
the loop gives can be told apart.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.spec import RunSpec, Training
from core.words import counted

if TYPE_CHECKING:
    from core.setup import Setup

HELP = "steps a second of the default training in the plane, beside a plain loop of torch"
AIM = 2.0
_STEPS, _TURN = 3000, 100
_TOLERANCE = 0.05
"""Share by which the two losses may differ, over the last third of the steps."""
OURS, PLAIN, PLAIN_FAST = "flowscope", "plain loop", "plain loop, same kernel"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--steps", type=int, default=_STEPS, metavar="N", help=f"training steps of each ({_STEPS:,})")
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="processor threads, 0 for the usual number")


def measure(args: argparse.Namespace) -> dict[str, Any]:
    return compare(args.steps, args.threads)


def compare(n_steps: int, threads: int = 0, turn: int = _TURN) -> dict[str, Any]:
    """Train both for n_steps in turns of some steps; the first turn of each warms up and is not timed.

    Raises:
        SpecError: the number of steps or of threads is outside its limits.
    """
    import torch

    from core.machine.device import use_threads
    from core.networks import count_parameters
    from core.setup import resolve

    spec = RunSpec(action="train", training=Training(n_steps=n_steps, n_snapshots=0), threads=threads, device="cpu")
    setup = resolve(spec)  # sets threads and the kernel
    kernel = torch.get_float32_matmul_precision()
    contestants = {
        OURS: (_ours(spec), kernel),
        PLAIN: (_plain(setup), "highest"),
        PLAIN_FAST: (_plain(setup), kernel),
    }
    seconds = dict.fromkeys(contestants, 0.0)
    losses: dict[str, list[float]] = {name: [] for name in contestants}
    try:
        while len(losses[OURS]) < n_steps:
            warm = bool(losses[OURS])
            for name, (steps, precision) in contestants.items():
                torch.set_float32_matmul_precision(precision)
                use_threads(setup.threads)
                start = time.perf_counter()
                losses[name] += itertools.islice(steps, turn)
                seconds[name] += (time.perf_counter() - start) * warm
    finally:
        torch.set_float32_matmul_precision(kernel)
    timed, last = n_steps - min(turn, n_steps), math.ceil(n_steps / 3)
    means = {name: sum(values[-last:]) / last for name, values in losses.items()}
    speeds = {name: timed / seconds[name] if timed else None for name in contestants}
    return {
        "steps": n_steps,
        "timed steps": timed,
        "batch": spec.training.batch_size,
        "threads": setup.threads,
        "parameters": count_parameters(_network(setup)),
        "steps a second": speeds,
        "ratio": {name: seconds[name] / seconds[OURS] if timed else None for name in (PLAIN, PLAIN_FAST)},
        "aim": AIM,
        "loss": means,
        "losses agree": all(abs(means[name] / means[OURS] - 1.0) < _TOLERANCE for name in (PLAIN, PLAIN_FAST)),
    }


def _ours(spec: RunSpec) -> Iterator[float]:
    """The loss of each step of the run, as its events bring it: twenty at a time."""
    from core.events import Chunk, RunStarted
    from core.machine.device import use_threads
    from trainers.jobs import start

    threads = 1
    for event in start(spec):
        if isinstance(event, RunStarted):
            threads = int(event.meta["threads"])
        if isinstance(event, Chunk) and event.stream == "loss":
            yield from event.data.tolist()
            use_threads(threads)  # the plain loops may have others


def _network(setup: Setup) -> Any:
    from core.learned import build_network

    return build_network(setup.spec, setup.shape, 0)


def _plain(setup: Setup) -> Iterator[float]:
    """Flow matching on the linear path, written by hand."""
    import torch
    from torch import nn

    from core.numerics.mixture import Mixture

    settings, mixture = setup.spec.training, setup.mixture
    assert isinstance(mixture, Mixture)
    network: nn.Module = _network(setup)
    average = copy.deepcopy(network).requires_grad_(False)
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, betas=(0.9, 0.99), weight_decay=0.0)
    centres = mixture.centres.float()
    generator = torch.Generator().manual_seed(setup.spec.seed)
    size, low, high = settings.batch_size, setup.path.t_min, setup.path.t_max
    for step in range(settings.n_steps):
        rise = min(1.0, (step + 1) / max(1, settings.warm_up))
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * rise * 0.5 * (1.0 + math.cos(math.pi * step / settings.n_steps))
        which = torch.randint(len(centres), (size,), generator=generator)
        x1 = centres[which] + mixture.std * torch.randn(size, 2, generator=generator)
        x0 = torch.randn(size, 2, generator=generator)
        t = low + (high - low) * torch.rand(size, generator=generator)
        x_t = t[:, None] * x1 + (1.0 - t[:, None]) * x0
        loss = (network(x_t, t) - (x1 - x0)).square().mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), settings.clip)
        optimiser.step()
        decay = min(settings.ema, (2.0 + step) / (11.0 + step))
        with torch.no_grad():
            for kept, now in zip(average.parameters(), network.parameters(), strict=True):
                kept.lerp_(now, 1.0 - decay)
        yield loss.item()


def table(report: dict[str, Any]) -> str:
    lines = [
        f"the default run: batch {report['batch']}, {report['parameters']:,} parameters, "
        f"{counted(report['threads'], 'thread')}, {report['timed steps']:,} steps of each in turns",
        f"{'':28} {'steps/s':>9} {'flowscope is':>14} {'loss':>9}",
    ]
    for name, speed in report["steps a second"].items():
        ratio = report["ratio"].get(name)
        lines.append(
            f"{name:28} {'–' if speed is None else f'{speed:.0f}':>9} "
            f"{'' if ratio is None else f'{ratio:.2f}× as fast':>14} {report['loss'][name]:9.4f}"
        )
    agree = "agree" if report["losses agree"] else "DIFFER"
    return "\n".join([*lines, f"losses over the last third {agree} within {_TOLERANCE:.0%}; aim: {report['aim']:.0f}×"])
