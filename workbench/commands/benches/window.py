"""The window: gaps of its event loop while both methods train, and the time from a drag to the drawn frame."""

from __future__ import annotations

import argparse
from typing import Any

from core.errors import FlowscopeError
from workbench.display import has_display

HELP = "gaps of the window's event loop while both methods train"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=20.0, metavar="S", help="how long the window trains (20)")


def measure(args: argparse.Namespace) -> dict[str, Any]:
    if not has_display():
        raise FlowscopeError("The window is measured on a display; there is none. On Linux, xvfb-run -a brings one.")
    from workbench.measure import measure_window

    return measure_window(args.seconds)


def table(report: dict[str, Any]) -> str:
    return "\n".join(f"{name:44} {report[name]}" for name in report)
