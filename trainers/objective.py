"""What every objective is: a regression target on a path, as a registered part."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from torch import Tensor, nn

from core.paths import Path
from core.predictions import Prediction, target


class Objective(msgspec.Struct, frozen=True):
    """How a network learns a field. The base class regresses the prediction's row of the table.

    ``family`` decides colour and glyph: diffusion, flow or one-step.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    family: ClassVar[str]

    @property
    def predicts(self) -> Prediction:
        """What the network outputs."""
        raise NotImplementedError  # abstract

    def loss(self, network: nn.Module, path: Path, x1: Tensor, x0: Tensor, t: Tensor) -> Tensor:
        """Mean squared error of the network at x_t against the pair's target; x1 and x0 [B, ...], t [B]."""
        c = path.at(t).over(x1)
        error = network(c.alpha * x1 + c.sigma * x0, t, None) - target(self.predicts, x1, x0, c)
        loss: Tensor = error.square().mean()
        return loss

    @classmethod
    def facts(cls) -> dict[str, Any]:
        return {"family": cls.family}
