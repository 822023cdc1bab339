"""Schedules of the learning rate: its share of the peak at each step. One schedule, one file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

State = Mapping[str, float]
"""What a schedule remembers of validation losses; empty at the start, and kept in checkpoints."""


class Schedule(msgspec.Struct, frozen=True):
    """How a spec names a schedule. The warm-up of `Training` is a factor before it, unless it has one of its own."""

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    #: whether it rises by itself, so that the training's warm-up does not apply
    warms_up: ClassVar[bool] = False
    #: whether it hangs on validation losses
    watches: ClassVar[bool] = False

    @classmethod
    def facts(cls) -> dict[str, Any]:
        return {"warms_up": cls.warms_up}

    def factor(self, step: int, n_steps: int, state: State) -> float:
        """Share of the peak learning rate, in [0, 1], at step 0..n_steps-1."""
        raise NotImplementedError  # abstract

    def observe(self, state: State, loss: float) -> State:
        """What is remembered once a validation loss is known."""
        return state


def rate(schedule: Schedule, state: State, step: int, n_steps: int, peak: float, warm_up: int) -> float:
    """The learning rate at a step: a linear warm-up over some steps, times the schedule."""
    rise = 1.0 if schedule.warms_up else min(1.0, (step + 1) / max(1, warm_up))
    return peak * rise * schedule.factor(step, n_steps, state)
