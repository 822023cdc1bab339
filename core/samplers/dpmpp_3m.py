"""DPM-Solver++ (3M): the data estimate as a parabola through this and the two steps before.

With previews D_0, D_1, D_2 at steps h, h_1, h_2 and r_i = h_i / h, the divided differences d1 and d2 enter as
x_s = data_step(D_0) + alpha_s (phi_2 d1 - phi_3 d2). A Taylor expansion wants twice the second divided difference:
as published (and as shipped elsewhere) the method is of second order, corrected it is of third.
Reference: Lu et al., "DPM-Solver++" (2022), appendix; K. Crowson's k-diffusion for the form used here.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import torch
from msgspec import Meta
from torch import Tensor

from core.fields import Field
from core.numerics.exponential import data_step
from core.registry import register
from core.samplers import Sampler, Step, StepNoise


@register("sampler")
class Dpmpp3m(Sampler, frozen=True, kw_only=True):
    """Remembers the previews of the two steps before."""

    name = "dpmpp-3m"
    title = "DPM-Solver++ 3M"
    reference = "Lu et al. 2022, DPM-Solver++"
    formula: ClassVar[str] = (
        r"x_s = \frac{\sigma_s}{\sigma_t} x_t - \alpha_s (e^{-h} - 1) \hat x_1 + \alpha_s (\phi_2 d_1"
        r" - \phi_3 d_2)"
    )
    order = 3

    variant: Annotated[
        Literal["corrected", "published"],
        Meta(title="Variant", description="The published curvature term is half of what a Taylor expansion wants"),
    ] = "corrected"

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        """``state`` is a tuple of (data estimate, lam) of up to two steps before, the newest first."""
        estimate = field(x, t)
        here, there = field.path.at(t), field.path.at(s)
        history = ((estimate.x1, here.lam), *(state or ()))[:3]
        out = data_step(here, there, x, estimate.x1)
        if len(history) > 1:
            out = out + there.alpha * self._bend(history, there.lam - here.lam)
        return Step(out, history[:2], estimate)

    def _bend(self, history: tuple[tuple[Tensor, Tensor], ...], h: Tensor) -> Tensor:
        """What slope and curvature of the data estimate in lam add to the step."""
        (d_0, lam_0), (d_1, lam_1) = history[:2]
        phi_2 = torch.expm1(-h) / h + 1.0
        r_1 = (lam_0 - lam_1) / h
        slope = (d_0 - d_1) / r_1
        if len(history) < 3:
            return phi_2 * slope
        d_2, lam_2 = history[2]
        r_2 = (lam_1 - lam_2) / h
        older = (d_1 - d_2) / r_2
        curvature = (slope - older) / (r_1 + r_2)
        phi_3 = phi_2 / h - 0.5
        twice = 2.0 if self.variant == "corrected" else 1.0
        return phi_2 * (slope + curvature * r_1) - phi_3 * twice * curvature
