"""The peak for a share of the run, then straight down to zero."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from core.registry import register
from trainers.schedules import Schedule, State


@register("schedule")
class Linear(Schedule, frozen=True):
    """Stays at the peak, then falls in a line to zero."""

    name = "linear"
    title = "Linear decay"
    reference = "Zhai et al. 2022, Scaling Vision Transformers, section 3.5"

    start: Annotated[
        float, Meta(ge=0, lt=1, title="Falls after", description="Share of the steps before the learning rate falls")
    ] = 0.5

    def factor(self, step: int, n_steps: int, state: State) -> float:
        return min(1.0, (1.0 - step / n_steps) / (1.0 - self.start))
