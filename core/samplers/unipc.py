"""UniPC: a multistep predictor for the data estimate, and a corrector that needs no evaluation of its own.

The predictor of p points goes from t to s as DPM-Solver++ does; the evaluation at the place that it finds begins the
next step, and first corrects that place with one point more. Weights solve the order conditions for a chosen B(h),
h or e^h - 1 (with h negative for data estimates). Predictor and corrector together are of order p + 1, the predictor
alone of order p; p = 1 alone is DDIM. The recorded x is the predicted one, at which the field was evaluated.
Reference: Zhao et al., "UniPC: A Unified Predictor-Corrector Framework" (2023), algorithms 1 and 2 and appendix C, with
the published 1/2 in place of the solution where there is one unknown.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import torch
from msgspec import Meta
from torch import Tensor

from core.fields import Field
from core.numerics.exponential import data_step
from core.paths import Coefficients
from core.registry import register
from core.samplers import Sampler, Step, StepNoise

_Preview = tuple[Tensor, Tensor]
"""A data estimate [B, ...] and its lam."""


class _Before(NamedTuple):
    """What is kept of a step: where it set out (x corrected, coefficients) and its previews, the newest first."""

    x: Tensor
    here: Coefficients
    previews: tuple[_Preview, ...]


@register("sampler")
class UniPc(Sampler, frozen=True, kw_only=True):
    """Remembers previews, and corrects each step by the next look."""

    name = "unipc"
    title = "UniPC"
    reference = "Zhao et al. 2023, UniPC, algorithms 1 and 2"
    formula: ClassVar[str] = (
        r"x_s = \frac{\sigma_s}{\sigma_t} x_t - \alpha_s (e^{-h} - 1) \hat x_1"
        r" - \alpha_s B(h) \sum_i \frac{a_i}{r_i} d_i"
    )
    order = 3

    p: Annotated[
        int, Meta(ge=1, le=3, title="Points", description="Previews the predictor uses; its order without correction")
    ] = 2
    corrector: Annotated[bool, Meta(title="Correct", description="Adds one to the order at no cost")] = True
    b: Annotated[
        Literal["bh1", "bh2"], Meta(title="B(h)", description="h or e^h - 1; bh1 is for few steps without guidance")
    ] = "bh2"

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        """``state`` is a `_Before`, or None."""
        estimate = field(x, t)
        here, there = field.path.at(t), field.path.at(s)
        now = (estimate.x1, here.lam)
        if state is None:
            previews: tuple[_Preview, ...] = (now,)
        else:
            if self.corrector:
                x = self._go(state.x, state.here, here, state.previews, now)
            previews = (now, *state.previews)[: self.p]
        return Step(self._go(x, here, there, previews, None), _Before(x, here, previews), estimate)

    def _go(
        self, x: Tensor, here: Coefficients, there: Coefficients, previews: tuple[_Preview, ...], ahead: _Preview | None
    ) -> Tensor:
        """x at ``there`` from ``here``, through the previews and, to correct, the one that lies ahead."""
        newest, lam = previews[0]
        h = float(there.lam - here.lam)
        others = [*previews[1:], *([ahead] if ahead is not None else [])]
        out = data_step(here, there, x, newest)
        if not others:
            return out
        places = [float(at - lam) / h for _, at in others]
        b_h = -h if self.b == "bh1" else math.expm1(-h)
        bend = torch.zeros_like(x)
        for weight, place, (x1, _) in zip(_weights(places, h, b_h), places, others, strict=True):
            bend = bend + weight / place * (x1 - newest)
        return out - there.alpha * b_h * bend


def _weights(places: list[float], h: float, b_h: float) -> list[float]:
    """Weights of the differences to previews at these places, in units of the step: Zhao et al., eq. 10 and 11."""
    if len(places) == 1:
        return [0.5]
    rows, right, phi, factorial = [], [], math.expm1(-h) / -h - 1.0, 1.0
    for k in range(len(places)):
        rows.append([place**k for place in places])
        right.append(phi * factorial / b_h)
        factorial *= k + 2
        phi = phi / -h - 1.0 / factorial
    solution = torch.linalg.solve(torch.tensor(rows, dtype=torch.float64), torch.tensor(right, dtype=torch.float64))
    return [float(weight) for weight in solution]
