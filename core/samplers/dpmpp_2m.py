"""DPM-Solver++ (2M): the data estimate, extrapolated through the step before, held constant in lam.

Reference: Lu et al., "DPM-Solver++" (2022), algorithm 2. One evaluation a step; the first step is of first order.
"""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from core.fields import Field
from core.numerics.exponential import data_step
from core.registry import register
from core.samplers import Sampler, Step, StepNoise


@register("sampler")
class Dpmpp2m(Sampler, frozen=True, kw_only=True):
    """Remembers the preview of the step before."""

    name = "dpmpp-2m"
    title = "DPM-Solver++ 2M"
    reference = "Lu et al. 2022, DPM-Solver++, algorithm 2"
    formula: ClassVar[str] = (
        r"x_s = \frac{\sigma_s}{\sigma_t} x_t - \alpha_s (e^{-h} - 1) [\hat x_1"
        r" + \frac{1}{2 r} (\hat x_1 - \hat x_1')]"
    )
    order = 2

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        """``state`` is the data estimate and lam of the step before, or None."""
        estimate = field(x, t)
        here, there = field.path.at(t), field.path.at(s)
        x1 = estimate.x1
        if state is not None:
            before, lam_before = state
            r = (here.lam - lam_before) / (there.lam - here.lam)
            x1 = x1 + (x1 - before) / (2.0 * r)
        return Step(data_step(here, there, x, x1), (estimate.x1, here.lam), estimate)
