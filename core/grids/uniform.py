"""Equal steps in t."""

from __future__ import annotations

import torch
from torch import Tensor

from core.grids import Grid
from core.paths import Path
from core.registry import register


@register("grid")
class Uniform(Grid, frozen=True):
    """Equal steps in t."""

    name = "uniform"
    title = "Uniform in t"
    reference = ""

    def times(self, path: Path, n_steps: int) -> Tensor:
        times = torch.linspace(path.t_min, 1.0, n_steps + 1, dtype=torch.float64)
        if n_steps > 1 and times[-2] > path.t_max:
            # The step to t = 1 would be shorter than the path allows: it becomes the piece from t_max.
            times[:-1] = torch.linspace(path.t_min, path.t_max, n_steps, dtype=torch.float64)
        return times
