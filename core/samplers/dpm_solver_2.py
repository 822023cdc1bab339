"""DPM-Solver-2, single step: the noise estimate at the middle of the step in lam carries the whole of it.

Reference: Lu et al., "DPM-Solver" (2022), algorithm 1 with r_1 = 1/2.
"""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from core.fields import Field
from core.numerics.exponential import noise_step
from core.registry import register
from core.samplers import Sampler, Step, StepNoise


@register("sampler")
class DpmSolver2(Sampler, frozen=True, kw_only=True):
    """Looks at the noise half-way in log-SNR."""

    name = "dpm-solver-2"
    title = "DPM-Solver-2"
    reference = "Lu et al. 2022, DPM-Solver, algorithm 1"
    formula: ClassVar[str] = r"x_s = \frac{\alpha_s}{\alpha_t} x_t - \sigma_s (e^h - 1) \hat x_0(x_m, m)"
    order = 2
    nfe_per_step = 2
    least_nfe: ClassVar[int] = 8

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        path = field.path
        estimate = field(x, t)
        here, there = path.at(t), path.at(s)
        middle = path.t_of_lam(0.5 * (here.lam + there.lam))
        half = noise_step(here, path.at(middle), x, estimate.x0)
        return Step(noise_step(here, there, x, field(half, middle).x0), state, estimate)
