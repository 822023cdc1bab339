"""Optimisers: how a gradient moves the weights. One optimiser, one file."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from torch import nn
from torch.optim import Optimizer


class Optimiser(msgspec.Struct, frozen=True):
    """How a spec names an optimiser; `build` makes it. The learning rate is set by the loop before every step."""

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    #: whether two steps may be learned at the same weights: where a step is as long as its gradient, both together are
    #: one of twice the length
    in_pairs: ClassVar[bool] = False

    @classmethod
    def facts(cls) -> dict[str, Any]:
        return {"in_pairs": cls.in_pairs}

    def build(self, weights: nn.Parameter, weight_decay: float) -> Optimizer:
        """An optimiser of the one vector [P] that holds all parameters; its state is made of tensors."""
        raise NotImplementedError  # abstract
