"""flowscope train: train a spec's network, with a checkpoint and a trace."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from core import presets
from core import spec as specs
from workbench.commands.progress import record

HELP = "train a network and keep its checkpoint and trace"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("spec", metavar="SPEC", help="a preset's name or a TOML file")
    parser.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", help="such as training.n_steps=2000"
    )
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="folder for checkpoint and trace")
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--resume", action="store_true", help="go on from the checkpoint in the folder")
    start.add_argument(
        "--init-from", metavar="CHECKPOINT", help="start from the averaged weights of a checkpoint or of shipped:NAME"
    )


def run(args: argparse.Namespace) -> int:
    sets = [*args.set, *([f"training.init_from={json.dumps(args.init_from)}"] if args.init_from else [])]
    spec = presets.load_one(args.spec, sets).replace(action="train")
    # torch is imported only once the spec has been read
    from trainers.checkpoint import FILE_NAME
    from trainers.loop import train

    if os.environ.get("RANK", "0") != "0":  # another process of torchrun: the first one keeps and tells
        for _ in train(spec, args.out, resume=args.resume):
            pass
        return 0
    trace = record(train(spec, args.out, resume=args.resume), spec.title or args.spec, args.out / "train.h5")
    (args.out / "spec.toml").write_text(specs.to_toml(trace.spec), encoding="utf-8")
    loss = trace["loss"]
    mean = f", loss {loss[-min(len(loss), 200) :].mean():.4f}" if len(loss) else ""
    print(f"{trace.status} after {len(loss):,} steps{mean}")
    if "metric/velocity_error" in trace and len(trace["metric/velocity_error"]):
        print(f"velocity error against exact {trace['metric/velocity_error'][-1]:.3f}")
    print(f"checkpoint {args.out / FILE_NAME}")
    print(f"trace {args.out / 'train.h5'}")
    return 0
