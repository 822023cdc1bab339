"""What `evaluate` measures of images: checkpoints, sampled as often as a sweep asks, and traces as they are."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from core import spec as specs
from core.checkpoint import locate, sha256, steps_of
from core.errors import SpecError
from core.evaluation import block, padded
from core.reports.images import Made, made_of, recorded
from core.run import rows
from core.setup import resolve
from core.spec import Part, RunSpec
from core.trace import open_trace
from core.words import counted
from workbench.commands.progress import ProgressLine
from workbench.commands.sample import of_weights

SAMPLES = 1000
"""Images of each set where the command line names no number: fewer make distances mostly bias."""
_NFES = (20, 50, 100)


def spec_of_subject(name: str, sets: Sequence[str], n: int | None, seed: int | None) -> RunSpec:
    """The spec of a checkpoint as it is to be sampled, or of a trace.

    Raises:
        SpecError: a setting is wrong, or a trace is asked for what it does not hold.
    """
    if not specs.names_weights(name):
        return _spec_of_trace(name, sets, n)
    spec = of_weights(name, sets)
    return spec.replace(n_samples=SAMPLES if n is None else n, seed=spec.seed if seed is None else seed)


def _spec_of_trace(name: str, sets: Sequence[str], n: int | None) -> RunSpec:
    if sets:
        raise SpecError("--set", "A trace is measured as it was made. Name a checkpoint to sample it otherwise.")
    trace = open_trace(Path(name))
    spec = trace.spec
    trace.close()
    if n is not None and n > spec.n_samples:
        raise SpecError("-n", f"The trace holds {spec.n_samples:,} particles. Given {n:,}.")
    return spec.replace(n_samples=n or spec.n_samples)


def swept(spec: RunSpec, nfes: Sequence[int], guidances: Sequence[float]) -> list[RunSpec]:
    """The runs of a sweep: every guidance scale with every budget of evaluations; the spec itself without any.

    Raises:
        SpecError: the sampler cannot do with so few evaluations, or guidance is refused.
    """
    guided = [_guided(spec, scale) for scale in guidances] or [spec]
    out = [_within(one, nfe) for one in guided for nfe in nfes] if nfes else guided
    for one in out:
        resolve(one)
    return out


def _guided(spec: RunSpec, scale: float) -> RunSpec:
    if scale == 1.0:  # the class as it is: one evaluation is enough
        return spec.replace(guidance=Part("none"))
    same = spec.guidance if spec.guidance.name == "cfg" else Part("cfg")
    return spec.replace(guidance=same.with_params(scale=scale))


def _within(spec: RunSpec, nfe: int) -> RunSpec:
    """With as many steps as that number of network evaluations allows."""
    setup = resolve(spec)
    sampler = setup.sampler
    if sampler.adaptive:
        raise SpecError("--nfe", f"{sampler.title} evaluates as often as its tolerance asks. Choose another sampler.")
    each = (setup.guidance.evaluations or setup.guidance.nfe) if setup.classes else 1
    last = sampler.evaluations if sampler.jumps else 1
    n_steps = (nfe // each - last) // sampler.evaluations + 1
    if n_steps < 1:
        raise SpecError(
            "--nfe", f"{sampler.title} takes at least {counted(last * each, 'evaluation')} here. Given {nfe}."
        )
    return spec.replace(sampler=spec.sampler.with_params(n_steps=n_steps))


def made(name: str, runs: Sequence[RunSpec]) -> Iterator[Made]:
    """What each run makes, one after the other."""
    for i, spec in enumerate(runs):
        if specs.names_weights(name):
            yield sampled(spec, f"{spec.title or name}, run {i + 1} of {len(runs)}")
        else:
            yield _recorded(name, spec)


def sampled(spec: RunSpec, label: str) -> Made:
    """The end of a network's run, of which nothing else is kept: a thousand images at fifty times fill the memory."""
    setup, line = resolve(spec), ProgressLine(label)
    field = setup.field()
    last, began = None, time.perf_counter()
    for done, row in enumerate(rows(setup, field)):
        line.update(done, setup.sampler.n_steps)
        last = row
    seconds = time.perf_counter() - began
    line.close()
    assert last is not None  # a run has at least two rows
    nfe = int(last.columns["nfe"])
    n = padded(spec.n_samples, block(setup.shape, setup.device))  # the last block is filled up and computed as a whole
    costs = _costs(seconds, n, nfe) | {"threads": setup.threads}
    return made_of(torch.from_numpy(last.x), setup, nfe, setup.samples_in_bfloat16, **costs, weights=weights_said(spec))


def weights_said(spec: RunSpec) -> dict[str, Any]:
    """Which weights a network's run reads, as a report says it."""
    file = locate(spec.field.params["weights"])
    return {"sha256": sha256(file), "training steps": steps_of(file)}


def _recorded(name: str, spec: RunSpec) -> Made:
    trace = open_trace(Path(name))
    try:
        return recorded(trace, spec, name)
    finally:
        trace.close()


def _costs(seconds: float, n: int, nfe: int) -> dict[str, Any]:
    """Images a second, as measured and for other numbers of evaluations; memory at its peak."""
    rate = n / seconds
    return {
        "seconds": round(seconds, 2),
        "images a second": _figures(rate),
        "images a second, scaled to NFE": {str(other): _figures(rate * nfe / other) for other in _NFES},
        "peak memory of the process, MB": _peak_memory(),
    }


def _figures(value: float) -> float:
    return float(f"{value:.3g}")


def _peak_memory() -> int | None:
    """Since the process began; on a graphics card its own memory; None where the system does not say."""
    if torch.cuda.is_available():
        return round(torch.cuda.max_memory_allocated() / 1e6)
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS, kilobytes elsewhere
    return round(peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6)
