"""Some of the discrete steps of a DDPM schedule, evenly chosen, from k = T down to k = 0.

Reference: Song et al., "Denoising Diffusion Implicit Models" (2021), section 4.2 and appendix D.2: a sub-sequence of
1..T. Here it always begins at k = T, where the noise is, and ends at the data, k = 0.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from core.errors import SpecError
from core.grids import Grid
from core.paths import Path
from core.registry import register


@register("grid")
class DdpmStride(Grid, frozen=True):
    """Evenly chosen steps k of the discrete schedule."""

    name = "ddpm-stride"
    title = "DDPM steps"
    reference = "Song et al. 2021, Denoising Diffusion Implicit Models, appendix D.2"
    needs: ClassVar[tuple[str, ...]] = ("discrete-path",)

    def times(self, path: Path, n_steps: int) -> Tensor:
        total = path.n_discrete
        if total is None:
            raise SpecError("grid", f"DDPM steps need a discrete path. {path.title} has none; choose uniform.")
        if n_steps > total:
            raise SpecError("sampler.n_steps", f"Steps must be 1 to {total:,}, the schedule's T. Given {n_steps:,}.")
        k = torch.linspace(total, 0, n_steps + 1, dtype=torch.float64).round()
        return 1.0 - k / total
