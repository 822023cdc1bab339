"""Clippings: bounds for the previewed data. One kind, one file; a clipped field is a field again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
import torch
from torch import Tensor

from core.fields import Field
from core.numerics.per_particle import over
from core.paths import Path
from core.predictions import Estimate


class Clipping(msgspec.Struct, frozen=True):
    """Bounds x1_hat; x0_hat follows, so that x_t = alpha x1_hat + sigma x0_hat goes on to hold."""

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ("field",)
    #: whether anything is bounded at all
    active: ClassVar[bool] = True
    #: what its parameters are at first where the data are images, in [-1, 1]
    for_images: ClassVar[Mapping[str, float]] = {}

    def bound(self, x1: Tensor) -> Tensor:
        """The previewed data [B, ...] inside its bounds."""
        raise NotImplementedError  # abstract

    def wrap(self, field: Field) -> Field:
        return ClippedField(field, self) if self.active else field

    @classmethod
    def facts(cls) -> dict[str, Any]:
        return {"needs": list(cls.needs), "for_images": dict(cls.for_images)}


class ClippedField:
    """A field whose x1_hat is bounded."""

    def __init__(self, field: Field, clipping: Clipping) -> None:
        self._field, self._clipping = field, clipping
        self.path: Path = field.path

    def __call__(self, x: Tensor, t: Tensor, cond: Tensor | None = None) -> Estimate:
        estimate = self._field(x, t, cond)
        x1 = self._clipping.bound(estimate.x1)
        c = self.path.at(t).like(x)
        # untouched particles keep their noise estimate to the last bit
        moved = over((x1 != estimate.x1).flatten(1).any(1), x)
        return Estimate(x1, torch.where(moved, (x - c.alpha * x1) / c.sigma, estimate.x0))
