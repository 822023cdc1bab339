"""The window: its first frame, drags, knobs, and gaps of its event loop while both methods train."""

from __future__ import annotations

import argparse
from typing import Any

from core.errors import FlowscopeError
from workbench import folders
from workbench.display import has_display

HELP = "how soon the window is there, follows a drag, answers a knob, and ticks while both methods train"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=20.0, metavar="S", help="how long the window trains (20)")


def measure(args: argparse.Namespace) -> dict[str, Any]:
    if not has_display():
        raise FlowscopeError("The window is measured on a display; there is none. On Linux, xvfb-run -a brings one.")
    from workbench.measure import measure_window

    with folders.scratch():
        return measure_window(args.seconds)


def table(report: dict[str, Any]) -> str:
    from workbench.measure import AIMS

    aims = {f"{name}, p95, ms": aim for name, aim in AIMS.items()}
    lines = [f"{name:56} {value}" + (f"  (aim {aims[name]})" if name in aims else "") for name, value in report.items()]
    return "\n".join(lines)
