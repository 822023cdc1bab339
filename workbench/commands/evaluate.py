"""flowscope evaluate: measure what a checkpoint makes, or what a trace holds, beside two real sets of the same size."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from core import presets
from core import spec as specs
from core.checker import checked
from core.errors import FlowscopeError, SpecError, unknown
from core.parts.needs import sentence
from core.spec import Part, RunSpec
from core.trace import Trace, open_trace
from workbench.commands import reports

if TYPE_CHECKING:
    from torch import Tensor

    from core.metrics import FieldMetric
    from core.setup import Setup

HELP = "measure the samples of a checkpoint or a trace: distances to real data, straightness, likelihood, labels"
_FIELD_POINTS = 1000
"""Held-out points at which a field is measured, at most."""
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


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("subject", metavar="CHECKPOINT|TRACE", help="a .safetensors file, shipped:NAME or a trace")
    parser.add_argument("--metrics", metavar="NAME,...", help="such as chamfer,sliced-w2; all that apply without")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="such as sampler.n_steps=20")
    parser.add_argument(
        "-n", type=int, metavar="N", help="samples of each set; without, as many as the run has, and 1,000 images"
    )
    parser.add_argument("--seed", type=int, metavar="S", help="of noise and real data; the run's own without")
    reports.add_json(parser)
    parser.add_argument("-o", "--out", "--report", type=Path, metavar="REPORT", help=reports.HELP)
    images = parser.add_argument_group("images")
    images.add_argument("--features", metavar="NAME", help="what images are compared in, such as mnist-classifier")
    images.add_argument("--nfe", type=_numbers(int), default=[], metavar="N,...", help="one run each, such as 10,25,50")
    images.add_argument(
        "--guidance", type=_numbers(float), default=[], metavar="W,...", help="and for each scale, such as 1,1.5,2"
    )
    images.add_argument("--page", type=Path, metavar="FILE", help="pictures and bars of each run, as .png or .pdf")
    images.add_argument("--theme", choices=("light", "dark"), default="light", help="of the page (light)")
    images.add_argument("--rungs", action="store_true", help="measure blurred and noised real images too")


def _numbers(number: Callable[[str], float]) -> Callable[[str], list[float]]:
    """What reads numbers that are separated by commas."""

    def numbers(text: str) -> list[float]:
        return [number(item) for item in text.split(",")]

    return numbers


def run(args: argparse.Namespace) -> int:
    names = None if args.metrics is None else [name.strip() for name in args.metrics.split(",") if name.strip()]
    if args.n is not None and args.n < 2:
        raise SpecError("-n", f"Samples must be at least 2. Given {args.n}.")
    reports.check(args.out)
    if args.page is not None and not args.page.parent.is_dir():  # told before hours of sampling, not after
        raise FlowscopeError(f"{args.page} cannot be written: there is no folder {args.page.parent}.")
    report, table = _of_images(args, names) if _is_of_images(args.subject) else _of_points(args, names)
    reports.tell(f"evaluate {args.subject}", report, table, as_json=args.json, files=[args.out])
    return 0


def _is_of_images(name: str) -> bool:
    """Whether a checkpoint or a trace is of images; whoever opens it after this finds it checked."""
    from core.checkpoint import locate, spec_of
    from workbench.commands.evaluations.images import is_of_images

    if specs.names_weights(name):
        return is_of_images(spec_of(checked(locate(name), "checkpoint")).data.name)
    if name in presets.names():
        weights = presets.shipped_weights(name) or "its checkpoint"
        raise SpecError("", f"{name} is a preset. Name {weights}, or a trace.")
    trace = open_trace(checked(name))
    trace.close()
    return is_of_images(trace.spec.data.name)


def _of_points(args: argparse.Namespace, names: list[str] | None) -> tuple[dict[str, Any], str]:
    if args.features or args.nfe or args.guidance or args.rungs or args.page:
        raise SpecError("", "--features, --nfe, --guidance, --rungs and --page are for images; these are points.")
    report = evaluate(args.subject, names, args.set, args.n, args.seed)
    return report, _table(report)


def _of_images(args: argparse.Namespace, names: list[str] | None) -> tuple[dict[str, Any], str]:
    from workbench.commands.evaluations.images import Wish, evaluate_images, table
    from workbench.commands.evaluations.pages import check_page, write_pages

    if args.page is not None:
        check_page(args.page)
    wish = Wish(names, args.set, args.n, args.seed, args.features, args.nfe, args.guidance, args.rungs)
    report, made, judge = evaluate_images(args.subject, wish)
    lines = [table(report)]
    if args.page is not None:
        lines += [f"page {file}" for file in write_pages(args.page, report, made, judge, args.theme)]
    return report, "\n".join(lines)


def evaluate(name: str, metrics: list[str] | None, sets: list[str], n: int | None, seed: int | None) -> dict[str, Any]:
    """The report of a checkpoint or a trace; without names every metric that applies, or why it does not.

    Raises:
        SpecError: a metric is unknown or asks for what there is not, or the run cannot be sampled or measured.
        TraceError: the trace cannot be read.
    """
    from core import registry

    known = registry.entries("metric")
    for wanted in metrics or []:
        if wanted in registry.entries("image-metric"):
            raise SpecError("metrics", f"{wanted} is of images; these are points. Known: {', '.join(known)}.")
        if wanted not in known:
            raise SpecError("metrics", unknown("metric", wanted, known))
    subject = _sampled(name, sets, n, seed) if specs.names_weights(name) else _recorded(name, sets, n, seed)
    spec, size = subject.setup.spec, subject.x.shape[1]
    # one draw of twice the size: the two real sets share no point
    held_out = _real(subject.setup, 2 * size, spec.seed)
    rows = {}
    for metric in metrics or known:
        try:
            rows[metric] = _measure(known[metric](), subject, held_out[:size], held_out[size:])
        except SpecError as error:
            if metrics is not None:
                raise
            rows[metric] = {"title": known[metric].title, "left out": error.message}
    return {
        "subject": subject.name,
        "title": spec.title,
        "data": subject.setup.dataset.title,
        "sampler": {"name": spec.sampler.name, **spec.sampler.params},
        "n": size,
        "seed": spec.seed,
        "NFE": subject.nfe,
        "metrics": rows,
    }


def _sampled(name: str, sets: list[str], n: int | None, seed: int | None) -> Subject:
    """What a checkpoint makes."""
    from core.checkpoint import locate, spec_of
    from core.run import sample
    from workbench.commands.progress import record

    spec = spec_of(checked(locate(name), "checkpoint")).replace(
        action="sample", field=Part("network", {"weights": name})
    )
    spec = specs.from_dict(specs.apply_sets(specs.to_dict(spec), sets))
    spec = spec.replace(n_samples=spec.n_samples if n is None else n, seed=spec.seed if seed is None else seed)
    return _subject(record(sample(spec), spec.title or name), spec, name, None)


def _recorded(name: str, sets: list[str], n: int | None, seed: int | None) -> Subject:
    """What a trace holds: its samples, or those of the last snapshot of a training."""
    if sets:
        raise SpecError("--set", "A trace is measured as it was made. Name a checkpoint to sample it otherwise.")
    trace = open_trace(checked(name))
    try:
        if n is not None and n > trace.spec.n_samples:
            raise SpecError("-n", f"The trace holds {trace.spec.n_samples:,} particles. Given {n:,}.")
        return _subject(trace, trace.spec.replace(seed=trace.spec.seed if seed is None else seed), name, n)
    finally:
        trace.close()


def _subject(trace: Trace, spec: RunSpec, name: str, n: int | None) -> Subject:
    import torch

    from core.setup import resolve

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
    sha = trace.meta.get("weights_sha256", "")
    evaluations = int(nfe[-1]) if nfe[-1] >= 0 else None
    return Subject(torch.from_numpy(x)[:, :n].double(), torch.from_numpy(t.copy()), evaluations, setup, name, sha)


def _real(setup: Setup, n: int, seed: int) -> Tensor:
    """n held-out points [n, D], of the classes that were sampled.

    Raises:
        SpecError: hardly any, or none, of the points that are held out are of these classes.
    """
    import torch

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
            raise SpecError("label", f"Of the held-out points too few are of class {setup.spec.label}. Leave it empty.")
        drawn *= 2


def _measure(metric: Any, subject: Subject, real: Tensor, other: Tensor) -> dict[str, Any]:
    """A metric's value and its floor: what two real sets, or the exact field, score."""
    match metric.reads:
        case "samples":
            value, floor = metric.measure(subject.x[-1], real), metric.measure(other, real)
        case "paths":
            value, floor = metric.measure(subject.x, subject.t), None
        case "field":
            value, floor = _field(metric, subject, real[:_FIELD_POINTS])
    return {"title": metric.title, "unit": metric.unit, "value": value, "floor": floor}


def _field(metric: FieldMetric, subject: Subject, real: Tensor) -> tuple[float, float | None]:
    from core.checkpoint import lost
    from core.setup import resolve

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
    value = metric.measure(wide.field(), real, wide.mixture, wide.source.mixture())
    return value, metric.floor(real, wide.mixture)


def _table(report: dict[str, Any]) -> str:
    nfe = "NFE not recorded" if report["NFE"] is None else f"NFE {report['NFE']:,}"
    lines = [
        f"{report['title'] or report['subject']}: {report['n']:,} samples, {report['sampler']['name']}, {nfe}, "
        f"seed {report['seed']}",
        f"{'':26} {'generated':>12} {'floor':>12}",
    ]
    for row in report["metrics"].values():
        if "left out" in row:
            lines.append(f"{row['title']:26} {'–':>12} {'':12}  {row['left out']}")
            continue
        floor = "" if row["floor"] is None else f"{row['floor']:.4g}"
        lines.append(f"{row['title']:26} {row['value']:12.4g} {floor:>12}  {row['unit']}".rstrip())
    return "\n".join([*lines, "floor: two real sets of the same size, or the exact field"])
