r"""The equations beside a lane: of its path, what its network learns, what it follows, and one step, with their values.

A part brings its own formula (``formula`` of its class, by the catalog). The numbers below it are those of the symbols
that occur in it, at the lane's time: \alpha_t at t, \alpha_s at the next recorded step.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.catalog import Catalog
from core.errors import SpecError
from core.spec import Part
from core.trace import Trace
from core.trace.derive import FieldKind
from workbench.views.marks import AxisKind, Equation, Lane, locate
from workbench.views.predictions import data_std, determinant, predicts
from workbench.views.tex import NAMED
from workbench.views.time_axis import time_axis

Floats = NDArray[np.float64]

#: What a diffusion's network is called and what it should say, by its prediction.
_PREDICTED: dict[str, tuple[str, str]] = {
    "eps": (r"\epsilon_\theta", "x_0"),
    "data": (r"d_\theta", "x_1"),
    "v": (r"v_\theta", r"(\alpha_t x_0 - \sigma_t x_1)"),
    "score": (r"s_\theta", r"(-x_0 / \sigma_t)"),
}
_FOLLOWS: dict[FieldKind, str] = {"score": "ode-score", "noise": "ode-noise"}
_CONTINUOUS = ("ode", "sde")
"""What is followed in small steps; other samplers are told by their step alone."""
_EXACT = r"\hat x_1 = \E[x_1 | x_t], \text{ in closed form}"
_CONSTANTS: dict[str, str] = {
    "eta": r"\eta", "rho": r"\rho", "sigma_min": r"\sigma_{\text{min}}", "sigma_max": r"\sigma_{\text{max}}",
    "beta_min": r"\beta_{\text{min}}", "beta_max": r"\beta_{\text{max}}", "scale": "c", "offset": "c", "snr": "r",
}  # fmt: skip
_SERIES = (
    (r"\alpha_t", "alpha"), (r"\sigma_t", "sigma"), (r"\dot\alpha_t", "d_alpha"), (r"\dot\sigma_t", "d_sigma"),
    (r"\dot\alpha", "d_alpha"), (r"\dot\sigma", "d_sigma"), (r"\alpha", "alpha"), (r"\sigma", "sigma"),
)  # fmt: skip
_AHEAD = ((r"\alpha_s", "alpha"), (r"\sigma_s", "sigma"))
_TIME: dict[AxisKind, str] = {
    "t": "t", "1-t": r"\tau = 1 - t", "sigma": r"\sigma", "log-snr": r"2 \lambda", "ddpm": "k", "nfe": r"\text{NFE}",
}  # fmt: skip
_LEAST = 1e-12


def with_equations(lane: Lane, trace: Trace, catalog: Catalog, kind: FieldKind, reading: AxisKind) -> Lane:
    """The lane with all its equations, the field read as it is drawn and the time as it is read."""
    follows = lane.equation
    if follows == "ode":
        follows = _FOLLOWS.get(kind, follows)
    made = tuple(each for each in _equations(trace, catalog, follows) if each.formula)
    return replace(lane, equation=follows, equations=made, reading=reading)


def values(equation: Equation, lane: Lane, t: float) -> str:
    """The numbers of an equation's symbols at a time, as a formula."""
    row = min(locate(lane.times, t, glide=False).row, max(0, len(lane.times) - 2))
    step = equation.step and len(lane.times) > 1
    here = float(lane.times[row]) if step else (t if lane.glide else float(lane.times[row]))
    ahead = float(lane.times[row + 1]) if step else here
    out = []
    if step:
        axis = time_axis(lane.reading, lane)
        out.append(rf"{_TIME[lane.reading]} = {axis.words(here)} \rightarrow {axis.words(ahead)}")
    known = {symbol: (equation.series[name], here) for symbol, name in _SERIES if name in equation.series}
    known |= {symbol: (equation.series[name], ahead) for symbol, name in _AHEAD if name in equation.series}
    for symbol, (series, time) in known.items():
        if _occurs(symbol, equation.formula):
            out.append(f"{symbol} = {_number(float(np.interp(time, lane.times, series)))}")
    if step and _occurs("h", equation.formula):
        out.append(f"h = {_number(_lam(equation, lane, ahead) - _lam(equation, lane, here))}")
    out += [f"{symbol} = {_number(value)}" for symbol, value in equation.constants if _occurs(symbol, equation.formula)]
    if "D" in equation.series:
        out.append(f"|D| = {_number(float(np.interp(here, lane.times, equation.series['D'])))}")
    return ",  ".join(out)


def _lam(equation: Equation, lane: Lane, t: float) -> float:
    alpha, sigma = (float(np.interp(t, lane.times, equation.series[name])) for name in ("alpha", "sigma"))
    return float(np.log(max(alpha, _LEAST) / sigma)) if sigma > 0 else np.inf


def _equations(trace: Trace, catalog: Catalog, follows: str) -> list[Equation]:
    x = trace["x"]
    series = {name: x.column(name) for name in ("alpha", "sigma", "d_alpha", "d_sigma")}
    spec = trace.spec
    path, sampler, learns = (_part(catalog, kind, spec.part(kind)) for kind in ("path", "sampler", "objective"))
    if spec.field.name != "network" and spec.action == "sample":
        learned = Equation("Field", _EXACT, {})
    else:
        symbol, target = _PREDICTED.get(predicts(trace), (r"v_\theta", r"\dot x_t"))
        formula = learns[0].replace(r"\prediction", symbol).replace(r"\target", target)
        constants = (*learns[1], ("c", data_std(x)))
        learned = Equation("Learns", formula, series | {"D": determinant(trace)}, constants)
    return [
        Equation("Path", path[0], series, path[1]),
        learned,
        *([Equation("Follows", NAMED[follows], series)] if follows.startswith(_CONTINUOUS) else []),
        Equation("Step", sampler[0], series, sampler[1], step=True),
    ]


def _part(catalog: Catalog, kind: str, part: Part) -> tuple[str, tuple[tuple[str, float], ...]]:
    """A part's formula and the constants in it; none where this installation does not know the part."""
    try:
        entry, params = catalog.entry(kind, part.name), catalog.values(kind, part)
    except SpecError:
        return "", ()
    return str(entry.facts.get("formula", "")), _constants(params)


def _constants(params: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    return tuple(
        (_CONSTANTS[name], float(value))
        for name, value in params.items()
        if name in _CONSTANTS and isinstance(value, int | float)
    )


def _occurs(symbol: str, formula: str) -> bool:
    """Whether a symbol stands in a formula by itself: not as a part of a name, with a subscript or under an accent."""
    before = r"(?<![A-Za-z\\])" if symbol[0].isalpha() else r"(?<!\\dot)(?<!\\tilde)(?<!\\bar)"
    after = "(?![A-Za-z_{])" if not symbol.endswith(("_t", "_s", "}")) else "(?![A-Za-z])"
    return re.search(before + re.escape(symbol) + after, formula) is not None


def _number(value: float) -> str:
    if not np.isfinite(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value + 0.0:.3f}" if abs(value) < 100 else f"{value:,.0f}"
    return text.replace("-", "−")
