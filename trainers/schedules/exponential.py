"""The same share lost at every step."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from core.registry import register
from trainers.schedules import Schedule, State


@register("schedule")
class Exponential(Schedule, frozen=True):
    """Falls by the same share at every step."""

    name = "exponential"
    title = "Exponential"
    reference = ""

    end: Annotated[float, Meta(gt=0, le=1, title="At the end", description="Share of the peak that is left")] = 0.01

    def factor(self, step: int, n_steps: int, state: State) -> float:
        return float(self.end ** (step / n_steps))
