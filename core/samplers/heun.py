"""Heun's method: Euler's step, corrected by the mean of the velocities at both its ends.

Reference: Heun, "Neue Methoden zur approximativen Integration der Differentialgleichungen" (1900); for diffusion
models Karras et al., "Elucidating the Design Space" (2022), algorithm 1.
"""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from core.fields import Field
from core.registry import register
from core.samplers import Sampler, Step, StepNoise


@register("sampler")
class Heun(Sampler, frozen=True, kw_only=True):
    """Averages the velocity at the start and at the predicted end of each step."""

    name = "heun"
    title = "Heun"
    reference = "Heun 1900; Karras et al. 2022, algorithm 1"
    formula: ClassVar[str] = r"x_s = x_t + \frac{s - t}{2} (v_t + v_s)"
    order = 2
    nfe_per_step = 2

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        estimate = field(x, t)
        here = estimate.velocity(field.path.at(t))
        there = field(x + (s - t) * here, s).velocity(field.path.at(s))
        return Step(x + (s - t) * 0.5 * (here + there), state, estimate)
