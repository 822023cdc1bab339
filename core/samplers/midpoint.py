"""The explicit midpoint method: the velocity at half of Euler's step carries the whole of it.

Reference: Runge, "Über die numerische Auflösung von Differentialgleichungen" (1895).
"""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from core.fields import Field
from core.registry import register
from core.samplers import Sampler, Step, StepNoise


@register("sampler")
class Midpoint(Sampler, frozen=True, kw_only=True):
    """Follows the velocity at the middle of each step."""

    name = "midpoint"
    title = "Midpoint"
    reference = "Runge 1895, Über die numerische Auflösung von Differentialgleichungen"
    formula: ClassVar[str] = r"x_s = x_t + (s - t) v_m,  m = \frac{t + s}{2}"
    order = 2
    nfe_per_step = 2

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        estimate = field(x, t)
        middle = 0.5 * (t + s)
        half = x + (middle - t) * estimate.velocity(field.path.at(t))
        return Step(x + (s - t) * field(half, middle).velocity(field.path.at(middle)), state, estimate)
