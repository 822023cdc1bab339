"""EDM's grid: equal steps in (sigma / alpha)^(1 / rho), on any path.

Reference: Karras et al., "Elucidating the Design Space" (2022), eq. 5 and appendix D.1.
"""

from __future__ import annotations

from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor

from core.grids import Grid, through
from core.paths import Path
from core.registry import register


@register("grid")
class Karras(Grid, frozen=True):
    """Equal steps in a root of the noise level σ/α."""

    name = "karras"
    title = "Karras (EDM)"
    reference = "Karras et al. 2022, Elucidating the Design Space, eq. 5"

    rho: Annotated[float, Meta(ge=1, le=20, title="Bend ρ", description="Larger: more steps near the data")] = 7.0

    def times(self, path: Path, n_steps: int) -> Tensor:
        ends = path.at(torch.tensor([path.t_min, path.t_max], dtype=torch.float64)).lam
        # levels to the power 1 / rho, which are exp(-lam / rho)
        first, last = torch.exp(-ends / self.rho)
        roots = torch.linspace(float(first), float(last), n_steps, dtype=torch.float64)
        return through(path, [-self.rho * torch.log(root) for root in roots])
