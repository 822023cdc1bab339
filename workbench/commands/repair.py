"""flowscope repair: make the trace of a killed writer an ordinary file."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from core.checker import checked
from core.errors import SpecError
from core.trace.repair import repair
from core.words import counted
from workbench.commands import outputs
from workbench.export.whole import whole

HELP = "make the trace of a killed run an ordinary file again"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("trace", type=Path, metavar="TRACE")
    parser.add_argument("-o", "--out", type=Path, metavar="FILE", help="write a copy instead of replacing the file")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    if args.out is not None:
        outputs.check_trace(args.out)
        if args.out.resolve() == args.trace.resolve():
            raise SpecError("-o", f"{args.out} is the trace itself. Leave -o out to repair it in place.")
    done = repair(checked(args.trace), args.out)
    if args.out is not None and not done.was:
        with whole(args.out) as part:
            shutil.copyfile(args.trace, part)
    if args.json:
        print(json.dumps({"was": done.was, "rows": done.rows}, indent=2, ensure_ascii=False))
    elif not done.was:
        print(f"{args.trace} needs no repair" + (f"; {args.out} is a copy" if args.out is not None else ""))
    else:
        rows = ", ".join(f"{name} {counted(n, 'row')}" for name, n in done.rows.items())
        print(f"repaired {args.out or args.trace}: {done.was}\nkept {rows or 'no rows'}")
    return 0
