"""flowscope train: train a spec's network, with a checkpoint and a trace."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

from core import presets
from core import spec as specs
from core.checker import checked
from core.checkpoint import locate, steps_of
from core.errors import SpecError, TraceError
from core.events import Event, Tick
from core.trace import Trace, open_trace
from core.trace.prolong import prolonged
from workbench import folders
from workbench.commands import outputs
from workbench.commands.progress import record
from workbench.commands.tracking import Tracker

SPEC, TRACE = "spec.toml", folders.RECORD

HELP = "train a network and keep its checkpoint and trace"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("spec", metavar="SPEC", help="a preset's name or a TOML file")
    parser.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", help="such as training.n_steps=2000"
    )
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="folder for checkpoint and trace")
    parser.add_argument("--mlflow", metavar="EXPERIMENT", help="log parameters, metrics and files to MLflow")
    parser.add_argument("--overwrite", action="store_true", help="begin anew where the folder holds a training")
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--resume", action="store_true", help="go on from the checkpoint in the folder")
    start.add_argument(
        "--init-from", metavar="CHECKPOINT", help="start from the averaged weights of a checkpoint or of shipped:NAME"
    )


def run(args: argparse.Namespace) -> int:
    sets = [*args.set, *([f"training.init_from={json.dumps(args.init_from)}"] if args.init_from else [])]
    outputs.check_folder(args.out)
    spec = presets.load_one(args.spec, sets).replace(action="train")
    if spec.training.init_from:
        checked(locate(spec.training.init_from), "checkpoint")
    # torch is imported only once the spec has been read
    from trainers.checkpoint import FILE_NAME
    from trainers.loop import train
    from trainers.training.keeper import BEST

    kept = args.out / FILE_NAME
    done = steps_of(kept) if kept.is_file() else None
    if args.resume and done is None:
        raise SpecError("--resume", f"{args.out} holds no {FILE_NAME} to go on from. Leave it out to begin anew.")
    if args.resume and done is not None and done >= spec.training.n_steps:
        print(f"{args.out} has its {done:,} steps already; ask for more with --set training.n_steps={2 * done}")
        return 0
    if done is not None and not (args.resume or args.overwrite):
        raise SpecError(
            "-o", f"{args.out} holds a training of {done:,} steps. Go on with --resume, name another folder, or begin "
            "anew with --overwrite."
        )  # fmt: skip
    if os.environ.get("RANK", "0") != "0":  # another process of torchrun: the first one keeps and tells
        for _ in train(spec, args.out, resume=args.resume):
            pass
        return 0
    title = spec.title or args.spec
    events = train(spec, args.out, resume=args.resume)
    if done is not None and args.resume:
        events = _with_the_rows_before(events, args.out / TRACE, done)
    with ExitStack() as stack:
        tracker = stack.enter_context(Tracker(args.mlflow, title)) if args.mlflow else None
        trace = record(events, title, args.out / TRACE, () if tracker is None else (tracker,))
        (args.out / SPEC).write_text(specs.to_toml(trace.spec), encoding="utf-8")
        if tracker is not None:
            tracker.keep(*(args.out / name for name in (FILE_NAME, BEST, SPEC, TRACE)))
    _tell(trace)
    print(f"checkpoint {args.out / FILE_NAME}")
    print(f"trace {args.out / TRACE}")
    return 0


def _with_the_rows_before(events: Generator[Event | Tick], file: Path, step: int) -> Generator[Event | Tick]:
    """What a resumed run yields, and what its trace holds of the steps before."""
    if not file.is_file():
        return events
    try:
        before = open_trace(checked(file))
    except TraceError as error:
        raise SpecError("--resume", f"{error} Move it elsewhere to go on without the steps before.") from None
    return prolonged(events, before, step)


def _tell(trace: Trace) -> None:
    """What came of it, in a line or two."""
    loss = trace["loss"]
    mean = f", loss {loss[-min(len(loss), 200) :].mean():.4f}" if len(loss) else ""
    print(f"{trace.status} after {len(loss):,} steps{mean}")
    for name, words in (
        ("validation/loss", "loss of held-out data"),
        ("metric/velocity_error", "velocity error against exact"),
        ("metric/jump_error", "jump error against the exact flow"),
    ):
        if name in trace and len(trace[name]):
            print(f"{words} {trace[name][-1]:.4f}" if "loss" in name else f"{words} {trace[name][-1]:.3f}")
