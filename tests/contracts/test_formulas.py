"""Every path, objective and sampler shows its formula, and what is shown is what is computed."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from core import registry
from core.parts.making import make
from core.predictions import Estimate
from core.spec import Part
from workbench.views import formulas
from workbench.views.tex import Formula, Fraction, Root, Text, parse, plain

KINDS = ("path", "objective", "sampler")
SHOWN = [(kind, name) for kind in KINDS for name in registry.entries(kind)]
WIDEST = 300


def shown(kind: str, name: str) -> str:
    formula: str = registry.find(kind, name).formula
    return formula.replace(r"\prediction", r"\epsilon_\theta").replace(r"\target", "x_0")


@pytest.mark.parametrize(("kind", "name"), SHOWN)
def test_everything_has_a_formula_that_can_be_drawn(qapp: object, kind: str, name: str) -> None:
    from PyQt6.QtGui import QFontMetricsF

    from workbench.painters import equations, fonts

    formula = shown(kind, name)
    assert formula, f"{kind} {name} says no formula"
    assert 0 < equations.width(formula, 11) < WIDEST
    metrics = QFontMetricsF(fonts.maths(15, italic=False))
    missing = {c for c in plain(parse(formula)) if not metrics.inFontUcs4(ord(c))}
    assert missing <= set("∏∑"), "letters that the formula font lacks come from another one"


def test_no_two_samplers_share_a_formula() -> None:
    known = [registry.find("sampler", name).formula for name in registry.entries("sampler")]
    assert len(set(known)) == len(known)


# --- what is shown is what is computed ------------------------------------------------------------------------------


def value(formula: Formula, known: dict[str, float]) -> float:
    """A formula as a number: letters that stand beside each other are multiplied."""
    out, product = [], ""
    for item in formula:
        code = _code(item, known)
        factor = code[0].isalnum() or code[0] in "(."
        if product and factor and product != "(" and not product.endswith(("math.log", "math.cos")):
            out.append("*")
        out.append(code)
        if code != " ":
            product = code if code not in "+-*/=" else ""
    return float(eval("".join(part for part in out if part != " "), {"math": math}))  # a formula of our own


def _code(item: Any, known: dict[str, float]) -> str:
    match item:
        case Fraction(over=over, under=under):
            return f"({value(over, known)})/({value(under, known)})".join("()")
        case Root(inner=inner):
            return f"({math.sqrt(value(inner, known))})"
    assert isinstance(item, Text)
    letters = {"−": "-", "½": "(0.5)", "log": "math.log", "cos": "math.cos", "π": f"({math.pi})"}.get(item.letters, "")
    power = f"**({value(item.sup, known)})" if item.sup else ""
    if letters:
        return letters + power
    name = item.accent + item.letters + plain(item.sub)
    if name in known:
        return f"({known[name]!r}){power}"
    if item.letters == "e" and item.sup:
        return f"({math.exp(value(item.sup, known))})"
    return item.letters + power


def sides(formula: str) -> list[tuple[Formula, Formula]]:
    """Left and right of each of its equations."""
    out = []
    for part in formula.split(",  "):
        left, right = part.split(" = ")
        out.append((parse(left), parse(right)))
    return out


@pytest.mark.parametrize("name", ["linear", "vp-cosine", "vp-sde", "ve", "edm", "noisy-bridge"])
def test_a_paths_formula_gives_its_coefficients(name: str) -> None:
    path = make("path", Part(name))
    constants = {
        plain(parse(symbol)): float(getattr(path, field))
        for field, symbol in formulas._CONSTANTS.items()
        if hasattr(path, field)
    }
    for t in (0.1, 0.45, 0.8):
        c = path.at(torch.tensor(t, dtype=torch.float64))
        known = constants | {"t": t, "τ": 1 - t, "αt": float(c.alpha), "σt": float(c.sigma)}
        for left, right in sides(path.formula):
            assert value(left, known) == pytest.approx(value(right, known), rel=1e-4)


class Curved:
    """A field that is no sampler's special case."""

    def __init__(self, path: Any) -> None:
        self.path = path

    def __call__(self, x: torch.Tensor, t: torch.Tensor, cond: Any = None) -> Estimate:
        return Estimate(torch.sin(x) + t, torch.cos(2 * x) - t)


@pytest.mark.parametrize(
    "part",
    [Part("euler"), Part("ddim"), Part("dpm-solver-1"), Part("dpmpp-2m-sde", {"eta": 0.0}), Part("edm-heun"),
     Part("heun")],
)  # fmt: skip
def test_a_samplers_formula_is_its_step(part: Part) -> None:
    path, sampler = make("path", Part("vp-sde")), make("sampler", part)
    field = Curved(path)
    t, s, x = (torch.tensor(number, dtype=torch.float64) for number in (0.4, 0.47, 0.83))
    here, there, estimate = path.at(t), path.at(s), field(x, t)
    x_s = sampler.step(field, x, t, s, None, None).x
    scale = there.alpha / here.alpha
    ahead = scale * x + (there.sigma - scale * here.sigma) * estimate.x0
    velocity = estimate.velocity(here)
    known = {
        "t": 0.4, "s": 0.47, "xt": x, "xs": x_s, "αt": here.alpha, "αs": there.alpha, "σt": here.sigma,
        "σs": there.sigma, "hatx1": estimate.x1, "hatx0": estimate.x0, "hatx0,t": estimate.x0,
        "hatx0,s": field(ahead, s).x0, "h": there.lam - here.lam, "η": 0.0, "tildeβ": 0.3, "z": 1.7, "D": estimate.x1,
        "vt": velocity, "vs": field(x + (s - t) * velocity, s).velocity(there),
    }  # fmt: skip
    numbers = {name: float(number) for name, number in known.items()}
    formula = sampler.formula.replace(r"v_\theta(x_t, t)", "v_t")
    ((left, right),) = sides(formula)
    assert value(left, numbers) == pytest.approx(value(right, numbers), rel=1e-6)


@pytest.mark.parametrize("kind", ["ode-score", "ode-noise"])
def test_the_flow_read_as_score_or_noise_is_the_same_flow(kind: str) -> None:
    from workbench.views.tex import NAMED

    path = make("path", Part("vp-sde"))
    t, x = (torch.tensor(number, dtype=torch.float64) for number in (0.6, -0.4))
    c = path.at(t)
    estimate = Estimate((x - c.sigma * 0.9) / c.alpha, torch.tensor(0.9, dtype=torch.float64))
    known = {
        "x": float(x), "α": float(c.alpha), "σ": float(c.sigma), "dotα": float(c.d_alpha), "dotσ": float(c.d_sigma),
        "sθ": float(estimate.score(c)), "εθ": 0.9,
    }  # fmt: skip
    right = NAMED[kind].partition(" = ")[2].replace("(x, t)", "")
    assert value(parse(right), known) == pytest.approx(float(estimate.velocity(c)), rel=1e-9)
