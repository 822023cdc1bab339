"""flowscope repair: make the trace of a killed writer an ordinary file."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from core.checker import checked
from core.errors import FlowscopeError
from core.trace.repair import repair
from core.words import counted

HELP = "make the trace of a killed run an ordinary file again"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("trace", type=Path, metavar="TRACE")
    parser.add_argument("-o", "--out", type=Path, metavar="FILE", help="write a copy instead of replacing the file")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    done = repair(checked(args.trace), args.out)
    if args.out is not None and not done.was:
        try:
            shutil.copyfile(args.trace, args.out)
        except OSError as error:
            raise FlowscopeError(f"{args.out} cannot be written: {error.strerror or error}.") from None
    if args.json:
        print(json.dumps({"was": done.was, "rows": done.rows}, indent=2, ensure_ascii=False))
    elif not done.was:
        print(f"{args.trace} needs no repair" + (f"; {args.out} is a copy" if args.out is not None else ""))
    else:
        rows = ", ".join(f"{name} {counted(n, 'row')}" for name, n in done.rows.items())
        print(f"repaired {args.out or args.trace}: {done.was}\nkept {rows or 'no rows'}")
    return 0
