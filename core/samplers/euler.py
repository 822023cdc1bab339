"""Euler's method: x_s = x_t + (s - t) dx/dt.

Reference: Euler, Institutiones calculi integralis (1768), section 650.
"""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from core.fields import Field
from core.registry import register
from core.samplers import Sampler, Step, StepNoise


@register("sampler")
class Euler(Sampler, frozen=True, kw_only=True):
    """Follows the velocity at the start of each step."""

    name = "euler"
    title = "Euler"
    reference = "Euler 1768, Institutiones calculi integralis"
    formula: ClassVar[str] = r"x_s = x_t + (s - t) v_\theta(x_t, t)"
    order = 1

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        estimate = field(x, t)
        return Step(x + (s - t) * estimate.velocity(field.path.at(t)), state, estimate)
