"""MeanFlow's jump: x_s = x_t + (s - t) u(x_t, t, s) with the average velocity u, in one step or in several.

Reference: Geng et al., "Mean Flows for One-step Generative Modeling" (2025), eq. 12; with their time reversed.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta
from torch import Tensor

from core.fields import Field, jumping
from core.predictions import decode
from core.registry import register
from core.samplers import Sampler, Step, StepNoise


@register("sampler")
class MeanFlowJump(Sampler, frozen=True, kw_only=True):
    """Jumps along a learned flow map, to the data in a single step if asked."""

    name = "mean-flow"
    title = "MeanFlow"
    reference = "Geng et al. 2025, Mean Flows for One-step Generative Modeling, eq. 12"
    formula: ClassVar[str] = r"x_s = x_t + (s - t) u_\theta(x_t, t, s)"
    order = 1
    jumps: ClassVar[bool] = True
    equation: ClassVar[str] = "jump"

    n_steps: Annotated[int, Meta(ge=1, le=1000, title="Steps", description="Jumps from noise to data")] = 1

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        """The estimate is what the chord of the jump, as a velocity, stands for at (x, t)."""
        x_s = jumping(field).flow_map(x, t, s)
        path = field.path
        inside = t.clamp(path.t_min, path.t_max)
        return Step(x_s, state, decode("velocity", (x_s - x) / (s - t), x, path.at(inside)))
