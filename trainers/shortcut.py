"""Shortcut models: learn the flow's velocity, and jumps of which each is two half ones.

Most samples have s = t, where the target of u(x, t, s) is the pair's velocity; the others jump, and their target is the
mean of two half jumps that the averaged weights make, held fixed.
Reference: Frans et al., "One Step Diffusion via Shortcut Models" (2024), eq. 5 and algorithm 1. Its step size d is our
s - t.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from core.numerics.per_particle import over
from core.paths import Path
from core.registry import register
from trainers.average_velocity import AverageVelocity, AverageVelocityObjective
from trainers.objective import Lesson


@register("objective")
class Shortcut(AverageVelocityObjective, frozen=True):
    """Learns jumps of every length, each from two of half its length."""

    name = "shortcut"
    title = "Shortcut model"
    reference = "Frans et al. 2024, One Step Diffusion via Shortcut Models, eq. 5"
    formula: ClassVar[str] = r"\E |u_\theta(x_t, t, s) - \half (u_{t,m} + u_{m,s})|^2"

    share: Annotated[
        float, Meta(ge=0, le=1, title="Jumps", description="Share of samples that learn a jump; the rest the velocity")
    ] = 0.25
    doublings: Annotated[
        int, Meta(ge=1, le=12, title="Doublings", description="How often 1 is halved; shorter spans use the velocity")
    ] = 7

    def loss(self, lesson: Lesson) -> Tensor:
        """Mean squared error, of the velocity and of the jumps alike."""
        n = lesson.among_first(self.share)
        t, s = jumps(lesson.t, lesson.u[:, 0], n, self.doublings, lesson.path)
        blend = lesson.path.blend(lesson.x1, lesson.x0, lesson.z, t)
        x, target = blend.x_t, blend.velocity
        if n > 0:
            cond = None if lesson.cond is None else lesson.cond[:n]
            ahead = two_jumps(lesson.average, x[:n], t[:n], s[:n], cond, 0.5**self.doublings)
            target = torch.cat([ahead, target[n:]])
        return (lesson.network(x, t, lesson.cond, s) - target).square().mean()


def jumps(t: Tensor, u: Tensor, n: int, doublings: int, path: Path) -> tuple[Tensor, Tensor]:
    """Start and end times [B] of jumps; only the first n jump, and the others have s = t.

    The number of jumps on the whole way is 1, 2, 4, ... 2^(doublings - 1), as u in [0, 1) says, and each starts where
    the one before it ends; t, evenly spread over the path's times, says which of them it is.
    """
    first = torch.arange(len(t), device=t.device) < n
    whole = 2.0 ** (u * doublings).floor()
    share = (t - path.t_min) / (path.t_max - path.t_min)
    place = torch.minimum((share * whole).floor(), whole - 1)
    start, end = (place / whole).clamp(min=path.t_min), (place + 1) / whole
    return torch.where(first, start, t), torch.where(first, end, t)


def two_jumps(
    u: AverageVelocity, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None = None, shortest: float = 0.0
) -> Tensor:
    """Mean velocity [B, ...] of two jumps, from t over the middle to s, all [B]; without gradients.

    A half no longer than ``shortest`` is no jump that is learned: there the velocity stands for it.
    """
    middle = 0.5 * (t + s)
    learned = s - middle > 1.001 * shortest  # a half is that long but for rounding
    with torch.no_grad():
        first = u(x, t, cond, torch.where(learned, middle, t))
        x_middle = x + over(middle - t, x) * first
        return 0.5 * (first + u(x_middle, middle, cond, torch.where(learned, s, middle)))
