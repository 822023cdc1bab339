"""flowscope bench: what things cost and how well they converge, measured in one run on this machine."""

from __future__ import annotations

import argparse
import json
from typing import Any

from core.errors import FlowscopeError
from workbench.display import has_display

HELP = "measure: the window while both methods train, or the convergence of every sampler"
_NFE = (5, 10, 20, 50)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        choices=("window", "solvers"),
        help="window: gaps of the event loop while training; solvers: their orders",
    )
    parser.add_argument("--seconds", type=float, default=20.0, metavar="S", help="how long the window trains (20)")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    if args.what == "solvers":
        rows = _solvers()
        print(json.dumps(rows, indent=2) if args.json else _table(rows))
        return 0
    if not has_display():
        raise FlowscopeError("The window is measured on a display; there is none. On Linux, xvfb-run -a brings one.")
    from workbench.measure import measure_window

    report = measure_window(args.seconds)
    print(json.dumps(report, indent=2) if args.json else "\n".join(f"{name:44} {report[name]}" for name in report))
    return 0


def _solvers() -> list[dict[str, Any]]:
    """Declared and measured order of every deterministic sampler, and its error at few evaluations."""
    from core import registry
    from core.metrics.solver_order import error, measured_order

    rows = []
    for name, cls in registry.entries("sampler").items():
        if not cls.stochastic:
            sampler = cls()
            errors = {str(nfe): error(sampler, nfe) for nfe in _NFE}
            rows.append(
                {"sampler": name, "order": cls.order, "measured": measured_order(sampler), "error at NFE": errors}
            )
    return rows


def _table(rows: list[dict[str, Any]]) -> str:
    head = f"{'sampler':16} {'order':>5} {'measured':>9}" + "".join(f"{f'NFE {nfe}':>12}" for nfe in _NFE)
    lines = ["RMS error of the end points, exact field of three Gaussians, linear path, equal steps in log-SNR", head]
    for row in rows:
        errors = "".join(f"{value:12.2e}" for value in row["error at NFE"].values())
        lines.append(f"{row['sampler']:16} {row['order']:5} {row['measured']:9.2f}{errors}")
    return "\n".join(lines)
