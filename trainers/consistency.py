"""Consistency models: f(x_t, t) learns the end of the flow through x_t, by agreeing with itself one small step nearer.

f is the decoded x1_hat of the ``edm`` row, which is x_t / alpha where no noise is left, so that it holds at the end on
any path. The next point lies on the line of the same pair (training), or one Heun step of a teacher further
(distillation). At the last time the target is known: the pair's x1, or the teacher's.

Times divide evenly the angle atan2(alpha s, sigma), s being the standard deviation of the data: neither end then has
steps of another size, whatever the path. Their number doubles as training goes on. Every step adds its error to all
before it, so a teacher, whose Heun steps may be long, wants few of them (Song et al.: 18).
References: Song et al., "Consistency Models" (2023), eq. 7 and 9, algorithms 2 and 3; Song and Dhariwal, "Improved
Techniques for Training Consistency Models" (2023), eq. 7 (pseudo-Huber) and section 3.4 (doubling), with no average in
the target (section 3.2); the angle: Lu and Song, "Simplifying, Stabilizing and Scaling Continuous-Time Consistency
Models" (2024), section 3.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from msgspec import Meta
from torch import Tensor

from core.checkpoint import Weights
from core.errors import SpecError
from core.fields import Field
from core.learned import Evaluation
from core.numerics.exponential import data_step
from core.numerics.mixture import MixtureField
from core.paths import Path
from core.predictions import Prediction, Reading
from core.registry import register
from core.setup import Setup
from trainers.objective import Lesson, Objective
from trainers.teacher import named_field

_HUBER = 0.03
"""c of the pseudo-Huber distance over the square root of the number of values."""
_TABLE = 4097


@register("objective")
class Consistency(Objective, frozen=True):
    """Learns to jump to the data from anywhere on the way."""

    name = "consistency"
    title = "Consistency model"
    reference = "Song et al. 2023, Consistency Models, algorithms 2 and 3"
    formula: ClassVar[str] = r"\E |f_\theta(x_t, t) - f_\theta(x_s, s)|"
    family = "one-step"
    provides: ClassVar[tuple[str, ...]] = ("flow-map",)
    needs: ClassVar[tuple[str, ...]] = ("normal-source",)
    sampler: ClassVar[str] = "consistency"

    mode: Annotated[
        Literal["distillation", "training"],
        Meta(title="Learns from", description="A teacher's steps (distillation), or the data alone (training)"),
    ] = "distillation"
    weights: Annotated[
        Weights,
        Meta(title="Teacher", description="A checkpoint (.safetensors) for distillation; empty: the exact field"),
    ] = ""
    first: Annotated[int, Meta(ge=2, le=10_000, title="First steps", description="Steps of the way at the start")] = 10
    last: Annotated[
        int,
        Meta(ge=2, le=10_000, title="Last steps", description="Steps of the way at the end; without a teacher more"),
    ] = 20

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("last is less than first: the number of steps only grows")

    @property
    def predicts(self) -> Prediction:
        return "edm"

    def teacher(self, setup: Setup) -> Field | None:
        if self.mode == "training":
            return None
        if self.weights:
            return named_field(setup, self.weights)
        if setup.mixture is None:
            raise SpecError(
                "objective.weights",
                f"{setup.dataset.title} has no exact field to learn from. Name a trained network, or choose training.",
            )
        return MixtureField(setup.mixture, setup.path, setup.device, setup.source.mixture())

    def loss(self, lesson: Lesson) -> Tensor:
        """Distance of f(x_t, t) from f(x_s, s), held fixed, in standard deviations of the data."""
        path, reading, cond = lesson.path, lesson.reading, lesson.cond
        n = n_steps(lesson.progress, self.first, self.last)
        grid = angle_times(path, reading.data_std, n).to(lesson.t)
        share = (lesson.t - path.t_min) / (path.t_max - path.t_min)
        place = (share * n).long().clamp(0, n - 1)
        t, s = grid[place], grid[place + 1]
        here, there = (path.at(time).over(lesson.x1) for time in (t, s))
        blend = path.blend(lesson.x1, lesson.x0, lesson.z, t)
        x_t, end = blend.x_t, lesson.x1
        with torch.no_grad():
            if lesson.teacher is None:
                x_s = there.alpha * lesson.x1 + there.sigma * blend.x0
            else:
                x_s = heun_step(lesson.teacher, x_t, t, s, cond)
                end = lesson.teacher(x_s, s, cond).x1
            known = (place == n - 1).reshape(there.alpha.shape)
            y = lesson.network(x_s, s, cond)
            target = torch.where(known, end, reading.decode(y, x_s, there).x1)
        f = reading.decode(lesson.network(x_t, t, cond), x_t, here).x1
        return pseudo_huber((f - target) / reading.data_std).mean()

    def flow_map(
        self, network: Evaluation, path: Path, reading: Reading, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None
    ) -> Tensor:
        """f at s = 1; before it x1_hat is led back towards the noise that it leaves in x, not along the flow."""
        here, there = path.at(t).over(x), path.at(s).over(x)
        estimate = reading.decode(network(x, t, cond), x, here)
        between = there.alpha * estimate.x1 + there.sigma * estimate.x0
        return torch.where((s >= 1.0).reshape(there.alpha.shape), estimate.x1, between)


def n_steps(progress: float, first: int, last: int) -> int:
    """Steps of the way when a share ``progress`` of training is done: doubled from first to last at even intervals."""
    doublings = math.ceil(math.log2(last / first))
    return min(last, first << math.floor(progress * (doublings + 1)))


@lru_cache(maxsize=32)
def angle_times(path: Path, data_std: float, n: int) -> Tensor:
    """Times [n + 1] float64 from t_min to t_max between which atan2(alpha s, sigma) grows evenly."""
    t = torch.linspace(path.t_min, path.t_max, _TABLE, dtype=torch.float64)
    c = path.at(t)
    angle = torch.atan2(c.alpha * data_std, c.sigma).numpy()
    even = np.linspace(angle[0], angle[-1], n + 1)
    return torch.from_numpy(np.interp(even, angle, t.numpy()))


def heun_step(field: Field, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None) -> Tensor:
    """x at s [B] from x at t [B] along a field's flow: the data estimate of both ends, averaged."""
    here, there = (field.path.at(time).over(x) for time in (t, s))
    x1 = field(x, t, cond).x1
    ahead = data_step(here, there, x, x1)
    return data_step(here, there, x, 0.5 * (x1 + field(ahead, s, cond).x1))


def pseudo_huber(difference: Tensor) -> Tensor:
    """sqrt(|d|^2 + c^2) - c [B] for d [B, ...]: a distance whose gradient does not grow with it."""
    values = difference.flatten(1)
    c = _HUBER * math.sqrt(values.shape[1])
    return torch.sqrt(values.square().sum(1) + c**2) - c
