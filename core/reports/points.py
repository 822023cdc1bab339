"""A run's points beside real ones: every metric that applies, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from core import registry
from core.checkpoint import lost
from core.errors import SpecError
from core.metrics import FieldMetric, Metric
from core.parts.needs import sentence
from core.reports import LEAST, LEFT_OUT, check_number
from core.setup import Setup, resolve
from core.spec import RunSpec
from core.stepwise import Steps, within
from core.trace import Trace
from core.words import counted

_FIELD_POINTS = 1000
"""Held-out points at which a field is measured, at most."""
_ORDER = ("samples", "field", "paths")
_SCARCE = 1000
"""Where fewer than one held-out point in so many is of a class, none is looked for."""


class Subject(NamedTuple):
    """What is measured: states x [N + 1, B, D] at times t [N + 1], how many evaluations they took (None where a trace
    does not say), the parts of the run, a name, and which weights it was sampled with, where that is known."""

    x: Tensor
    t: Tensor
    nfe: int | None
    setup: Setup
    name: str
    weights_sha256: str


def subject_of(trace: Trace, spec: RunSpec, name: str, n: int | None = None) -> Subject:
    """The first n samples of a trace, all without a number; of a training those of its last snapshot.

    Raises:
        SpecError: it holds none, or stops before t = 1.
    """
    setup = resolve(spec)
    if "x" in trace:
        stream = trace["x"]
        x, t, nfe = stream[:], stream.column("t"), stream.column("nfe")
    elif "snapshot/x" in trace:
        stream = trace["snapshot/x"]
        if not len(stream):
            raise SpecError("", f"{name} ends before its first snapshot: there is nothing to measure.")
        x, t, nfe = stream[-1], stream.static["t"], stream.static["nfe"]
    else:
        raise SpecError("", f"{name} records no samples. Name a trace of a sampling run, or a checkpoint.")
    if not len(t) or t[-1] < 1.0:
        raise SpecError("", f"{name} stops before t = 1: there are no samples to measure.")
    check_number(x.shape[1])
    if gone := int((~np.isfinite(x[-1]).all(axis=1)).sum()):
        raise SpecError("", f"{name} lost {counted(gone, 'sample')} on the way: they have no place to measure.")
    sha = trace.meta.get("weights_sha256", "")
    evaluations = int(nfe[-1]) if nfe[-1] >= 0 else None
    return Subject(torch.from_numpy(x)[:, :n].double(), torch.from_numpy(t.copy()), evaluations, setup, name, sha)


def points_report(
    subject: Subject, metrics: Mapping[str, type[Metric]], *, strict: bool = False
) -> Steps[dict[str, Any]]:
    """The report of a subject, a step at a time; a metric that does not apply is a row that says why.

    Where a file keeps too few points back for two real sets of its size, as many samples are measured as it has for.

    Raises:
        SpecError: there are hardly any real points of its classes; where ``strict``, a metric does not apply.
    """
    spec, n_samples = subject.setup.spec, subject.x.shape[1]
    # one draw of twice the size: the two real sets share no point
    held_out = real_points(subject.setup, 2 * n_samples, spec.seed)
    size = len(held_out) // 2
    subject = subject._replace(x=subject.x[:, :size])
    rows: dict[str, Any] = {}
    made = {name: cls() for name, cls in metrics.items()}
    total, done = sum(metric.steps for metric in made.values()), 0
    for name, metric in made.items():
        try:
            row = yield from within(_row(metric, subject, held_out[:size], held_out[size:]), done, total)
        except SpecError as error:
            if strict:
                raise
            row = {LEFT_OUT: error.message}
        rows[name] = {"title": metric.title, **row}
        done += metric.steps
        yield done, total
    return {
        "subject": subject.name,
        "title": spec.title,
        "data": subject.setup.dataset.title,
        "sampler": {"name": spec.sampler.name, **spec.sampler.params},
        "guidance": {"name": spec.guidance.name, **spec.guidance.params},
        "n": size,
        "n_samples": n_samples,
        "label": spec.label,
        "seed": spec.seed,
        "NFE": subject.nfe,
        "metrics": rows,
    }


def known_metrics() -> Mapping[str, type[Metric]]:
    """Every registered metric of points by name: of samples, of the field, then of the ways there."""
    known = registry.entries("metric")
    return {name: known[name] for name in sorted(known, key=lambda name: _ORDER.index(known[name].reads))}


def real_points(setup: Setup, n: int, seed: int) -> Tensor:
    """n held-out points [n, D], of the classes that were sampled; of a finite set no more than it holds back.

    Raises:
        SpecError: hardly any, or none, of the points that are held out are of these classes.
    """
    different = setup.dataset.n_different
    if different is not None:
        return _each_once(setup, different, seed)[:n]
    if not setup.classes:
        return setup.dataset.held_out(n, seed).x
    drawn = n
    while True:
        samples = setup.dataset.held_out(drawn, seed)
        assert samples.labels is not None  # there are classes
        inside = samples.x[torch.isin(samples.labels, torch.tensor(setup.classes))]
        if len(inside) >= n:
            return inside[:n]
        if drawn > n * _SCARCE:
            raise _too_few_of_class(setup)
        drawn *= 2


def _each_once(setup: Setup, different: int, seed: int) -> Tensor:
    """All that a finite set holds back of the classes that were sampled, no point twice: sets of them share none."""
    samples = setup.dataset.held_out(different, seed)
    x = samples.x
    if setup.classes and samples.labels is not None:
        x = x[torch.isin(samples.labels, torch.tensor(setup.classes))]
    if len(x) < 2 * LEAST:
        if setup.classes:
            raise _too_few_of_class(setup)
        few = f"{len(x):,} {'is' if len(x) == 1 else 'are'}"
        raise SpecError(
            "data.file",
            f"Of its points {few} held out, and two real sets take at least {2 * LEAST}. Choose a file with more.",
        )
    return x


def _too_few_of_class(setup: Setup) -> SpecError:
    return SpecError("label", f"Of the held-out points too few are of class {setup.spec.label}. Leave it empty.")


def _row(metric: Any, subject: Subject, real: Tensor, other: Tensor) -> Steps[dict[str, Any]]:
    """A metric's value and its floor: what two real sets, or the exact field, score."""
    match metric.reads:
        case "samples":
            value, floor = metric.measure(subject.x[-1], real), metric.measure(other, real)
        case "paths":
            value, floor = metric.measure(subject.x, subject.t), None
        case "field":
            value, floor = yield from _of_field(metric, subject, real[:_FIELD_POINTS])
    return {"unit": metric.unit, "better": metric.better, "value": value, "floor": floor}


def _of_field(metric: FieldMetric, subject: Subject, real: Tensor) -> Steps[tuple[float, float | None]]:
    setup, spec = subject.setup, subject.setup.spec
    weights = str(spec.field.params.get("weights", ""))
    if spec.field.name == "network" and not weights:
        raise SpecError("metrics", f"{metric.title} asks for the field itself. Name the checkpoint.")
    problem = lost(weights, subject.weights_sha256)
    if problem:
        raise SpecError("metrics", f"{metric.title} asks for the field, and {problem}")
    for need in metric.needs:
        if need not in setup.provided:
            raise SpecError("metrics", f"{metric.title} needs {sentence(need)}.")
    if setup.classes:
        raise SpecError("metrics", f"{metric.title} is that of all classes together. Leave the class empty.")
    wide = resolve(spec.replace(action="sample", precision="float64", device="cpu"))
    value = yield from metric.measuring(wide.field(), real, wide.mixture, wide.source.mixture())
    return value, metric.floor(wide.path, real, wide.mixture)
