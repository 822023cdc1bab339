"""DDIM: x_s = alpha_s x1_hat + sqrt(sigma_s^2 - eta^2 v) x0_hat + eta sqrt(v) z, with v the posterior variance.

Reference: Song, Meng and Ermon, "Denoising Diffusion Implicit Models" (2021), eq. 12 and 16. eta = 0 is deterministic
and equals DPM-Solver-1 and, on the linear path, Euler; eta = 1 is DDPM with the posterior variance.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from core.fields import Field
from core.numerics.posterior import variance
from core.registry import register
from core.samplers import Sampler, Step, StepNoise


@register("sampler")
class Ddim(Sampler, frozen=True, kw_only=True):
    """Goes to the previewed data and puts back as much noise as time s still has."""

    name = "ddim"
    title = "DDIM"
    reference = "Song et al. 2021, Denoising Diffusion Implicit Models, eq. 12"
    formula: ClassVar[str] = (
        r"x_s = \alpha_s \hat x_1 + \sqrt{\sigma_s^2 - \eta^2 \tilde\beta} \hat x_0"
        r" + \eta \sqrt{\tilde\beta} z"
    )
    order = 1
    equation: ClassVar[str] = "ddim"

    eta: Annotated[
        float,
        Meta(
            ge=0, le=1, title="Noise added", extra_json_schema={"symbol": "η"},
            description="0 follows the flow, 1 draws as much fresh noise as DDPM",
        ),
    ] = 0.0  # fmt: skip

    @property
    def draws(self) -> bool:
        return self.eta > 0

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        estimate = field(x, t)
        here, there = field.path.at(t), field.path.at(s)
        fresh = self.eta**2 * variance(here, there)
        x_s = there.alpha * estimate.x1 + torch.sqrt(there.sigma**2 - fresh) * estimate.x0
        if self.draws:
            x_s = x_s + torch.sqrt(fresh) * noise.increment(float(t), float(s))
        return Step(x_s, state, estimate)
