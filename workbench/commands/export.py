"""flowscope export: films, pictures and numbers of traces."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from core.errors import SpecError
from workbench.commands.progress import ProgressLine

HELP = "make a film, a picture of one moment, or a table of numbers from traces, side by side"
_OUT = (
    "film .gif .mp4 .webp .apng, .html that replays it with a slider, or a new folder for PNG frames; "
    "picture .png .svg .pdf; numbers .csv .npz"
)


def configure(parser: argparse.ArgumentParser) -> None:
    from workbench.export.pacing import PACINGS
    from workbench.export.scenes import MORE

    parser.add_argument("traces", nargs="+", type=Path, metavar="TRACE")
    parser.add_argument("out", type=Path, metavar="OUT", help=_OUT)
    parser.add_argument("--size", default="1200x640", metavar="WxH")
    parser.add_argument("--fps", type=int, default=20, metavar="N")
    parser.add_argument("--seconds", type=float, default=5.0, metavar="S", help="of motion, before the end is held")
    parser.add_argument("--hold", type=float, default=1.0, metavar="S", help="seconds for which the end is held")
    short = {"log": "logarithmic"}
    parser.add_argument("--pacing", type=lambda name: short.get(name, name), choices=PACINGS, default="linear")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument(
        "--layout", choices=("row", "grid", "rows", "frames"), default="row",
        help="a grid has a row for each model; rows have one for each lane, of images its samples side by side; "
        "frames make a picture of each lane at six recorded times",
    )  # fmt: skip
    parser.add_argument(
        "--over", choices=("sampling", "training"), default="sampling", help="what time a film goes over"
    )
    parser.add_argument("--field", choices=("velocity", "score", "noise"), default="velocity", help="what arrows show")
    parser.add_argument(
        "--hide", action="append", default=[], choices=("particles", "trails", "field", "real"), help="leave out a mark"
    )
    parser.add_argument("--show", action="append", default=[], choices=MORE, help="show a mark that is not usual")
    parser.add_argument(
        "--at", "--t", type=float, metavar="T", help="the moment of a picture or of numbers, of samples over training"
    )
    parser.add_argument("--title", default="", help="above the lanes")
    parser.add_argument(
        "--caption", action="append", default=[], metavar="WORDS", help="instead of a lane's title, one for each trace"
    )
    parser.add_argument("--bare", action="store_true", help="leave out headers and feet")
    parser.add_argument("--no-real", action="store_true", help="leave out the lane of real data")


def run(args: argparse.Namespace) -> int:
    size = re.fullmatch(r"(\d+)x(\d+)", args.size)
    if size is None:
        raise SpecError("--size", f"Size must be WxH, such as 1200x640. Given {args.size}.")
    from workbench import headless
    from workbench.export.job import Order, make

    order = Order(
        traces=[str(trace) for trace in args.traces], out=str(args.out), title=args.title, width=int(size[1]),
        height=int(size[2]), fps=args.fps, seconds=args.seconds, hold=args.hold, pacing=args.pacing, theme=args.theme,
        layout=args.layout, over=args.over, field_kind=args.field, hidden=args.hide, more=args.show, at=args.at,
        captions=tuple(args.caption), words=not args.bare, real=not args.no_real,
    )  # fmt: skip
    headless.application()
    line = ProgressLine("frames")
    try:
        made = make(order, line.update, lambda words: print(words, file=sys.stderr))
    finally:
        line.close()
    print(made)
    return 0
