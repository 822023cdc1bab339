"""EDM: learn the data through a network whose input, output and noise levels are scaled to unit variance.

With the ``edm`` row of the prediction table EDM's weight lambda(sigma) = 1 / c_out^2 makes the loss the plain squared
error of the network's output. Noise levels are log-normal: ln(sigma / alpha) ~ N(mean, spread^2).
Reference: Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models" (2022), eq. 8 and table 1;
their sigma_data is measured on the data here. Their mean of -1.2 and spread of 1.2 go with a sigma_data of 0.5; the
defaults reach wider, for data of a standard deviation of about one.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from core.paths import Path
from core.predictions import Prediction
from core.registry import register
from trainers.objective import Objective

_TABLE = 2049


@register("objective")
class Edm(Objective, frozen=True):
    """Learns the data at noise levels that matter most, all scaled alike."""

    name = "edm"
    title = "EDM"
    reference = "Karras et al. 2022, Elucidating the Design Space, eq. 8"
    formula: ClassVar[str] = (
        r"\E |F_\theta(x_t, t) - (\frac{\sigma_t}{c} x_1 - c \alpha_t x_0) / \sqrt{c^2 \alpha_t^2"
        r" + \sigma_t^2}|^2"
    )
    family = "diffusion"
    needs: ClassVar[tuple[str, ...]] = ("normal-source",)

    mean: Annotated[
        float, Meta(ge=-5, le=5, title="Level", description="Mean of ln(σ/α) of the noise that is trained on")
    ] = 0.0
    spread: Annotated[float, Meta(gt=0, le=5, title="Spread", description="Standard deviation of ln(σ/α)")] = 1.6

    @property
    def predicts(self) -> Prediction:
        return "edm"

    def times(self, u: Tensor, path: Path) -> Tensor:
        """Times whose -lam is normal, cut off at the ends of the path; lam is inverted by a table."""
        t = torch.linspace(path.t_min, path.t_max, _TABLE, dtype=torch.float64, device=u.device)
        below = torch.special.ndtr((-path.at(t).lam - self.mean) / self.spread)  # falls from noise to data
        p = below[0] + (below[-1] - below[0]) * u.double()
        right = torch.searchsorted(-below, -p).clamp(1, _TABLE - 1)
        low, high = below[right - 1], below[right]
        share = ((p - low) / torch.where(high == low, -1.0, high - low)).clamp(0.0, 1.0)
        times: Tensor = t[right - 1] + share * (t[right] - t[right - 1])
        return times.to(u.dtype)
