"""Equal steps in log-SNR, the natural variable of DPM-Solver.

Reference: Lu et al., "DPM-Solver" (2022), section 3.3 and appendix D.4 ("logSNR" time steps).
"""

from __future__ import annotations

import torch
from torch import Tensor

from core.grids import Grid, through
from core.paths import Path
from core.registry import register


@register("grid")
class LogSnr(Grid, frozen=True):
    """Equal steps in log-SNR."""

    name = "log-snr"
    title = "Uniform in log-SNR"
    reference = "Lu et al. 2022, DPM-Solver, appendix D.4"

    def times(self, path: Path, n_steps: int) -> Tensor:
        ends = path.at(torch.tensor([path.t_min, path.t_max], dtype=torch.float64)).lam
        return through(path, list(torch.linspace(float(ends[0]), float(ends[1]), n_steps, dtype=torch.float64)))
