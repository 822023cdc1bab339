"""What MeanFlow and shortcut models share: a network u(x, t, s) of two times that jumps, x_s = x + (s - t) u(x, t, s).

u(x, t, t) is the velocity of the flow, so the network is a field as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from torch import Tensor

from core.learned import Evaluation
from core.numerics.per_particle import over
from core.paths import Path
from core.predictions import Prediction, Reading
from trainers.objective import Objective

AverageVelocity = Callable[[Tensor, Tensor, Tensor | None, Tensor], Tensor]
"""u(x, t, cond, s) [B, ...] for x [B, ...] and times t, s [B]."""


class AverageVelocityObjective(Objective, frozen=True):
    """Base of objectives whose network is an average velocity."""

    family: ClassVar[str] = "one-step"
    provides: ClassVar[tuple[str, ...]] = ("field", "flow-map")
    needs: ClassVar[tuple[str, ...]] = ("finite-velocity",)
    n_uniforms: ClassVar[int] = 1
    two_times: ClassVar[bool] = True
    sampler: ClassVar[str] = "mean-flow"

    @property
    def predicts(self) -> Prediction:
        return "velocity"

    def flow_map(
        self, network: Evaluation, path: Path, reading: Reading, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None
    ) -> Tensor:
        return jump(network, x, t, s, cond)


def jump(u: AverageVelocity, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None = None) -> Tensor:
    """x at times s [B] from x [B, ...] at times t [B]."""
    return x + over(s - t, x) * u(x, t, cond, s)
