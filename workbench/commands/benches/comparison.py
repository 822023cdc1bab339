"""Images side by side in the real window: from asking for a comparison to its first picture, and to all of it."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import FlowscopeError
from workbench.display import has_display

if TYPE_CHECKING:
    from workbench.tour import Tour

HELP = "how soon digits and photographs stand side by side in the window, from asking to the last step"
_PRESETS = ("mnist", "cifar10")
_AIMS = {"mnist": 5.0, "cifar10": 15.0}
"""Seconds, on two cores with nothing else running."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="ask so many times, and print the slowest")


def measure(args: argparse.Namespace) -> dict[str, Any]:
    if not has_display():
        raise FlowscopeError("The window is measured on a display; there is none. On Linux, xvfb-run -a brings one.")
    from workbench.app import application
    from workbench.tour import Tour

    qt = application()
    with tempfile.TemporaryDirectory(prefix="flowscope-") as folder:
        tour = Tour(Path(folder))
        try:
            rows = [max((_asked(tour, name) for _ in range(args.repeat)), key=_all) for name in _PRESETS]
        finally:
            tour.close()
            qt.processEvents()
    return {"rows": rows}


def _all(row: dict[str, Any]) -> float:
    return float(row["all steps, s"])


def _asked(tour: Tour, name: str) -> dict[str, Any]:
    """Open a preset beside nothing, and wait for what it samples."""
    began = time.monotonic()
    tour.app.controller.desk.open_preset(name)
    first = _until(tour, lambda: _shows(tour), began)
    complete = _until(tour, lambda: tour.complete, began)
    lanes = [lane.trace.spec for lane in tour.lanes if lane.trace is not None]
    return {
        "preset": name,
        "lanes": [f"{spec.sampler.name} {spec.sampler.params.get('n_steps', '')}" for spec in lanes],
        "images": lanes[0].n_samples,
        "first picture in every lane, s": round(first, 2),
        "all steps, s": round(complete, 2),
        "aim, s": _AIMS[name],
    }


def _shows(tour: Tour) -> bool:
    """Whether every lane shows images of its new run."""
    return all(lane.trace is not None for lane in tour.lanes) and None not in tour.app.controller.scenes.shown


def _until(tour: Tour, there: Callable[[], bool], began: float) -> float:
    """Seconds since ``began`` at which something is true of the window."""
    tour.wait(there, "the images", settle=False)
    return time.monotonic() - began


def table(report: dict[str, Any]) -> str:
    lines = [f"{'comparison':10} {'lanes':32} {'images':>6} {'first picture':>14} {'all steps':>10} {'aim':>7}"]
    for row in report["rows"]:
        lanes = ", ".join(row["lanes"])
        first, whole = row["first picture in every lane, s"], row["all steps, s"]
        lines.append(
            f"{row['preset']:10} {lanes:32} {row['images']:6} {first:12.2f} s {whole:8.2f} s {row['aim, s']:5.0f} s"
        )
    return "\n".join(lines)
