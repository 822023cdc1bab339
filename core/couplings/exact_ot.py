"""A fixed set of pairs along shortest ways: optimal transport without the bias of small batches.

The same N points of noise and of data are used in every epoch, paired once.
Reference: Peyré and Cuturi, "Computational Optimal Transport" (2019), section 2.2.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from torch import Tensor

from core.couplings import Coupling
from core.numerics.assignment import optimal
from core.registry import register


@register("coupling")
class ExactOt(Coupling, frozen=True):
    """A fixed set of pairs, paired along shortest ways as a whole."""

    name = "exact-ot"
    title = "Exact OT of N pairs"
    reference = "Peyré and Cuturi 2019, Computational Optimal Transport, section 2.2"

    n_pairs: Annotated[
        int, Meta(ge=64, le=16384, title="Pairs", description="Paired once, before training; time grows as the cube")
    ] = 4096

    @property
    def fixed(self) -> int:
        return self.n_pairs

    def pair(self, x1: Tensor, x0: Tensor) -> Tensor:
        return optimal(x1, x0)
