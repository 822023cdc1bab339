"""Couplings: which noise goes with which data. One coupling, one file."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from torch import Tensor


class Coupling(msgspec.Struct, frozen=True):
    """Pairs a batch of data with a batch of noise."""

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    #: ``normal-source`` where x0 is standard normal and independent of x1: score and stochastic samplers need it
    provides: ClassVar[tuple[str, ...]] = ()

    def pair(self, x1: Tensor, x0: Tensor) -> tuple[Tensor, Tensor]:
        """The batch re-ordered: row i of x1 [B, ...] belongs to row i of x0 [B, ...]."""
        raise NotImplementedError  # abstract

    @classmethod
    def facts(cls) -> dict[str, Any]:
        return {"provides": list(cls.provides)}
