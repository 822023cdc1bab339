"""Within each batch, noise and data are paired so that the ways are shortest in all.

Reference: Tong et al., "Improving and Generalizing Flow-Based Generative Models with Minibatch Optimal Transport"
(2024), section 3.2; Pooladian et al., "Multisample Flow Matching" (2023).
"""

from __future__ import annotations

from torch import Tensor

from core.couplings import Coupling
from core.numerics.assignment import optimal
from core.registry import register


@register("coupling")
class MinibatchOt(Coupling, frozen=True):
    """Each batch is paired along shortest ways: straighter flows, the more so the larger the batch."""

    name = "minibatch-ot"
    title = "Minibatch OT"
    reference = "Tong et al. 2024, Minibatch Optimal Transport, section 3.2"

    def pair(self, x1: Tensor, x0: Tensor) -> Tensor:
        return optimal(x1, x0)
