"""DPM-Solver-3, single step: noise estimates at one and two thirds of the step in lam.

Reference: Lu et al., "DPM-Solver" (2022), algorithm 2 with r_1 = 1/3 and r_2 = 2/3. Our x0_hat is its epsilon.
"""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from core.fields import Field
from core.numerics.exponential import growth, noise_step
from core.registry import register
from core.samplers import Sampler, Step, StepNoise

_R1, _R2 = 1.0 / 3.0, 2.0 / 3.0


@register("sampler")
class DpmSolver3(Sampler, frozen=True, kw_only=True):
    """Looks at the noise at one and two thirds of the way in log-SNR."""

    name = "dpm-solver-3"
    title = "DPM-Solver-3"
    reference = "Lu et al. 2022, DPM-Solver, algorithm 2"
    formula: ClassVar[str] = (
        r"x_s = \frac{\alpha_s}{\alpha_t} x_t - \sigma_s (e^h - 1) \hat x_0"
        r" - \frac{3}{2} \sigma_s (\frac{e^h - 1}{h} - 1) d_2"
    )
    order = 3
    nfe_per_step = 3
    least_nfe: ClassVar[int] = 12

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        path = field.path
        estimate = field(x, t)
        here, there = path.at(t), path.at(s)
        h = there.lam - here.lam
        t1, t2 = (path.t_of_lam(here.lam + r * h) for r in (_R1, _R2))
        at_1, at_2 = path.at(t1), path.at(t2)
        d1 = field(noise_step(here, at_1, x, estimate.x0), t1).x0 - estimate.x0
        u2 = noise_step(here, at_2, x, estimate.x0) - at_2.sigma * (_R2 / _R1) * growth(_R2 * h) * d1
        d2 = field(u2, t2).x0 - estimate.x0
        return Step(noise_step(here, there, x, estimate.x0) - there.sigma / _R2 * growth(h) * d2, state, estimate)
