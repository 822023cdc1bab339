"""flowscope convert: make a checkpoint of weights that another program saved with torch.save."""

from __future__ import annotations

import argparse
from pathlib import Path

from core import presets
from core.errors import SpecError
from workbench.commands import outputs

HELP = "make a checkpoint of a .pt or .pth file from elsewhere, read as numbers alone"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="what torch.save wrote: a network's state_dict()")
    parser.add_argument(
        "spec", metavar="SPEC", help="a preset or TOML file with the data, path, objective and network of the weights"
    )
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="such as network=concat-mlp")
    parser.add_argument("--key", default="", metavar="NAME", help="where in the file the parameters are, with dots")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="CHECKPOINT", help="a .safetensors file")


def run(args: argparse.Namespace) -> int:
    if args.out.suffix != ".safetensors":
        raise SpecError("-o", f"A checkpoint ends in .safetensors. Given {args.out}.")
    outputs.check_checkpoint(args.out)
    spec = presets.load_one(args.spec, args.set)
    from trainers.foreign import convert, read_parameters

    n = convert(read_parameters(args.file, args.key), spec, args.out)
    print(f"checkpoint {args.out}, {n:,} parameters")
    print(
        "It is read in Flowscope's conventions: t from 0, noise, to 1, data; check it with "
        f"“evaluate {args.out}” before you trust it."
    )
    return 0
