"""Consistency sampling: jump to the data; for more steps put noise back up to time s, and jump again.

x1 = flow_map(x_t, t, 1) and, unless s = 1, x_s = alpha_s x1 + sigma_s z with fresh z.
Reference: Song et al., "Consistency Models" (2023), algorithm 1; with their time reversed.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from core.fields import Field, jumping
from core.predictions import Estimate
from core.registry import register
from core.samplers import Sampler, Step, StepNoise


@register("sampler")
class Consistency(Sampler, frozen=True, kw_only=True):
    """Jumps to the data, and tries again from less noise."""

    name = "consistency"
    title = "Consistency"
    reference = "Song et al. 2023, Consistency Models, algorithm 1"
    formula: ClassVar[str] = r"x_s = \alpha_s f_\theta(x_t, t) + \sigma_s z"
    order = 1
    jumps: ClassVar[bool] = True
    equation: ClassVar[str] = "consistency"

    n_steps: Annotated[
        int,
        Meta(ge=1, le=1000, title="Steps", description="Jumps to the data; noise is drawn before all but the first"),
    ] = 1

    @property
    def draws(self) -> bool:
        return self.n_steps > 1

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        path = field.path
        x1 = jumping(field).flow_map(x, t, torch.ones_like(s))
        here = path.at(t.clamp(path.t_min, path.t_max))
        estimate = Estimate(x1, (x - here.alpha * x1) / here.sigma)
        if s >= 1.0:
            return Step(x1, state, estimate)
        there = path.at(s)
        return Step(there.alpha * x1 + there.sigma * noise.fresh(float(t), 0), state, estimate)
