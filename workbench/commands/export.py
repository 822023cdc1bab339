"""flowscope export: a film or a picture of traces."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from core.errors import SpecError
from workbench.commands.progress import ProgressLine

HELP = "make a GIF of traces, side by side, or a PNG of one moment"


def configure(parser: argparse.ArgumentParser) -> None:
    from workbench.export.pacing import PACINGS

    parser.add_argument("traces", nargs="+", type=Path, metavar="TRACE")
    parser.add_argument("out", type=Path, metavar="OUT", help="a .gif, or a .png of one moment")
    parser.add_argument("--size", default="1200x640", metavar="WxH")
    parser.add_argument("--fps", type=int, default=20, metavar="N")
    parser.add_argument("--seconds", type=float, default=5.0, metavar="S", help="of motion, before the end is held")
    parser.add_argument("--pacing", choices=PACINGS, default="linear")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--field", choices=("velocity", "score", "noise"), default="velocity", help="what arrows show")
    parser.add_argument("--t", type=float, default=1.0, help="the moment of a PNG")
    parser.add_argument("--title", default="")
    parser.add_argument("--no-real", action="store_true", help="leave out the lane of real data")


def run(args: argparse.Namespace) -> int:
    size = re.fullmatch(r"(\d+)x(\d+)", args.size)
    if size is None:
        raise SpecError("--size", f"Size must be WxH, such as 1200x640. Given {args.size}.")
    if not 0.0 <= args.t <= 1.0:
        raise SpecError("--t", f"Time must be 0 to 1. Given {args.t:g}.")
    if args.out.suffix not in (".gif", ".png"):
        raise SpecError("OUT", f"The name must end in .gif or .png. Given {args.out.name}.")
    from workbench import headless
    from workbench.export.job import Order, film_of, make
    from workbench.export.pictures import save_picture

    headless.application()
    order = Order(
        [str(trace) for trace in args.traces], str(args.out), args.title, int(size[1]), int(size[2]), args.fps,
        args.seconds, args.pacing, args.theme, not args.no_real, args.field,
    )  # fmt: skip
    if args.out.suffix == ".png":
        save_picture(film_of(order).frame(args.t), args.out)
        print(f"picture {args.out}")
    else:
        line = ProgressLine("frames")
        frames = make(order, line.update)
        line.close()
        print(f"film {args.out}, {frames} frames")
    return 0
