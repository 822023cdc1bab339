"""Classifier-free guidance: the unconditional estimate, and w times what the class changes in it.

w = 1 is the conditional field. Each noisy density is tilted by itself, so the flow is not that of a tilted data density
(see `core.guidance.tilted`). Outside an interval of t the conditional field is taken as it is.
References: Ho and Salimans, "Classifier-Free Diffusion Guidance" (2022), eq. 6 with their w + 1 as our w; Kynkäänniemi
et al., "Applying Guidance in a Limited Interval" (2024).
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from core.fields import Field, jumping
from core.guidance import Guidance
from core.numerics.per_particle import over
from core.paths import Path
from core.predictions import Estimate
from core.registry import register


@register("guidance")
class Cfg(Guidance, frozen=True):
    """Goes further in the direction in which the class changes the field; two evaluations a time."""

    name = "cfg"
    title = "Classifier-free"
    reference = "Ho and Salimans 2022, Classifier-Free Diffusion Guidance, eq. 6"
    nfe: ClassVar[int] = 2

    scale: Annotated[
        float,
        Meta(
            ge=0, le=20, title="Scale", description="1 asks for the class as it is", extra_json_schema={"symbol": "w"}
        ),
    ] = 2.0
    start: Annotated[float, Meta(ge=0, le=1, title="From t", description="Guidance starts here")] = 0.0
    end: Annotated[float, Meta(ge=0, le=1, title="To t", description="Guidance ends here")] = 1.0

    @property
    def evaluations(self) -> int | None:
        if self.scale == 1.0:
            return 1
        return self.nfe if self.start == 0.0 and self.end == 1.0 else None

    def wrap(self, field: Field) -> Field:
        return field if self.scale == 1.0 else CfgField(field, self)


class CfgField:
    """Two evaluations: without and with the class."""

    def __init__(self, field: Field, guidance: Cfg) -> None:
        self._field, self._guidance = field, guidance
        self.path: Path = field.path

    def __call__(self, x: Tensor, t: Tensor, cond: Tensor | None = None) -> Estimate:
        conditional, guided = self._field(x, t, cond), self._guided(t)
        if cond is None or not guided.any():
            return conditional
        plain = self._field(x, t, None)
        return Estimate(*(self._beyond(a, b, guided) for a, b in zip(plain, conditional, strict=True)))

    def flow_map(self, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None = None) -> Tensor:
        jump = jumping(self._field).flow_map
        conditional, guided = jump(x, t, s, cond), self._guided(t)
        if cond is None or not guided.any():
            return conditional
        return self._beyond(jump(x, t, s, None), conditional, guided)

    def _guided(self, t: Tensor) -> Tensor:
        """Whether t lies in the interval; of each particle where each has its time."""
        return (self._guidance.start <= t) & (t <= self._guidance.end)

    def _beyond(self, plain: Tensor, conditional: Tensor, guided: Tensor) -> Tensor:
        further = plain + self._guidance.scale * (conditional - plain)
        return torch.where(over(guided, plain), further, conditional)
