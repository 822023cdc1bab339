"""flowscope evaluate: measure what a checkpoint makes, or what a trace holds, beside two real sets of the same size."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import presets
from core import spec as specs
from core.checker import checked
from core.errors import FlowscopeError, SpecError, unknown
from core.reports import LEFT_OUT, figures
from core.stepwise import at_once
from core.trace import open_trace
from workbench.commands import reports

if TYPE_CHECKING:
    from core.reports.points import Subject

HELP = "measure the samples of a checkpoint or a trace: distances to real data, straightness, likelihood, labels"


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
    if names == []:
        raise SpecError("--metrics", "Name at least one metric.")
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
    from core.reports.images import is_of_images

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
    from core.reports.points import known_metrics, points_report

    known = known_metrics()
    for wanted in metrics or []:
        if wanted in registry.entries("image-metric"):
            raise SpecError("metrics", f"{wanted} is of images; these are points. Known: {', '.join(known)}.")
        if wanted not in known:
            raise SpecError("metrics", unknown("metric", wanted, known))
    subject = _sampled(name, sets, n, seed) if specs.names_weights(name) else _recorded(name, sets, n, seed)
    chosen = {each: known[each] for each in metrics or known}
    return at_once(points_report(subject, chosen, strict=metrics is not None))


def _sampled(name: str, sets: list[str], n: int | None, seed: int | None) -> Subject:
    """What a checkpoint makes."""
    from core.reports.points import subject_of
    from core.run import sample
    from workbench.commands.progress import record
    from workbench.commands.sample import of_weights

    spec = of_weights(name, sets)
    spec = spec.replace(n_samples=spec.n_samples if n is None else n, seed=spec.seed if seed is None else seed)
    return subject_of(record(sample(spec), spec.title or name), spec, name)


def _recorded(name: str, sets: list[str], n: int | None, seed: int | None) -> Subject:
    """What a trace holds: its samples, or those of the last snapshot of a training."""
    if sets:
        raise SpecError("--set", "A trace is measured as it was made. Name a checkpoint to sample it otherwise.")
    from core.reports.points import subject_of

    trace = open_trace(checked(name))
    try:
        if n is not None and n > trace.spec.n_samples:
            raise SpecError("-n", f"The trace holds {trace.spec.n_samples:,} particles. Given {n:,}.")
        return subject_of(trace, trace.spec.replace(seed=trace.spec.seed if seed is None else seed), name, n)
    finally:
        trace.close()


def _table(report: dict[str, Any]) -> str:
    nfe = "NFE not recorded" if report["NFE"] is None else f"NFE {report['NFE']:,}"
    lines = [
        f"{report['title'] or report['subject']}: {report['n']:,} samples, {report['sampler']['name']}, {nfe}, "
        f"seed {report['seed']}",
        f"{'':26} {'generated':>12} {'floor':>12}",
    ]
    for row in report["metrics"].values():
        more = row.get(LEFT_OUT, row.get("unit"))
        lines.append(f"{row['title']:26} {figures(row):>12} {figures(row, 'floor'):>12}  {more}".rstrip())
    if report["n"] < report["n_samples"]:
        lines.append(f"measured: {report['n']:,} of {report['n_samples']:,} samples, for want of real points")
    return "\n".join([*lines, "floor: two real sets of the same size, or the exact field"])
