"""flowscope compare: sample several specs from one noise, side by side: traces, a film, a picture and a report."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from core import presets
from core.errors import SpecError
from core.spec import RunSpec, names_weights
from core.trace import Trace, open_trace
from core.words import counted
from workbench.commands import outputs, reports
from workbench.commands.progress import ProgressLine, record, told
from workbench.commands.sample import spec_of

HELP = "sample presets, TOML files or checkpoints from one noise, side by side: traces, a film, a picture, a report"
_MOST = 6
_WIDTH, _HEIGHT, _IMAGE_HEIGHT = 400, 560, 400
_METRICS = ("sliced-w2", "straightness")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "specs",
        nargs="+",
        metavar="SPEC|CHECKPOINT",
        help="as `sample` takes them; of several, a preset or a file is all of its",
    )
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="in every one")
    parser.add_argument("-n", type=int, metavar="N", help="samples of each; without, as many as the first has")
    parser.add_argument("--seed", type=int, metavar="S", help="of the noise; without, that of the first")
    reports.add_json(parser)
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="folder for everything")


def run(args: argparse.Namespace) -> int:
    outputs.check_folder(args.out)
    specs = _one_noise(_specs(args.specs, args.set), args)  # a mistake is told before anything starts
    files = [args.out / f"{name}.h5" for name in specs]
    lanes = [_sampled(spec, file) for spec, file in zip(specs.values(), files, strict=True)]
    report = {"seed": lanes[0]["seed"], "n": lanes[0]["n"], "lanes": lanes, "files": _drawn(files, lanes, args.out)}
    title, table = f"compare {' '.join(args.specs)}", _table(report)
    reports.tell(title, report, table, as_json=args.json, files=[args.out / name for name in reports.IN_FOLDER])
    if not args.json:
        print(f"{counted(len(lanes), 'trace')}, {', '.join((*report['files'], *reports.IN_FOLDER))} in {args.out}")
    return 0


def _specs(names: list[str], sets: list[str]) -> dict[str, RunSpec]:
    """Every run by the name of its trace.

    Raises:
        SpecError: a name or a setting is wrong, or there are fewer than two runs or more than fit side by side.
    """
    out: dict[str, RunSpec] = {}
    for name in names:
        lanes = [name] if names_weights(name) else presets.describe(name).lanes
        for lane in lanes:
            stem = Path(lane.replace(":", "-")).stem
            while stem in out:
                stem += "-again"
            out[stem] = spec_of(lane, sets)
    if not 2 <= len(out) <= _MOST:
        raise SpecError("", f"Two to {_MOST} runs can be compared. Given {len(out)}.")
    return out


def _one_noise(specs: dict[str, RunSpec], args: argparse.Namespace) -> dict[str, RunSpec]:
    from core.setup import resolve

    first = next(iter(specs.values()))
    seed = first.seed if args.seed is None else args.seed
    n = first.n_samples if args.n is None else args.n
    same = {name: spec.replace(action="sample", seed=seed, n_samples=n) for name, spec in specs.items()}
    shapes = {len(resolve(spec).shape) for spec in same.values()}
    if len(shapes) > 1:
        raise SpecError("", "Images and points do not fit into one picture. Compare runs of one kind.")
    return same


def _sampled(spec: RunSpec, file: Path) -> dict[str, Any]:
    from core.run import sample

    began = time.monotonic()
    trace = record(sample(spec), file.stem, file)
    told(trace, f"{file.stem}: ")
    seconds = time.monotonic() - began
    return {
        "name": file.stem,
        "title": spec.title or trace.meta["method_title"],
        "data": trace.meta["data_title"],
        "sampler": {"name": spec.sampler.name, **spec.sampler.params},
        "seed": spec.seed,
        "n": spec.n_samples,
        "NFE": int(trace["x"].column("nfe")[-1]),
        "seconds": round(seconds, 2),
        "metrics": _measured(trace),
        "trace": file.name,
    }


def _measured(trace: Trace) -> dict[str, float]:
    """How near samples come to held-out points, and how straight their ways are; images want `evaluate`.

    Nothing where samples are lost: they have no place, and JSON no way to write that.
    """
    if len(trace["x"].declared.row_shape) != 2:
        return {}
    import torch

    from core.parts.making import make
    from core.spec import Part

    x, t = torch.from_numpy(trace["x"][:]), torch.from_numpy(trace["x"].column("t"))
    if not x.isfinite().all():
        return {}
    real = torch.from_numpy(trace["x"].static["data"])
    out = {}
    for name in _METRICS:
        metric = make("metric", Part(name))
        value = metric.measure(x, t) if metric.reads == "paths" else metric.measure(x[-1], real)
        out[name] = float(f"{value:.4g}")
    return out


def _drawn(files: list[Path], lanes: list[dict[str, Any]], out: Path) -> list[str]:
    from workbench import headless
    from workbench.export.job import Order, make
    from workbench.views.image.images import shows_images

    headless.application()
    traces, line = [str(file) for file in files], ProgressLine("frames")
    # a lane says its method and sampler; what it is of only where that is not the same in all
    captions = tuple(lane["title"] for lane in lanes) if len({lane["data"] for lane in lanes}) > 1 else ()
    first = open_trace(files[0])
    width, height = _WIDTH * len(files), _IMAGE_HEIGHT if shows_images(first) else _HEIGHT
    first.close()
    made = []
    for name in ("comparison.gif", "comparison.png"):
        order = Order(traces=traces, out=str(out / name), real=False, width=width, height=height, captions=captions)
        make(order, line.update)
        made.append(name)
    line.close()
    return made


def _table(report: dict[str, Any]) -> str:
    names = [name for name in _METRICS if any(name in lane["metrics"] for lane in report["lanes"])]
    lines = [
        f"{counted(report['n'], 'sample')} of one noise, seed {report['seed']}",
        f"{'':28} {'sampler':16} {'NFE':>5} {'seconds':>8}" + "".join(f"{name:>14}" for name in names),
    ]
    for lane in report["lanes"]:
        sampler = f"{lane['sampler']['name']} {lane['sampler'].get('n_steps', '')}"
        values = "".join(f"{lane['metrics'][name]:14.4g}" if lane["metrics"] else f"{'–':>14}" for name in names)
        lines.append(f"{lane['name']:28} {sampler:16} {lane['NFE']:5} {lane['seconds']:8.2f}{values}")
    return "\n".join(lines)
