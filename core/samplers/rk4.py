"""The classical Runge-Kutta method of order four.

Reference: Kutta, "Beitrag zur näherungsweisen Integration totaler Differentialgleichungen" (1901).
"""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from core.fields import Field
from core.registry import register
from core.samplers import Sampler, Step, StepNoise


@register("sampler")
class Rk4(Sampler, frozen=True, kw_only=True):
    """Averages four velocities: at the start, twice at the middle, at the end."""

    name = "rk4"
    title = "RK4"
    reference = "Kutta 1901, Beitrag zur näherungsweisen Integration totaler Differentialgleichungen"
    formula: ClassVar[str] = r"x_s = x_t + \frac{s - t}{6} (k_1 + 2 k_2 + 2 k_3 + k_4)"
    order = 4
    nfe_per_step = 4

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        h, middle = s - t, 0.5 * (t + s)
        estimate = field(x, t)
        k1 = estimate.velocity(field.path.at(t))
        at_middle, at_end = field.path.at(middle), field.path.at(s)
        k2 = field(x + 0.5 * h * k1, middle).velocity(at_middle)
        k3 = field(x + 0.5 * h * k2, middle).velocity(at_middle)
        k4 = field(x + h * k3, s).velocity(at_end)
        return Step(x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), state, estimate)
