"""Adam as published: weight decay, where there is some, is a part of the gradient and is rescaled with it."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta
from torch import nn
from torch.optim import Adam as TorchAdam
from torch.optim import Optimizer

from core.registry import register
from trainers.optimisers import Optimiser


@register("optimiser")
class Adam(Optimiser, frozen=True):
    """Steps scaled by the running size of the gradient."""

    name = "adam"
    title = "Adam"
    reference = "Kingma and Ba 2015, Adam: A Method for Stochastic Optimization, algorithm 1"
    in_pairs: ClassVar[bool] = True

    beta_1: Annotated[float, Meta(ge=0, lt=1, title="Momentum", description="Decay of the mean of gradients")] = 0.9
    beta_2: Annotated[float, Meta(ge=0, lt=1, title="Scaling", description="Decay of the mean of their squares")] = (
        0.999
    )

    def build(self, weights: nn.Parameter, weight_decay: float) -> Optimizer:
        fused = weights.device.type != "mps"
        betas = (self.beta_1, self.beta_2)
        return TorchAdam([weights], lr=0.0, betas=betas, weight_decay=weight_decay, fused=fused)
