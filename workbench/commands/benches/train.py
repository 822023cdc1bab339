"""Training speed of the default run in the plane beside a plain loop of torch, in one run: steps a second, and how near
to the exact velocity both come for them.

The plain loop is what one would write by hand: AdamW, `randn`, fresh points of the same mixture, clipping, the same
learning rates and an average of the weights, each tensor for itself. Both train the same network from the same start,
in turns; Flowscope once as it trains without a window, by two processes where there are two cores, and once on a single
core. The plain loop runs with one thread and with one for every core, and with the matrix products' kernel that
Flowscope chooses, so that what a setting gives and what the loop gives can be told apart; it has the cores for itself
in its turns. What is timed in turns is the steady pace: a second process has started, and the first turn, in which
steps are taken one by one, is left out. Then Flowscope learns once more in a share of the steps, until it is as near to
the exact velocity as the plain loop was in all: what that run takes from its first step on, the start of a second
process and all, is the time for the same result.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.spec import RunSpec, Training
from core.words import counted

if TYPE_CHECKING:
    from torch import nn

    from core.fields import Field
    from core.setup import Setup

HELP = "the default training in the plane beside a plain loop of torch: steps a second, and time for the same result"
AIM = 2.0
_STEPS, _TURN = Training().n_steps, 500
_TOLERANCE = 0.05
"""Share by which the two losses may differ, over the last third of the steps."""
OURS, ALONE = "flowscope", "flowscope, one core"
PLAIN, PLAIN_ALL, PLAIN_FAST = "plain loop, one core", "plain loop, every core", "plain loop, same kernel"
PLAINS = (PLAIN, PLAIN_ALL, PLAIN_FAST)
_SHARES = (0.5, 0.75, 1.0)
"""Of the plain loop's steps: in which Flowscope comes as near to the exact velocity is tried one after the other."""
_PATIENCE = 120.0
"""Seconds in which a second process has started."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--steps", type=int, default=_STEPS, metavar="N", help=f"training steps of each ({_STEPS:,})")
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="processor threads, 0 for the usual number")


def measure(args: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="flowscope-") as folder:
        return compare(args.steps, Path(folder), args.threads)


def compare(n_steps: int, folder: Path, threads: int = 0, turn: int = _TURN) -> dict[str, Any]:
    """Train both for n_steps in turns of some steps; the first turn of each warms up and is not timed.

    Raises:
        SpecError: the number of steps or of threads is outside its limits.
    """
    import torch

    from core.machine.device import CORES, use_threads
    from core.networks import count_parameters
    from core.setup import resolve

    spec = RunSpec(action="train", training=Training(n_steps=n_steps, n_snapshots=0), threads=threads, device="cpu")
    setup = resolve(spec)  # sets threads and the kernel
    kernel = torch.get_float32_matmul_precision()
    plains = [_Plain(setup) for _ in PLAINS]
    contestants = {
        OURS: (_ours(spec, folder), kernel, setup.threads),
        ALONE: (_ours(spec.replace(threads=1), folder / "alone"), kernel, 1),
        PLAIN: (plains[0].steps(), "highest", 1),
        PLAIN_ALL: (plains[1].steps(), "highest", CORES),
        PLAIN_FAST: (plains[2].steps(), kernel, 1),
    }
    seconds = dict.fromkeys(contestants, 0.0)
    losses: dict[str, list[float]] = {name: [] for name in contestants}
    try:
        while len(losses[OURS]) < n_steps:
            warm = bool(losses[OURS])
            for name, (steps, precision, n_threads) in contestants.items():
                torch.set_float32_matmul_precision(precision)
                use_threads(n_threads)
                start = time.perf_counter()
                losses[name] += itertools.islice(steps, turn)
                seconds[name] += (time.perf_counter() - start) * warm
        for steps, *_ in contestants.values():  # to their ends, where the weights are kept
            for _ in steps:
                pass
    finally:
        torch.set_float32_matmul_precision(kernel)
    timed, last = n_steps - min(turn, n_steps), math.ceil(n_steps / 3)
    means = {name: sum(values[-last:]) / last for name, values in losses.items()}
    wrong = _error(setup, _field(setup, plains[0].average))
    near = _as_near(spec, setup, wrong, folder)
    fastest = min(seconds[name] for name in PLAINS)
    whole = fastest * n_steps / timed if timed else None
    return {
        "steps": n_steps,
        "timed steps": timed,
        "batch": spec.training.batch_size,
        "cores": CORES,
        "parameters": count_parameters(plains[0].network),
        "steps a second": {name: timed / seconds[name] if timed else None for name in contestants},
        "ratio": {name: seconds[name] / seconds[OURS] if timed else None for name in contestants if name != OURS},
        "aim": AIM,
        "loss": means,
        "losses agree": all(abs(means[name] / means[OURS] - 1.0) < _TOLERANCE for name in PLAINS),
        "velocity error": {OURS: _learned(spec, setup, folder), PLAIN: wrong},
        "as near in": near,
        "plain loop, seconds in all": whole,
        "ratio for the same result": whole / near["seconds"] if whole and near["seconds"] else None,
    }


def _ours(spec: RunSpec, folder: Path) -> Iterator[float]:
    """The loss of each step of the run, as its events bring it: twenty at a time. The folder keeps its weights.

    Where two processes share the training it begins when the second is there.
    """
    from core.events import Chunk
    from core.machine.device import use_threads
    from core.setup import resolve
    from trainers.loop import events
    from trainers.training.trainer import Trainer

    with closing(Trainer(resolve(spec))) as trainer:
        trainer.pair_up()
        trainer.wait_for_partner(_PATIENCE)
        for event in events(trainer, folder):
            if isinstance(event, Chunk) and event.stream == "loss":
                yield from event.data.tolist()
                use_threads(trainer.threads)  # the plain loops may have others


def _network(setup: Setup) -> nn.Module:
    from core.learned import build_network

    return build_network(setup.spec, setup.shape, 0)


class _Plain:
    """Flow matching on the linear path, written by hand.

    Attributes:
        network: what is trained; average: its averaged weights.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup, self.network = setup, _network(setup)
        self.average = copy.deepcopy(self.network).requires_grad_(False)

    def steps(self) -> Iterator[float]:
        """Train; the loss of each step."""
        import torch
        from torch import nn

        from core.numerics.mixture import Mixture

        setup, network = self._setup, self.network
        settings, mixture = setup.spec.training, setup.mixture
        assert isinstance(mixture, Mixture)
        optimiser = torch.optim.AdamW(network.parameters(), settings.learning_rate, (0.9, 0.99), weight_decay=0.0)
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
                for kept, now in zip(self.average.parameters(), network.parameters(), strict=True):
                    kept.lerp_(now, 1.0 - decay)
            yield loss.item()


