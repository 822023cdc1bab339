"""Half a cosine from the peak down to zero."""

from __future__ import annotations

import math

from core.registry import register
from trainers.schedules import Schedule, State


@register("schedule")
class Cosine(Schedule, frozen=True):
    """Falls along half a cosine to zero."""

    name = "cosine"
    title = "Cosine"
    reference = "Loshchilov and Hutter 2017, SGDR, eq. 5 without restarts"

    def factor(self, step: int, n_steps: int, state: State) -> float:
        return 0.5 * (1.0 + math.cos(math.pi * step / n_steps))
