"""flowscope bench: what things cost on this machine, measured in one run."""

from __future__ import annotations

import argparse
import json

from core.errors import FlowscopeError
from workbench.display import has_display

HELP = "measure this machine: the window while both methods train"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("window",), help="window: gaps of the event loop while training at full speed")
    parser.add_argument("--seconds", type=float, default=20.0, metavar="S", help="how long training runs (20)")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    if not has_display():
        raise FlowscopeError(
            "The window is measured on a display, and there is none. On Linux, xvfb-run -a brings one."
        )
    from workbench.measure import measure_window

    report = measure_window(args.seconds)
    if args.json:
        print(json.dumps(report, indent=2))
        return 0
    for name, value in report.items():
        print(f"{name:44} {value}")
    return 0