def _as_near(spec: RunSpec, setup: Setup, wrong: float, folder: Path) -> dict[str, float | None]:
    """The least share of the steps in which Flowscope's velocity errs no more than that, its error, and the seconds
    that such a run takes as anybody would start it; None if no share is enough."""
    import msgspec

    from trainers.loop import train

    for share in _SHARES:
        n_steps = max(1, round(share * spec.training.n_steps))
        shorter = spec.replace(training=msgspec.structs.replace(spec.training, n_steps=n_steps))
        place, start = folder / f"{n_steps}", time.perf_counter()
        for _ in train(shorter, place):
            pass
        took = time.perf_counter() - start
        if (error := _learned(shorter, setup, place)) <= wrong:
            return {"share of the steps": share, "velocity error": error, "seconds": took}
    return dict.fromkeys(("share of the steps", "velocity error", "seconds"))


def _learned(spec: RunSpec, setup: Setup, folder: Path) -> float:
    """The error of the velocity whose weights are in a folder."""
    from core.learned import load_field
    from trainers.checkpoint import FILE_NAME

    return _error(setup, load_field(folder / FILE_NAME, setup.path, setup.device, setup.dtype, setup.shape))


def _field(setup: Setup, network: nn.Module) -> Field:
    from core.learned import NetworkField
    from core.parts.making import make
    from core.predictions import Reading

    return NetworkField(network.eval(), Reading("velocity", 1.0), setup.path, make("objective", setup.spec.objective))


def _error(setup: Setup, field: Field) -> float:
    """How far a velocity is from the exact one, as a share of it."""
    from core.metrics.velocity_error import velocity_error
    from core.numerics.mixture import Mixture, MixtureField

    assert isinstance(setup.mixture, Mixture)
    return velocity_error(field, MixtureField(setup.mixture, setup.path, setup.device), setup.mixture, setup.spec.seed)


def table(report: dict[str, Any]) -> str:
    lines = [
        f"the default run: batch {report['batch']}, {report['parameters']:,} parameters, "
        f"{counted(report['cores'], 'core')}, {report['timed steps']:,} steps of each in turns",
        f"{'':24} {'steps/s':>9} {'flowscope is':>14} {'loss':>9} {'velocity error':>16}",
    ]
    for name, speed in report["steps a second"].items():
        ratio, wrong = report["ratio"].get(name), report["velocity error"].get(name)
        lines.append(
            f"{name:24} {'–' if speed is None else f'{speed:.0f}':>9} "
            f"{'' if ratio is None else f'{ratio:.2f}× as fast':>14} {report['loss'][name]:9.4f} "
            f"{'' if wrong is None else f'{wrong:.2%}':>16}".rstrip()
        )
    agree = "agree" if report["losses agree"] else "DIFFER"
    lines.append(
        f"losses over the last third {agree} within {_TOLERANCE:.0%}; aim: {report['aim']:.0f}× the plain loops"
    )
    near, ratio = report["as near in"], report["ratio for the same result"]
    if near["share of the steps"] is None:
        return "\n".join([*lines, "not as near to the exact velocity as the plain loop in as many steps"])
    lines.append(
        f"as near to the exact velocity as the plain loop in {near['share of the steps']:.0%} of its steps "
        f"({near['velocity error']:.2%})"
        + ("" if ratio is None else f", in {near['seconds']:.1f} s: {ratio:.1f}× as fast for the same result")
    )
    return "\n".join(lines)
