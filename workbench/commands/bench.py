"""flowscope bench: what things cost and how well they work, measured in one run on this machine."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil

from workbench.commands import benches

HELP = "measure in one run on this machine what things cost and how well they work"


def configure(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    for item in pkgutil.iter_modules(benches.__path__):
        module = importlib.import_module(f"{benches.__name__}.{item.name}")
        sub = what.add_parser(item.name.replace("_", "-"), help=module.HELP, description=module.HELP)
        sub.add_argument("--json", action="store_true", help="as JSON")
        module.configure(sub)
        sub.set_defaults(module=module)


def run(args: argparse.Namespace) -> int:
    report = args.module.measure(args)
    print(json.dumps(report, indent=2, ensure_ascii=False) if args.json else args.module.table(report))
    return 0
