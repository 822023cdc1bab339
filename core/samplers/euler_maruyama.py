"""Euler-Maruyama: dx = (velocity + g^2/2 score) dt + g dW, with any g: all of them share the path's marginals.

g^2 is ``strength`` times 2 sigma^2 dlam/dt (the path's own forward SDE, reversed), sigma, or 1. Where a step is too
long for that, g^2 is lowered to sigma^2 / (s - t), at which the score takes away half of the noise that is there:
longer steps throw it to the other side. The marginals allow it, and the limit of many steps does not notice.
Reference: Song et al., "Score-Based Generative Modeling through SDEs" (2021), eq. 6 and 13; Ma et al., "SiT" (2024),
eq. 4 and section 2.4 for the free choice; Maruyama (1955).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import torch
from msgspec import Meta
from torch import Tensor

from core.fields import Field
from core.paths import Coefficients
from core.registry import register
from core.samplers import Sampler, Step, StepNoise


@register("sampler")
class EulerMaruyama(Sampler, frozen=True, kw_only=True):
    """Follows the velocity, shaken by noise and held on course by the score."""

    name = "euler-maruyama"
    title = "Euler-Maruyama"
    reference = "Song et al. 2021, Score-Based Generative Modeling through SDEs, eq. 6; Ma et al. 2024, SiT, eq. 4"
    formula: ClassVar[str] = r"x_s = x_t + (s - t) (v_\theta + \half g^2 \nabla \log p_t) + g \sqrt{s - t} z"
    order = 1
    stochastic = True
    equation: ClassVar[str] = "sde"

    diffusion: Annotated[
        Literal["path", "sigma", "constant"],
        Meta(title="Diffusion", description="g² over time: the path's own SDE, σ, or 1"),
    ] = "sigma"
    strength: Annotated[
        float, Meta(ge=0, le=100, title="Strength", description="Factor of g²; 0 is Euler on the flow")
    ] = 1.0

    @property
    def draws(self) -> bool:
        return self.strength > 0

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        estimate, c, h = field(x, t), field.path.at(t), s - t
        drift = estimate.velocity(c)
        if not self.draws:
            return Step(x + h * drift, state, estimate)
        g_square = torch.minimum(self.strength * self._g_square(c), c.sigma**2 / h)
        drift = drift + 0.5 * g_square * estimate.score(c)
        return Step(x + h * drift + torch.sqrt(g_square * h) * noise.increment(float(t), float(s)), state, estimate)

    def _g_square(self, c: Coefficients) -> Tensor:
        match self.diffusion:
            case "path":
                return 2.0 * c.sigma**2 * (c.d_alpha / c.alpha - c.d_sigma / c.sigma)
            case "sigma":
                return c.sigma
            case "constant":
                return torch.ones_like(c.sigma)
