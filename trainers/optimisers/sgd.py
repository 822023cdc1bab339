"""Stochastic gradient descent with momentum; weight decay is a part of the gradient."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from torch import nn
from torch.optim import SGD as TorchSGD
from torch.optim import Optimizer

from core.registry import register
from trainers.optimisers import Optimiser


@register("optimiser")
class Sgd(Optimiser, frozen=True):
    """Plain steps down the gradient; wants a larger learning rate than Adam."""

    name = "sgd"
    title = "SGD"
    reference = "Sutskever et al. 2013, On the importance of initialization and momentum, eq. 1"

    momentum: Annotated[
        float, Meta(ge=0, lt=1, title="Momentum", description="Share of the last step that is taken again")
    ] = 0.9
    nesterov: Annotated[bool, Meta(title="Nesterov", description="Looks ahead along the momentum")] = False

    def __post_init__(self) -> None:
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum above 0")

    def build(self, weights: nn.Parameter, weight_decay: float) -> Optimizer:
        return TorchSGD(
            [weights], lr=0.0, momentum=self.momentum, nesterov=self.nesterov, weight_decay=weight_decay, fused=False
        )
