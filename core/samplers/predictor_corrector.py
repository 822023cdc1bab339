"""Predictor-corrector: an ancestral step to s, then steps of Langevin dynamics at s, which mend its distribution.

A corrector step is x + e score + sqrt(2 e) z with e = 2 (snr |z| / |score|)^2. The published code takes the norms as
means over the batch, which would let particles depend on each other; here they are their expectations, sqrt(D) and
sqrt(D) / sigma, so that e = 2 (snr sigma)^2. (The published factor alpha of e for VP, close to 1, is left out.)
Reference: Song et al., "Score-Based Generative Modeling through SDEs" (2021), algorithms 2 to 5, appendix G.
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
class PredictorCorrector(Sampler, frozen=True, kw_only=True):
    """Draws the next state, then lets it settle where it is."""

    name = "predictor-corrector"
    title = "Predictor-corrector"
    reference = "Song et al. 2021, Score-Based Generative Modeling through SDEs, algorithms 2 and 3"
    formula: ClassVar[str] = (
        r"x \leftarrow x + \epsilon \nabla \log p_s"
        r" + \sqrt{2 \epsilon} z,  \epsilon = 2 (r \sigma_s)^2"
    )
    order = 1
    stochastic = True
    nfe_per_step = 2
    equation: ClassVar[str] = "sde"

    n_corrector: Annotated[
        int, Meta(ge=0, le=20, title="Corrections", description="Langevin steps after each step, one evaluation each")
    ] = 1
    snr: Annotated[
        float, Meta(gt=0, le=0.9, title="Signal to noise", description="Size of a Langevin step, as a part of σ")
    ] = 0.16

    @property
    def evaluations(self) -> int:
        return 1 + self.n_corrector

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        estimate = field(x, t)
        here, there = field.path.at(t), field.path.at(s)
        drawn = variance(here, there)
        x = there.alpha * estimate.x1 + torch.sqrt(there.sigma**2 - drawn) * estimate.x0
        x = x + torch.sqrt(drawn) * noise.increment(float(t), float(s))
        size = 2.0 * (self.snr * there.sigma) ** 2
        for draw in range(self.n_corrector):
            x = x + size * field(x, s).score(there) + torch.sqrt(2.0 * size) * noise.fresh(float(s), draw)
        return Step(x, state, estimate)
