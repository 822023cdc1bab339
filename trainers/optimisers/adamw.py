"""AdamW: Adam whose weight decay shrinks the weights themselves and does not pass through its moments."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from torch import nn
from torch.optim import AdamW as TorchAdamW
from torch.optim import Optimizer

from core.registry import register
from trainers.optimisers import Optimiser


@register("optimiser")
class AdamW(Optimiser, frozen=True):
    """Adam with decoupled weight decay, the usual choice."""

    name = "adamw"
    title = "AdamW"
    reference = "Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization, algorithm 2"

    beta_1: Annotated[float, Meta(ge=0, lt=1, title="Momentum", description="Decay of the mean of gradients")] = 0.9
    beta_2: Annotated[float, Meta(ge=0, lt=1, title="Scaling", description="Decay of the mean of their squares")] = 0.99

    def build(self, weights: nn.Parameter, weight_decay: float) -> Optimizer:
        fused = weights.device.type != "mps"
        betas = (self.beta_1, self.beta_2)
        return TorchAdamW([weights], lr=0.0, betas=betas, weight_decay=weight_decay, fused=fused)
