"""Networks: one architecture, one file. A network is called as ``module(x, t, cond)`` and returns the shape of x."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from torch import nn


class Network(msgspec.Struct, frozen=True):
    """How a spec names a network; `build` makes it, freshly initialised from torch's global generator."""

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]

    def build(self, dim: int) -> nn.Module:
        """A module called with x [B, dim], t [B] and class labels [B] or None; it returns [B, dim]."""
        raise NotImplementedError  # abstract

    @classmethod
    def facts(cls) -> dict[str, Any]:
        return {"parameters": count_parameters(cls().build(2))}


def count_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
