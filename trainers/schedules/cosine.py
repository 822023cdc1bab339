"""Half a cosine from the peak down to zero, or to a share of it."""

from __future__ import annotations

import math
from typing import Annotated

from msgspec import Meta

from core.registry import register
from trainers.schedules import Schedule, State


@register("schedule")
class Cosine(Schedule, frozen=True):
    """Falls along half a cosine."""

    name = "cosine"
    title = "Cosine"
    reference = "Loshchilov and Hutter 2017, SGDR, eq. 5 without restarts"

    end: Annotated[float, Meta(ge=0, le=1, title="Ends at", description="Share of the peak that is left")] = 0.0

    def factor(self, step: int, n_steps: int, state: State) -> float:
        return self.end + (1.0 - self.end) * 0.5 * (1.0 + math.cos(math.pi * step / n_steps))
