"""flowscope demo: train, sample, draw and compare in one go, without a display."""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from core import presets
from core import spec as specs
from core.errors import SpecError
from core.spec import Part, RunSpec
from core.trace import Trace, open_trace
from core.words import counted
from workbench import folders
from workbench.commands import outputs, reports
from workbench.commands.progress import record

HELP = "train and compare methods on 2D data or images: pictures, films, traces and a report"
METHODS = {"diffusion": ("diffusion",), "flow-matching": ("flow",), "comparison": ("diffusion", "flow")}
_POINTS = 5000
_PARTICLES, _IMAGES = 1000, 16
_START_FOLDER = Path("flowscope-comparison")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=METHODS, help="which methods")
    parser.add_argument("--n-epochs", type=int, default=200, metavar="N", help="epochs over 5,000 points (200)")
    parser.add_argument("--batch-size", type=int, default=128, metavar="N", help="points in a step (128)")
    parser.add_argument("--n-samples", type=int, metavar="N", help="samples (1000, or 16 images)")
    parser.add_argument("--preset", default="three-gaussians", metavar="NAME", help="a preset of two methods")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="such as network=concat-mlp")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="folder for everything")


def run(args: argparse.Namespace) -> int:
    outputs.check_folder(args.out)
    if args.n_epochs < 1:
        raise SpecError("--n-epochs", f"Epochs must be at least 1. Given {args.n_epochs}.")
    if args.batch_size < 1:
        raise SpecError("--batch-size", f"Batch must be at least 1. Given {args.batch_size}.")
    n_steps = args.n_epochs * math.ceil(_POINTS / args.batch_size)
    names = [f"{args.preset}-{method}" for method in METHODS[args.what]]
    n_samples = args.n_samples
    if n_samples is None:
        n_samples = _IMAGES if _of_images(presets.load_one(names[0])) else _PARTICLES
    sets = [
        f"n_samples={n_samples}", f"training.n_steps={n_steps}", f"training.batch_size={args.batch_size}",
        f"training.n_points={_POINTS}", *args.set,
    ]  # fmt: skip
    began = time.monotonic()
    wanted = [_checked(presets.load_one(name, sets)) for name in names]  # a mistake is told before anything starts
    lanes = _in_parallel(_train_and_sample, [(spec, name, args.out) for spec, name in zip(wanted, names, strict=True)])
    report: dict[str, Any] = {"seconds": 0.0, "methods": lanes}
    report |= _draw([args.out / lane["trace"] for lane in lanes], args.out)
    report["seconds"] = round(time.monotonic() - began, 1)
    files = [args.out / name for name in reports.IN_FOLDER]
    reports.tell(f"demo {args.what}", report, _table(report), as_json=False, files=files)
    traces = counted(len(lanes), "trace")
    print(f"{len(report['files'])} pictures and films, {traces}, {' and '.join(reports.IN_FOLDER)} in {args.out}")
    return 0


def _checked(spec: RunSpec) -> RunSpec:
    """The spec, of which every part can be made and goes with the others."""
    from core.setup import resolve

    resolve(spec.replace(action="train"))
    return spec


def _of_images(spec: RunSpec) -> bool:
    from core.parts.making import make

    return len(make("data", spec.data).shape) > 1


def _in_parallel(work: Callable[..., Any], calls: list[tuple[Any, ...]]) -> list[Any]:
    """Each call in a process of its own, one thread each: on two cores that is the fastest way to use both."""
    if len(calls) == 1 or (os.cpu_count() or 1) < 2:
        return [work(*call) for call in calls]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(calls), context) as pool:
        return [future.result() for future in [pool.submit(work, *call) for call in calls]]


def start_comparison() -> int:
    """What a machine without a display gets: the shipped comparison as traces and a film."""
    from core.run import sample

    print("No display found: making the comparison headless")
    traces = []
    for name in presets.describe("swiss-roll").lanes:
        weights = presets.shipped_weights(name)
        spec = presets.load_one(name).replace(action="sample", field=Part("network", {"weights": weights}))
        file = _START_FOLDER / f"{name}.h5"
        record(sample(spec), name, file)
        traces.append(file)
        print(f"trace {file}")
    film = _film(traces, presets.describe("swiss-roll").title)
    from workbench.export.encode import write_film

    frames = write_film(film, _START_FOLDER / "comparison.gif")
    print(f"film {_START_FOLDER / 'comparison.gif'}, {frames} frames")
    return 0


