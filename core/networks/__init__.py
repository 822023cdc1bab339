"""Networks: one architecture, one file. A network is called as ``module(x, t, cond, s)``, returning the shape of x."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
import torch
from torch import Tensor, nn


class Network(msgspec.Struct, frozen=True):
    """How a spec names a network; `build` makes it, freshly initialised from torch's global generator."""

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    #: ``points`` or ``images``
    reads: ClassVar[str] = "points"

    def build(self, shape: tuple[int, ...], n_classes: int = 0, two_times: bool = False) -> nn.Module:
        """A module called with x [B, *shape], t [B], class labels [B] or None, and a target time s [B] or None.

        The label ``n_classes`` means no class, and so does None. Only a network of two times reads s; None is s = t.
        A module with a true attribute ``shares_time`` also takes t and s [1], which stand for all samples.
        """
        raise NotImplementedError  # abstract

    @classmethod
    def facts(cls) -> dict[str, Any]:
        """Its size with its defaults, for as many ``classes``."""
        shape = (2,) if cls.reads == "points" else (1, 28, 28)
        return {"reads": cls.reads, "classes": 0, "parameters": count_parameters(cls().build(shape))}


def count_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def labels(cond: Tensor | None, x: Tensor, n_classes: int) -> Tensor:
    """The class labels [B] of a batch x [B, ...]; without any, "no class" for all."""
    return torch.full((len(x),), n_classes, device=x.device) if cond is None else cond
