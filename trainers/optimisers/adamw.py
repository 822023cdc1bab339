"""AdamW: Adam whose weight decay shrinks the weights themselves and does not pass through its moments."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import torch
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
    in_pairs: ClassVar[bool] = True

    beta_1: Annotated[float, Meta(ge=0, lt=1, title="Momentum", description="Decay of the mean of gradients")] = 0.9
    beta_2: Annotated[float, Meta(ge=0, lt=1, title="Scaling", description="Decay of the mean of their squares")] = 0.99

    def build(self, weights: nn.Parameter, weight_decay: float) -> Optimizer:
        fused = weights.device.type != "mps"
        kind = _OfOneVector if fused else TorchAdamW
        betas = (self.beta_1, self.beta_2)
        return kind([weights], lr=0.0, betas=betas, weight_decay=weight_decay, fused=fused)


class _OfOneVector(TorchAdamW):
    """Torch's, of one vector: to look for tensors, sort them and tell a profiler takes it as long as the numbers of a
    small network."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        (group,) = self.param_groups
        (weights,) = group["params"]
        if closure is not None or weights not in self.state:
            return super().step(closure)  # which makes the moments
        state, (beta_1, beta_2) = self.state[weights], group["betas"]
        state["step"] += 1
        torch._fused_adamw_(
            [weights], [weights.grad], [state["exp_avg"]], [state["exp_avg_sq"]], [], [state["step"]],
            lr=group["lr"], beta1=beta_1, beta2=beta_2, weight_decay=group["weight_decay"], eps=group["eps"],
            amsgrad=False, maximize=False,
        )  # fmt: skip
        return None

    step.hooked = True  # type: ignore[attr-defined]  # the mark with which torch leaves it as it is