def _train_and_sample(spec: RunSpec, name: str, out: Path) -> dict[str, Any]:
    from core.run import sample
    from trainers.checkpoint import FILE_NAME
    from trainers.loop import train

    folder = out / name
    began = time.monotonic()
    trained = record(train(spec.replace(action="train"), folder), f"training {name}", folder / folders.RECORD)
    seconds = time.monotonic() - began
    (folder / "spec.toml").write_text(specs.to_toml(spec), encoding="utf-8")
    learned = spec.replace(action="sample", field=Part("network", {"weights": str(folder / FILE_NAME)}))
    sampled = record(sample(learned), f"sampling {name}", out / f"{name}.h5")
    return {
        "name": name,
        "title": sampled.meta["method_title"],
        "trace": f"{name}.h5",
        "parameters": int(trained.meta["parameters"]),
        "steps": len(trained["loss"]),
        "train_seconds": round(seconds, 1),
        "loss": _final_loss(trained),
        "velocity_error": _velocity_error(trained),
        "nfe": int(sampled["x"].column("nfe")[-1]),
    }


def _velocity_error(trained: Trace) -> float | None:
    """Against the exact field; images have none."""
    stream = trained.streams.get("metric/velocity_error")
    return None if stream is None else round(float(stream[-1]), 4)


def _final_loss(trace: Trace) -> float:
    return round(float(trace["loss"][-min(500, len(trace["loss"])) :].mean()), 4)


def _film(files: Sequence[Path], title: str) -> Any:
    from workbench import headless
    from workbench.export.film import Film, Sampling
    from workbench.export.scenes import lanes
    from workbench.views.theme import DARK

    headless.application()
    traces = [open_trace(file) for file in files]
    scenes = lanes(traces, DARK)
    for trace in traces:
        trace.close()
    return Film(Sampling([scenes]), DARK, title, size=(400 * len(scenes), 560))


def _draw(files: Sequence[Path], out: Path) -> dict[str, Any]:
    """All pictures and films of the traces, and what a frame costs."""
    from workbench import headless
    from workbench.export import peer
    from workbench.export.encode import write_film

    headless.application()
    calls = [(file, out) for file in files]
    made = [path for paths in _in_parallel(_draw_one, calls) for path in paths]
    film = _film(files, "One noise, two methods" if len(files) > 1 else "")
    if len(files) > 1:
        write_film(film, out / "comparison.gif")
        made.append(out / "comparison.gif")
    still = all(
        scene.pixels for row in film.reel.rows(0) for scene in row
    )  # grids of images: nothing that matplotlib would draw otherwise
    costs = {} if still else {name: round(value, 2) for name, value in peer.frame_times(film).items()}
    return {"files": [file.name for file in made], "frame_ms": costs}


def _draw_one(file: Path, out: Path) -> list[Path]:
    """The pictures and the film of one method."""
    from workbench import headless
    from workbench.export import image_pictures, pictures
    from workbench.export.encode import write_film
    from workbench.views.image.images import shows_images
    from workbench.views.theme import DARK

    headless.application()
    trace = open_trace(file)
    artist = image_pictures if shows_images(trace) else pictures
    made = [
        pictures.save_picture(getattr(artist, draw)(trace, DARK), out / f"{file.stem}-{name}.png")
        for name, draw in _PICTURES.items()
        if hasattr(artist, draw)
    ]
    title = trace.spec.title
    trace.close()
    write_film(_film([file], title), out / f"{file.stem}-generation.gif")
    return [*made, out / f"{file.stem}-generation.gif"]


_PICTURES = {
    "real-against-generated": "real_against_generated",
    "trajectories": "trajectories",
    "steps": "key_frames",
    "vector-field": "vector_field",
}


def _table(report: dict[str, Any]) -> str:
    lines = []
    for lane in report["methods"]:
        error = lane["velocity_error"]
        against = "" if error is None else f"velocity error against exact {100 * error:.1f} %, "
        lines.append(
            f"{lane['title']}: {lane['parameters']:,} parameters, {lane['steps']:,} steps in "
            f"{lane['train_seconds']} s, {against}NFE {lane['nfe']}"
        )
    costs = report["frame_ms"]
    beside = f", matplotlib {costs['matplotlib']} ms, {costs['ratio']}×" if "matplotlib" in costs else ""
    if costs:
        lines.append(f"a frame of the film: {costs['page']} ms{beside}")
    return "\n".join([*lines, f"{report['seconds']} s in all"])
