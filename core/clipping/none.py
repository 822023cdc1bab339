"""No bounds: what the field says is taken as it is."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from core.clipping import Clipping
from core.registry import register


@register("clipping")
class Unclipped(Clipping, frozen=True):
    """The preview is taken as it is."""

    name = "none"
    title = "Off"
    reference = ""
    needs: ClassVar[tuple[str, ...]] = ()
    active: ClassVar[bool] = False

    def bound(self, x1: Tensor) -> Tensor:
        return x1
