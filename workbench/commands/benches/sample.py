"""Sampling speed: particles carried by Euler's method, everything recorded, beside the loops of two other libraries.

All of them evaluate the same network, fresh and untrained, from the same noise, in turns, with the same number of
threads. The others evaluate all particles at once and keep what they keep by themselves: torchdiffeq every state,
diffusers none. Flowscope records every state, every preview, and the velocity on a mesh, and counts in that.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.errors import SpecError
from core.spec import Part, RunSpec
from core.words import counted

if TYPE_CHECKING:
    from torch import Tensor

    from core.setup import Setup

HELP = "seconds of Euler's method with everything recorded, beside diffusers' and torchdiffeq's loops"
_PARTICLES, _STEPS, _ROUNDS = 10_000, 100, 3
OURS, DIFFUSERS, TORCHDIFFEQ = "flowscope, all recorded", "diffusers", "torchdiffeq"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-n", type=int, default=_PARTICLES, metavar="N", help=f"particles ({_PARTICLES:,})")
    parser.add_argument("--steps", type=int, default=_STEPS, metavar="N", help=f"Euler steps ({_STEPS})")
    parser.add_argument("--rounds", type=int, default=_ROUNDS, metavar="N", help=f"turns of each ({_ROUNDS})")
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="processor threads, 0 for the usual number")


def measure(args: argparse.Namespace) -> dict[str, Any]:
    return compare(args.n, args.steps, args.rounds, args.threads)


def compare(n: int, n_steps: int, rounds: int, threads: int = 0) -> dict[str, Any]:
    """Let each sample in turns; the first turn of each warms up and is not counted, of the others the median is.

    Raises:
        SpecError: there is no round, or the number of particles, steps or threads is outside its limits.
    """
    if rounds < 1:  # told before torch is imported
        raise SpecError("--rounds", f"Give at least one. Given {rounds}.")
    import statistics

    import torch

    from core.networks import count_parameters
    from core.setup import resolve

    spec = RunSpec(
        n_samples=n, sampler=Part("euler", {"n_steps": n_steps}), field=Part("network"), threads=threads, device="cpu"
    )
    setup = resolve(spec)
    network = _network(setup)
    missing = [name for name in (DIFFUSERS, TORCHDIFFEQ) if importlib.util.find_spec(name) is None]
    loops = {name: loop for name, loop in _LOOPS.items() if name not in missing}
    kernel = torch.get_float32_matmul_precision()
    seconds: dict[str, list[float]] = {name: [] for name in loops}
    ends: dict[str, Tensor] = {}
    try:
        for _ in range(rounds + 1):
            for name, loop in loops.items():
                # the kernel is part of what Flowscope chooses; the others keep torch's
                torch.set_float32_matmul_precision(kernel if name == OURS else "highest")
                start = time.perf_counter()
                ends[name] = loop(setup, network)
                seconds[name].append(time.perf_counter() - start)
    finally:
        torch.set_float32_matmul_precision(kernel)
    medians = {name: statistics.median(values[1:]) for name, values in seconds.items()}
    return {
        "particles": n,
        "steps": n_steps,
        "rounds": rounds,
        "threads": setup.threads,
        "parameters": count_parameters(network),
        "seconds": medians,
        "ratio": {name: medians[name] / medians[OURS] for name in loops if name != OURS},
        "largest difference": {
            name: float((end - ends[OURS]).abs().max()) for name, end in ends.items() if name != OURS
        },
        "missing": missing,
    }


def _network(setup: Setup) -> Any:
    """The default network with a last layer that is not zero, or nothing would move."""
    import torch

    from core.learned import build_network

    network = build_network(setup.spec, setup.shape, 0).requires_grad_(False).eval()
    generator = torch.Generator().manual_seed(setup.spec.seed)
    for parameter in network.parameters():
        if not parameter.any():
            parameter.normal_(0.0, 0.05, generator=generator)
    return network


def _ours(setup: Setup, network: Any) -> Tensor:
    """The loop that every sampling run goes through, with its rows kept."""
    import torch

    from core.learned import NetworkField
    from core.parts.making import make
    from core.predictions import Reading
    from core.run import rows

    learner = make("objective", Part("flow-matching"))
    kept = list(rows(setup, NetworkField(network, Reading(learner.predicts), setup.path, learner)))
    return torch.from_numpy(kept[-1].x)


def _noise(setup: Setup) -> Tensor:
    sigma = float(setup.path.at(setup.times()[0]).sigma)
    return sigma * setup.source.draw(setup.shape, setup.spec.n_samples, setup.spec.seed, "source").to(setup.dtype)


def _diffusers(setup: Setup, network: Any) -> Tensor:
    """Its Euler scheduler in a plain loop: its sigma is 1 - t, and its velocity points to the noise."""
    import torch

    times = setup.times()
    scheduler = importlib.import_module(DIFFUSERS).FlowMatchEulerDiscreteScheduler()
    scheduler.set_timesteps(sigmas=(1.0 - times[:-1]).tolist())
    x = _noise(setup)
    with torch.no_grad():
        for step in scheduler.timesteps:
            t = (1.0 - step / scheduler.config.num_train_timesteps).expand(len(x))
            x = scheduler.step(-network(x, t), step, x).prev_sample
    return x


def _torchdiffeq(setup: Setup, network: Any) -> Tensor:
    import torch

    with torch.no_grad():
        states: Tensor = importlib.import_module(TORCHDIFFEQ).odeint(
            lambda t, x: network(x, t.expand(len(x))), _noise(setup), setup.times().to(setup.dtype), method="euler"
        )
    return states[-1]


_LOOPS: dict[str, Callable[[Setup, Any], Tensor]] = {
    OURS: _ours, DIFFUSERS: _diffusers, TORCHDIFFEQ: _torchdiffeq,
}  # fmt: skip


def table(report: dict[str, Any]) -> str:
    lines = [
        f"{report['particles']:,} particles, {report['steps']} Euler steps, {report['parameters']:,} parameters, "
        f"{counted(report['threads'], 'thread')}, median of {report['rounds']} turns",
        f"{'':28} {'seconds':>9} {'flowscope is':>14} {'largest difference':>20}",
    ]
    for name, seconds in report["seconds"].items():
        ratio, difference = report["ratio"].get(name), report["largest difference"].get(name)
        lines.append(
            f"{name:28} {seconds:9.2f} {'' if ratio is None else f'{ratio:.2f}× as fast':>14} "
            f"{'' if difference is None else f'{difference:.1e}':>20}"
        )
    lines += [f"{name} is not installed: pip install -e '.[dev]' brings it" for name in report["missing"]]
    return "\n".join(lines)
