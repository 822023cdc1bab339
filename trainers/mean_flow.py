"""MeanFlow: learn the average velocity u(x, t, s) over a span of time, so that one jump replaces the whole flow.

The average velocity obeys u = v + (s - t) du/dt, with du/dt the total derivative along the flow: (v, 1, 0) in
(x, t, s). The regression's target is v + (s - t) du/dt, held fixed, with the pair's own velocity as v.
Reference: Geng et al., "Mean Flows for One-step Generative Modeling" (2025), eq. 6, 10 and 22. Their time runs from
data to noise and their r is our s: the identity there has a minus.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from core.numerics.per_particle import over
from core.registry import register
from trainers.average_velocity import AverageVelocity, AverageVelocityObjective
from trainers.objective import Lesson

_LEAST = 1e-3
"""The c of the weight 1 / (error^2 + c)^p."""


@register("objective")
class MeanFlow(AverageVelocityObjective, frozen=True):
    """Learns the mean velocity of a whole span: one step is enough."""

    name = "mean-flow"
    title = "MeanFlow"
    reference = "Geng et al. 2025, Mean Flows for One-step Generative Modeling, eq. 10"
    formula: ClassVar[str] = r"\E |u_\theta(x_t, t, s) - (v + (s - t) \frac{\d u}{\d t})|^2"

    share: Annotated[
        float,
        Meta(ge=0, le=1, title="Spans", description="Share of samples that learn a span; the rest learn the velocity"),
    ] = 0.5
    to_data: Annotated[
        float,
        Meta(ge=0, lt=1, title="To the data", description="Share of the spans that end at t = 1, as one step does"),
    ] = 0.5
    power: Annotated[
        float, Meta(ge=0, le=2, title="Weight power", description="p of the weight 1/(error² + c)^p; 0: no weight")
    ] = 0.5

    def loss(self, lesson: Lesson) -> Tensor:
        """Weighted squared error against the target; samples beyond the share have s = t, where it is v itself."""
        n = lesson.among_first(self.share)
        t, s = lesson.t, span_ends(lesson.t, lesson.u[:, 0], n, self.to_data)
        blend = lesson.path.blend(lesson.x1, lesson.x0, lesson.z, t)
        x, target = blend.x_t, blend.velocity
        if n > 0:
            cond = None if lesson.cond is None else lesson.cond[:n]
            ahead = mean_flow_target(lesson.network, x[:n], t[:n], s[:n], target[:n], cond)
            target = torch.cat([ahead, target[n:]])
        errors = (lesson.network(x, t, lesson.cond, s) - target).square().flatten(1).mean(1)
        return weighted(errors, self.power)


def span_ends(t: Tensor, u: Tensor, n: int, to_data: float) -> Tensor:
    """End times [B] for start times t: of the first n a share ``to_data`` ends at 1, and others anywhere after t, as u
    in [0, 1) says; the rest end where they start."""
    ends = t + (1.0 - t) * (u / (1.0 - to_data)).clamp(max=1.0)
    return torch.where(torch.arange(len(t), device=t.device) < n, ends, t)


def mean_flow_target(
    network: AverageVelocity, x: Tensor, t: Tensor, s: Tensor, velocity: Tensor, cond: Tensor | None = None
) -> Tensor:
    """v + (s - t) du/dt [B, ...], without gradients, for x and v [B, ...] and times t, s [B].

    The derivative is taken forwards and in full precision: less than a backward pass costs, and convolutions have no
    forward derivative in half precision.
    """
    with torch.no_grad(), torch.autocast(x.device.type, enabled=False):
        both = torch.func.jvp(lambda x, t: network(x, t, cond, s), (x, t), (velocity, torch.ones_like(t)))
        slope: Tensor = both[1]
    return velocity + over(s - t, x) * slope


def weighted(errors: Tensor, power: float) -> Tensor:
    """Mean of the squared errors [B], each over (itself + c)^power, which is held fixed."""
    weights = (errors.detach() + _LEAST) ** -power
    return (weights * errors).mean()
