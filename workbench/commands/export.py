"""flowscope export: films, pictures and numbers of traces."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from core.errors import SpecError
from workbench.commands.progress import ProgressLine
from workbench.export.formats import FILMS, PICTURES, PIXELS, SCALES, TABLES

HELP = "make a film, a picture of one moment, or a table of numbers from traces, side by side"
_OUT = (
    "film .gif .mp4 .webp .apng, .html that replays it with a slider, or a new folder for PNG frames; "
    "picture .png .svg .pdf; numbers .csv .npz"
)
_MOVING = ("fps", "seconds", "hold", "pacing")
_DRAWN = (
    "size", "scale", "theme", "layout", "over", "field", "hide", "show", "title", "caption", "bare", "no_real",
)  # fmt: skip
"""Options of what moves, and of all that is drawn."""


def configure(parser: argparse.ArgumentParser) -> None:
    from workbench.export.pacing import PACINGS
    from workbench.export.scenes import MORE

    parser.add_argument("traces", nargs="+", type=Path, metavar="TRACE")
    parser.add_argument("out", type=Path, metavar="OUT", help=_OUT)
    # what is not given is left to the order, and None tells that it was not
    parser.add_argument("--size", metavar="WxH", help="such as 1200x640, which it is without")
    parser.add_argument(
        "--scale", type=int, choices=SCALES,
        help="pixels for one of the size (1): 2 makes 1920x1080 fill a screen of 3840x2160, with type as large",
    )  # fmt: skip
    parser.add_argument("--fps", type=int, metavar="N", help="frames a second (20)")
    parser.add_argument("--seconds", type=float, metavar="S", help="of motion, before the end is held (5)")
    parser.add_argument("--hold", type=float, metavar="S", help="seconds for which the end is held (1)")
    short = {"log": "logarithmic"}
    parser.add_argument("--pacing", type=lambda name: short.get(name, name), choices=PACINGS)
    parser.add_argument("--theme", choices=("dark", "light"))
    parser.add_argument(
        "--layout", choices=("row", "grid", "rows", "frames"),
        help="a grid has a row for each model; rows have one for each lane, of images its samples side by side; "
        "frames make a picture of each lane at six recorded times",
    )  # fmt: skip
    parser.add_argument("--over", choices=("sampling", "training"), help="what time a film goes over")
    parser.add_argument("--field", choices=("velocity", "score", "noise"), help="what arrows show")
    parser.add_argument(
        "--hide", action="append", choices=("particles", "trails", "field", "real"), help="leave out a mark"
    )
    parser.add_argument("--show", action="append", choices=MORE, help="show a mark that is not usual")
    parser.add_argument(
        "--at", "--t", type=float, metavar="T", help="the moment of a picture or of numbers, of samples over training"
    )
    parser.add_argument("--title", help="above the lanes")
    parser.add_argument(
        "--caption", action="append", metavar="WORDS", help="instead of a lane's title, one for each trace"
    )
    parser.add_argument("--bare", action="store_true", help="leave out headers and feet")
    parser.add_argument("--no-real", action="store_true", help="leave out the lane of real data")
    parser.add_argument("--overwrite", action="store_true", help="replace numbers (.csv .npz) that are there")


def run(args: argparse.Namespace) -> int:
    size = re.fullmatch(r"(\d+)x(\d+)", args.size or "1200x640")
    if size is None:
        raise SpecError("--size", f"Size must be WxH, such as 1200x640. Given {args.size}.")
    _check_options(args)
    _check_place(args)
    from workbench import headless
    from workbench.export.job import Order, make

    wishes = {
        "title": args.title, "scale": args.scale, "fps": args.fps, "seconds": args.seconds, "hold": args.hold,
        "pacing": args.pacing, "theme": args.theme, "layout": args.layout, "over": args.over,
        "field_kind": args.field, "hidden": args.hide, "more": args.show, "at": args.at, "captions": args.caption,
    }  # fmt: skip
    order = Order(
        traces=[str(trace) for trace in args.traces], out=str(args.out), width=int(size[1]), height=int(size[2]),
        words=not args.bare, real=not args.no_real, strict=True,
        **{name: wish for name, wish in wishes.items() if wish is not None},
    )  # fmt: skip
    headless.application()
    line = ProgressLine("frames")
    try:
        made = make(order, line.update, lambda words: print(words, file=sys.stderr))
    finally:
        line.close()
    print(made)
    return 0


def _check_options(args: argparse.Namespace) -> None:
    """Hold the options that were given to the kind of file that is made.

    Raises:
        SpecError: one says nothing of that kind.
    """
    suffix = args.out.suffix.lower()
    if suffix in TABLES:
        _refuse(args, _DRAWN, "for films and pictures", f"{args.out.name} holds numbers")
        _refuse(args, _MOVING, "for films", f"{args.out.name} holds numbers")
    elif suffix in PICTURES:
        _refuse(args, _MOVING, "for films", f"{args.out.name} is a picture")
        if suffix not in PIXELS:
            _refuse(args, ("scale",), "for pixels", f"{args.out.name} holds shapes, which are sharp at any size")
    elif suffix in FILMS and args.over != "training":
        _refuse(args, ("at",), "for pictures, numbers and films over training", f"{args.out.name} is over sampling")


def _refuse(args: argparse.Namespace, names: tuple[str, ...], use: str, made: str) -> None:
    values = {name: getattr(args, name) for name in names}
    given = [
        f"--{name.replace('_', '-')}" for name, value in values.items() if value is not None and value is not False
    ]
    if given:
        verb = "are" if len(given) > 1 else "is"
        raise SpecError("", f"{' and '.join(filter(None, (', '.join(given[:-1]), given[-1])))} {verb} {use}; {made}.")


def _check_place(args: argparse.Namespace) -> None:
    """Numbers of somebody else look like ours: none are replaced unasked."""
    if args.out.suffix.lower() in TABLES and not args.overwrite and args.out.is_file() and args.out.stat().st_size:
        raise SpecError("OUT", f"{args.out} is there. Choose another name, or replace it with --overwrite.")
