"""One cycle: half a cosine up to the peak, and another down, far below where it began."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from msgspec import Meta

from core.registry import register
from trainers.schedules import Schedule, State


@register("schedule")
class OneCycle(Schedule, frozen=True):
    """Rises to the peak and falls to almost nothing; the warm-up is its own."""

    name = "one-cycle"
    title = "One cycle"
    reference = "Smith and Topin 2019, Super-Convergence, section 4"
    warms_up: ClassVar[bool] = True

    rise: Annotated[float, Meta(gt=0, lt=1, title="Rises for", description="Share of the steps before the peak")] = 0.3
    start: Annotated[float, Meta(gt=0, le=1, title="At the start", description="Share of the peak")] = 0.04
    end: Annotated[float, Meta(ge=0, le=1, title="At the end", description="Share of the peak")] = 4e-6

    def factor(self, step: int, n_steps: int, state: State) -> float:
        top = self.rise * n_steps - 1.0
        if step < top:
            return _between(self.start, 1.0, step / top)
        return _between(1.0, self.end, (step - top) / (n_steps - 1.0 - top))


def _between(start: float, end: float, place: float) -> float:
    """Half a cosine from start to end, at a place in [0, 1]."""
    return end + 0.5 * (start - end) * (1.0 + math.cos(math.pi * place))
