"""DPM-Solver++ (2M) for the SDE: the data estimate, extrapolated through the step before, and fresh noise.

With h = lam_s - lam_t and eta the share of the path's own diffusion,
x_s = (sigma_s / sigma_t) e^(-eta h) x_t + alpha_s (1 - e^(-(1 + eta) h)) x1_hat + sigma_s sqrt(1 - e^(-2 eta h)) z.
Reference: Lu et al., "DPM-Solver++" (2022), eq. 18 (eta = 1); eta and the form with the extrapolated estimate follow
K. Crowson's k-diffusion (``sample_dpmpp_2m_sde``, midpoint). eta = 0 is DPM-Solver++ 2M.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from core.fields import Field
from core.registry import register
from core.samplers import Sampler, Step, StepNoise


@register("sampler")
class Dpmpp2mSde(Sampler, frozen=True, kw_only=True):
    """Remembers the preview of the step before, and draws noise."""

    name = "dpmpp-2m-sde"
    title = "DPM-Solver++ 2M SDE"
    reference = "Lu et al. 2022, DPM-Solver++, eq. 18; K. Crowson's k-diffusion"
    formula: ClassVar[str] = (
        r"x_s = \frac{\sigma_s}{\sigma_t} e^{-\eta h} x_t + \alpha_s (1 - e^{-(1 + \eta) h}) D"
        r" + \sigma_s \sqrt{1 - e^{-2 \eta h}} z"
    )
    order = 2
    stochastic = True
    equation: ClassVar[str] = "sde"

    eta: Annotated[
        float,
        Meta(
            ge=0, le=2, title="Noise added", extra_json_schema={"symbol": "η"},
            description="0 follows the flow, 1 draws as much fresh noise as the path's own SDE",
        ),
    ] = 1.0  # fmt: skip

    @property
    def draws(self) -> bool:
        return self.eta > 0

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        """``state`` is the data estimate and lam of the step before, or None."""
        estimate = field(x, t)
        here, there = field.path.at(t), field.path.at(s)
        h, x1 = there.lam - here.lam, estimate.x1
        if state is not None:
            before, lam_before = state
            x1 = x1 + (x1 - before) * h / (2.0 * (here.lam - lam_before))
        out = (
            there.sigma / here.sigma * torch.exp(-self.eta * h) * x
            - there.alpha * torch.expm1(-(1 + self.eta) * h) * x1
        )
        if self.draws:
            drawn = -torch.expm1(-2.0 * self.eta * h)
            out = out + there.sigma * torch.sqrt(drawn) * noise.increment(float(t), float(s))
        return Step(out, (estimate.x1, here.lam), estimate)
