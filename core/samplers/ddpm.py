"""DDPM's ancestral step: x_s ~ N(mean of q(x_s | x_t, x1_hat), variance).

Reference: Ho et al., "Denoising Diffusion Probabilistic Models" (2020), algorithm 2 and section 3.2: the variance is
that of the posterior, or beta. Over more than one discrete step both are those of the whole step.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import torch
from msgspec import Meta
from torch import Tensor

from core.fields import Field
from core.numerics.posterior import beta, variance
from core.registry import register
from core.samplers import Sampler, Step, StepNoise


@register("sampler")
class Ddpm(Sampler, frozen=True, kw_only=True):
    """Draws the next state from the posterior given the previewed data."""

    name = "ddpm"
    title = "DDPM ancestral"
    reference = "Ho et al. 2020, Denoising Diffusion Probabilistic Models, algorithm 2"
    formula: ClassVar[str] = r"x_s = \alpha_s \hat x_1 + \sqrt{\sigma_s^2 - \tilde\beta} \hat x_0 + \omega z"
    order = 1
    stochastic = True
    equation: ClassVar[str] = "ddpm"

    variance: Annotated[
        Literal["posterior", "beta"], Meta(title="Variance", description="Of the noise drawn in each step")
    ] = "posterior"

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        estimate = field(x, t)
        here, there = field.path.at(t), field.path.at(s)
        posterior = variance(here, there)
        mean = there.alpha * estimate.x1 + torch.sqrt(there.sigma**2 - posterior) * estimate.x0
        drawn = posterior if self.variance == "posterior" else beta(here, there)
        return Step(mean + torch.sqrt(drawn) * noise.increment(float(t), float(s)), state, estimate)
