"""A drop by one factor after every so many steps."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from core.registry import register
from trainers.schedules import Schedule, State


@register("schedule")
class Step(Schedule, frozen=True):
    """Drops by a factor after every so many steps."""

    name = "step"
    title = "Steps"
    reference = ""

    every: Annotated[
        int, Meta(ge=1, le=10_000_000, title="Drops every", description="Training steps from one drop to the next")
    ] = 1000
    drop: Annotated[float, Meta(gt=0, le=1, title="Drop", description="What each drop multiplies by")] = 0.5

    def factor(self, step: int, n_steps: int, state: State) -> float:
        return self.drop ** (step // self.every)
