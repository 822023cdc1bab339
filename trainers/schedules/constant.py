"""The same learning rate throughout; with a warm-up, the plain warm-up schedule."""

from __future__ import annotations

from core.registry import register
from trainers.schedules import Schedule, State


@register("schedule")
class Constant(Schedule, frozen=True):
    """Stays at the peak after the warm-up."""

    name = "constant"
    title = "Constant"
    reference = ""

    def factor(self, step: int, n_steps: int, state: State) -> float:
        return 1.0
