"""What the shipped image networks make: distances to real images by sampler, evaluations, guidance and clipping.

Every row is the first N particles of one seed, nothing selected, held against the same real images. The last rows are
what the figures of a second real set are, and of that set made worse in known ways. A table of thousands of photographs
takes hours: the report keeps each row as soon as it is measured, and the same command goes on from there.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple

from core import presets
from core import spec as specs
from core.errors import SpecError, unknown
from core.spec import SHIPPED, Part, RunSpec

HELP = "sample the shipped image networks and print distances to real images, by sampler, evaluations and guidance"
_N = 5000
_TITLES = {"frechet": "Fréchet distance", "kernel": "kernel distance", "label-agreement": "label agreement"}
_METRICS = tuple(_TITLES)
_FORMATS = {"frechet": "{:.3f}", "kernel": "{:.4f}", "label-agreement": "{:.1%}"}
_ONE_STEP = (1, 2, 4, 10)


class Row(NamedTuple):
    """Runs of a preset with its shipped weights: settings beside its own, evaluations and guidance scales to sweep."""

    preset: str
    nfes: tuple[int, ...]
    guidances: tuple[float, ...] = (1.0,)
    sets: tuple[str, ...] = ()


_CLIP = ("clipping=clip", "clipping.limit=1.0")
"""To the range of pixels: the usual limit is that of points."""
_ANCESTRAL = ('sampler="ddpm"',)
ROWS = {
    "mnist": (
        Row("mnist-flow", (50,), (1.0, 1.5)),
        Row("mnist-flow", (50,), sets=_ANCESTRAL),
        Row("mnist-flow", (100,), (1.5,), (*_ANCESTRAL, 'guidance="cfg"', "guidance.start=0.3")),
        Row("mnist-flow", _ONE_STEP),
        Row("mnist-mean-flow", _ONE_STEP),
        *(
            Row("mnist-diffusion", (50,), sets=(f'sampler="{sampler}"', *clipping))
            for sampler in ("ddim", "ddpm", "dpmpp-2m")
            for clipping in ((), _CLIP)
        ),
        Row("mnist-base-unet", (50,)),
        Row("mnist-residual-unet", (50,)),
    ),
    "cifar10": (
        Row("cifar10-flow", (10, 25, 50), (1.0, 1.5, 2.0)),
        Row("cifar10-diffusion", (10, 25, 50), (1.0, 1.5, 2.0)),
    ),
}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", metavar="DATA", help=f"whose networks: {' or '.join(ROWS)}")
    parser.add_argument("-n", type=int, default=_N, metavar="N", help=f"images of each set ({_N:,})")
    parser.add_argument("--seed", type=int, default=RunSpec().seed, metavar="S", help="of the noise")
    parser.add_argument("--only", metavar="PRESET,...", help="rows of these presets alone")
    parser.add_argument("--half", action="store_true", help="compute the networks' products in bfloat16")
    parser.add_argument("-o", "--out", type=Path, metavar="REPORT.json", help="keep it, and go on from its rows")


def measure(args: argparse.Namespace) -> dict[str, Any]:
    if args.data not in ROWS:
        raise SpecError("DATA", unknown("data set with shipped networks", args.data, ROWS))
    if args.n < 2:
        raise SpecError("-n", f"Images must be at least 2. Given {args.n}.")
    wanted = None if args.only is None else args.only.split(",")
    rows = [row for row in ROWS[args.data] if wanted is None or row.preset in wanted]
    if not rows:
        there = ", ".join(dict.fromkeys(row.preset for row in ROWS[args.data]))
        raise SpecError("--only", f"There are rows of {there}. Given {args.only}.")

    from core.images.dataset import ImageDataset
    from core.images.judge import Judge
    from core.reports.images import features_for, metrics_named
    from core.setup import resolve
    from workbench.commands.evaluations.images import Looking
    from workbench.commands.evaluations.subjects import sampled, swept, weights_said

    runs = [(row.preset, run) for row in rows for run in swept(_spec(row, args), row.nfes, row.guidances)]
    setup = resolve(runs[0][1])
    dataset, labels, line = setup.dataset, setup.labels(args.n), Looking()
    assert isinstance(dataset, ImageDataset)  # the rows are of images
    judge = Judge(dataset, features_for(dataset), args.n, labels, setup.device, line.update)
    metrics = metrics_named(_METRICS)
    report: dict[str, Any] = {"data": dataset.title, "n": args.n, "seed": args.seed} | judge.said()
    report |= {"trained": {row.preset: _trained(row.preset) for row in rows}, "rows": []}
    before = [] if args.out is None else _measured_before(args.out, report)
    report |= {"floor": judge.floor(metrics), "rungs": judge.rungs(metrics)}
    for i, (preset, run) in enumerate(runs):
        what = {"preset": preset, "spec": json.loads(specs.to_json(run)), "weights": weights_said(run)}
        row = next((row for row in before if what.items() <= row.items()), None)
        if row is None:
            found = sampled(run, f"{preset}, run {i + 1} of {len(runs)}")
            measured = judge.measure(judge.seen(found.images, found.labels), metrics)
            row = what | found.said | {"metrics": measured}
        report["rows"].append(row)
        if args.out is not None:
            later = [old for old in before if old not in report["rows"]]  # not yet reached again
            _keep(args.out, report | {"rows": report["rows"] + later})
    line.close()
    return report


def _measured_before(out: Path, report: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a report that an earlier call left there, of the same images in the same features.

    Raises:
        SpecError: the file is something else, or of other images: it would be lost.
    """
    try:
        old = json.loads(out.read_text(encoding="utf-8"))
        rows: list[dict[str, Any]] = old["rows"]
        alike = all(old[name] == report[name] for name in ("data", "n", "seed", "reference", "features"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError):
        raise SpecError("-o", f"{out} is not a report of this command. Name another file.") from None
    if not alike:
        raise SpecError("-o", f"{out} is a report of other images or features. Name another file.")
    return rows


def _keep(out: Path, report: dict[str, Any]) -> None:
    """Whole or not at all: a run that is stopped while it writes leaves the report before."""
    beside = out.with_name(f"{out.name}.part")
    beside.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    beside.replace(out)


def _spec(row: Row, args: argparse.Namespace) -> RunSpec:
    weights = presets.shipped_weights(row.preset)
    assert weights is not None  # a test holds the rows to what ships
    spec = presets.load_one(row.preset, list(row.sets))
    field = Part("network", {"weights": weights} | ({"autocast": True} if args.half else {}))
    return spec.replace(action="sample", field=field, n_samples=args.n, seed=args.seed)


def _trained(preset: str) -> dict[str, int]:
    """What went into the shipped weights of a preset, the runs that they went on from with it."""
    from core.checkpoint import history_of, locate
    from core.weights import parameters_of

    file = locate(f"{SHIPPED}{preset}")
    runs = history_of(file)
    return {
        "parameters": parameters_of(file),
        "steps": sum(steps for _, steps in runs),
        "images": sum(steps * spec.training.batch_size * spec.training.accumulation for spec, steps in runs),
    }


def table(report: dict[str, Any]) -> str:
    """As a table in Markdown."""
    names = [name for name in _METRICS if "left out" not in report["floor"][name]]
    lines = [
        f"{report['n']:,} images of each set beside {report['data']}, {report['reference']['from']}; seed "
        f"{report['seed']}, features of {report['features']['title']}",
        "",
        "| network | sampler | NFE | guidance | " + " | ".join(_TITLES[name] for name in names) + " |",
        "|---|---|---|---|" + "---|" * len(names),
    ]
    for row in report["rows"]:
        clipping = "" if row["clipping"]["name"] == "none" else ", clipped"
        head = f"{row['preset']} | {row['title']}{clipping} | {row['NFE']} | {_guidance(row)}"
        lines.append(f"| {head} | {_cells(row['metrics'], names)} |")
    for title, rung in ({"real": report["floor"]} | report["rungs"]).items():
        lines.append(f"| {title} | | | | {_cells(rung, names)} |")
    lines.append("")
    for preset, trained in report["trained"].items():
        lines.append(
            f"{preset}: {trained['parameters']:,} parameters, {trained['steps']:,} steps, {trained['images']:,} images"
        )
    return "\n".join(lines)


def _guidance(row: dict[str, Any]) -> str:
    """Its scale, and where it begins if that is not at once."""
    start = row["spec"]["guidance"].get("start", 0.0)
    return f"{row['guidance scale']:g}" + (f", from t = {start:g}" if start else "")


def _cells(metrics: dict[str, Any], names: list[str]) -> str:
    return " | ".join(_FORMATS[name].format(metrics[name]["value"]) for name in names)
