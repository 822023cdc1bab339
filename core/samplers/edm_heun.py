"""EDM's sampler: Heun's method in the noise level n = sigma / alpha, with a little noise put back before each step.

In y = x / alpha the flow of every path reads dy/dn = x0_hat. A step first goes back from n to (1 + gamma) n by adding
noise, gamma = min(s_churn / n_steps, sqrt(2) - 1) for s_min <= n <= s_max, but never before the path's start, and then
takes Heun's step to the level of s. On a path with alpha = 1 this is the published algorithm.
Reference: Karras et al., "Elucidating the Design Space" (2022), algorithm 2; table 5 for values of the churn.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from core.fields import Field
from core.registry import register
from core.samplers import Sampler, Step, StepNoise

_MOST = math.sqrt(2.0) - 1.0
"""Never more new noise than there is already."""


@register("sampler")
class EdmHeun(Sampler, frozen=True, kw_only=True):
    """Averages two looks at the noise in each step, and may churn some of it."""

    name = "edm-heun"
    title = "EDM Heun"
    reference = "Karras et al. 2022, Elucidating the Design Space, algorithm 2"
    formula: ClassVar[str] = (
        r"\frac{x_s}{\alpha_s} = \frac{x_t}{\alpha_t} + \half (\frac{\sigma_s}{\alpha_s}"
        r" - \frac{\sigma_t}{\alpha_t}) (\hat x_{0,t} + \hat x_{0,s})"
    )
    order = 2
    nfe_per_step = 2

    s_churn: Annotated[
        float, Meta(ge=0, le=1000, title="Churn", description="Noise put back over the whole run; 0 follows the flow")
    ] = 0.0
    s_min: Annotated[float, Meta(ge=0, le=1e4, title="Churn from", description="Least noise level σ/α")] = 0.05
    s_max: Annotated[float, Meta(ge=0, le=1e4, title="Churn up to", description="Largest noise level σ/α")] = 50.0
    s_noise: Annotated[
        float, Meta(ge=0.5, le=2, title="Churn width", description="Standard deviation of the noise put back")
    ] = 1.0

    @property
    def draws(self) -> bool:
        return self.s_churn > 0

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        """The estimate is that at the place from which Heun's step sets out, after the churn."""
        path = field.path
        x, t = self._churned(field, x, t, noise)
        here, there = path.at(t), path.at(s)
        estimate = field(x, t)
        scale, rise = there.alpha / here.alpha, there.alpha * (torch.exp(-there.lam) - torch.exp(-here.lam))
        ahead = field(scale * x + rise * estimate.x0, s)
        return Step(scale * x + rise * 0.5 * (estimate.x0 + ahead.x0), state, estimate)

    def _churned(self, field: Field, x: Tensor, t: Tensor, noise: StepNoise) -> tuple[Tensor, Tensor]:
        """x and the time with noise put back."""
        here = field.path.at(t)
        level = float(torch.exp(-here.lam))
        gamma = min(self.s_churn / self.n_steps, _MOST) if self.s_min <= level <= self.s_max else 0.0
        if gamma == 0.0:
            return x, t
        back = field.path.t_of_lam(here.lam - math.log1p(gamma))
        there = field.path.at(back)
        ratio = there.alpha / here.alpha
        added = torch.sqrt((there.sigma**2 - (ratio * here.sigma) ** 2).clamp_min(0.0))
        return ratio * x + added * self.s_noise * noise.fresh(float(t), 0), back
