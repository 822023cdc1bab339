"""A drop whenever the validation loss has not fallen for some time."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from msgspec import Meta

from core.registry import register
from trainers.schedules import Schedule, State


@register("schedule")
class Plateau(Schedule, frozen=True):
    """Drops by a factor when the validation loss stops falling."""

    name = "plateau"
    title = "Plateau"
    reference = "torch.optim.lr_scheduler.ReduceLROnPlateau, mode min, relative threshold"
    watches: ClassVar[bool] = True

    drop: Annotated[float, Meta(gt=0, lt=1, title="Drop", description="What each drop multiplies by")] = 0.5
    patience: Annotated[
        int, Meta(ge=0, le=1000, title="Patience", description="Validations without progress that are let pass")
    ] = 2
    threshold: Annotated[
        float, Meta(ge=0, lt=1, title="Threshold", description="Share by which a loss must be below the best")
    ] = 1e-4

    def factor(self, step: int, n_steps: int, state: State) -> float:
        return float(self.drop ** state.get("drops", 0.0))

    def observe(self, state: State, loss: float) -> State:
        if loss < state.get("best", math.inf) * (1.0 - self.threshold):
            return {**state, "best": loss, "waited": 0.0}
        waited = state.get("waited", 0.0) + 1.0
        if waited <= self.patience:
            return {**state, "waited": waited}
        return {**state, "waited": 0.0, "drops": state.get("drops", 0.0) + 1.0}
