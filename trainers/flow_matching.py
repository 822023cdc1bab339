"""Flow matching: learn the velocity d_alpha x1 + d_sigma x0 of the pair by regression.

Reference: Lipman et al., "Flow Matching for Generative Modeling" (2023), eq. 9 and 23. On the linear path the target is
data minus noise.
"""

from __future__ import annotations

from typing import ClassVar

from core.predictions import Prediction
from core.registry import register
from trainers.objective import Objective


@register("objective")
class FlowMatching(Objective, frozen=True):
    """Learns the velocity that carries noise to data."""

    name = "flow-matching"
    title = "Flow matching"
    reference = "Lipman et al. 2023, Flow Matching for Generative Modeling, eq. 23"
    formula: ClassVar[str] = r"\E |v_\theta(x_t, t) - (\dot\alpha_t x_1 + \dot\sigma_t x_0)|^2"
    family = "flow"
    in_pairs: ClassVar[bool] = True

    @property
    def predicts(self) -> Prediction:
        return "velocity"
