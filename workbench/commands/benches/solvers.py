"""Samplers: declared and measured order, error at few evaluations, and how closely a Brownian path is followed."""

from __future__ import annotations

import argparse
from typing import Any

HELP = "declared and measured order of every sampler, and its error at few evaluations"
_NFE = (5, 10, 20, 50)
"""Evaluations between which a fourth-order slope is measured: later the error is that of rounding."""


def configure(parser: argparse.ArgumentParser) -> None:
    pass


def measure(args: argparse.Namespace) -> dict[str, Any]:
    return {"orders": _orders(), "strong orders": _strong_orders()}


def _orders() -> list[dict[str, Any]]:
    """Of every sampler whose end points converge to the flow's own."""
    from core import registry
    from core.metrics.solver_order import error, has_order, measured_order

    rows = []
    for name, cls in registry.entries("sampler").items():
        if has_order(cls):
            sampler = cls()
            slope = measured_order(sampler)
            errors = {str(nfe): error(sampler, nfe) for nfe in _NFE}
            rows.append({"sampler": name, "order": cls.order, "measured": slope, "error at NFE": errors})
    return rows


def _strong_orders() -> list[dict[str, Any]]:
    """Of every stochastic sampler that follows a Brownian path."""
    from core.metrics.strong_order import KNOWN, STEPS, strong_order
    from core.parts.making import make
    from core.spec import Part

    rows = []
    for (name, params), known in KNOWN.items():
        found = strong_order(make("sampler", Part(name, dict(params))))
        distances = {str(n): distance for n, distance in zip(STEPS, found.distances, strict=True)}
        rows.append(
            {"sampler": name, "params": dict(params), "order": known.order, "source": known.source,
             "measured": found.slope, "distance at steps": distances}
        )  # fmt: skip
    return rows


def table(report: dict[str, Any]) -> str:
    head = f"{'sampler':32} {'order':>5} {'measured':>9}"
    lines = ["RMS error of the end points, exact field of eight Gaussians, VP-SDE, equal steps in log-SNR"]
    lines.append(head + "".join(f"{f'NFE {nfe}':>12}" for nfe in _NFE))
    for row in report["orders"]:
        errors = "".join(f"{value:12.2e}" for value in row["error at NFE"].values())
        lines.append(f"{row['sampler']:32} {row['order']:5} {row['measured']:9.2f}{errors}")
    lines += ["", "RMS distance to 3,200 steps on the same Brownian path, exact field of three Gaussians, VP-SDE"]
    steps = report["strong orders"][0]["distance at steps"]
    lines.append(head + "".join(f"{f'{n} steps':>12}" for n in steps))
    for row in report["strong orders"]:
        name = " ".join([row["sampler"], *(f"{key}={value}" for key, value in row["params"].items())])
        distances = "".join(f"{value:12.2e}" for value in row["distance at steps"].values())
        lines.append(f"{name:32} {row['order']:5} {row['measured']:9.2f}{distances}")
    return "\n".join(lines)
