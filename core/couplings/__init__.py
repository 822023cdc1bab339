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
    provides: ClassVar[tuple[str, ...]] = ()
    #: what holds no longer with this coupling, such as ``normal-source``
    spoils: ClassVar[tuple[str, ...]] = ("normal-source",)

    @property
    def fixed(self) -> int:
        """The number of pairs of a fixed training set that is paired as a whole; 0 where every batch is paired anew."""
        return 0

    def pair(self, x1: Tensor, x0: Tensor) -> Tensor:
        """For each row of x1 [B, ...] the row of x0 [B, ...] that it is paired with: a permutation [B], int64."""
        raise NotImplementedError  # abstract

    @classmethod
    def facts(cls) -> dict[str, Any]:
        return {"provides": list(cls.provides), "spoils": list(cls.spoils)}
