"""DPM-Solver-1: the exact solution over a step in which the noise estimate is held constant in lam.

x_s = (alpha_s / alpha_t) x_t - sigma_s (e^h - 1) x0_hat with h = lam_s - lam_t. It equals DDIM with eta = 0.
Reference: Lu et al., "DPM-Solver" (2022), eq. 3.7.
"""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from core.fields import Field
from core.numerics.exponential import noise_step
from core.registry import register
from core.samplers import Sampler, Step, StepNoise


@register("sampler")
class DpmSolver1(Sampler, frozen=True, kw_only=True):
    """Exact where the noise estimate does not change within a step."""

    name = "dpm-solver-1"
    title = "DPM-Solver-1"
    reference = "Lu et al. 2022, DPM-Solver, eq. 3.7"
    formula: ClassVar[str] = r"x_s = \frac{\alpha_s}{\alpha_t} x_t - \sigma_s (e^h - 1) \hat x_0"
    order = 1

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        estimate = field(x, t)
        return Step(noise_step(field.path.at(t), field.path.at(s), x, estimate.x0), state, estimate)
