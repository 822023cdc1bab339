"""flowscope bench: what things cost and how well they work, measured in one run on this machine."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from pathlib import Path

from workbench.commands import benches, reports

HELP = "measure in one run on this machine what things cost and how well they work"


def configure(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    for item in pkgutil.iter_modules(benches.__path__):
        module = importlib.import_module(f"{benches.__name__}.{item.name}")
        sub = what.add_parser(item.name.replace("_", "-"), help=module.HELP, description=module.HELP)
        reports.add_json(sub)
        sub.add_argument("--report", type=Path, metavar="REPORT", help=reports.HELP)
        module.configure(sub)
        sub.set_defaults(module=module, parser=sub)


def run(args: argparse.Namespace) -> int:
    reports.check(args.report)
    report = args.module.measure(args)
    text = args.module.table(report)
    reports.tell(f"bench {args.what}", report, text, as_json=args.json, files=[args.report])
    return 0
