"""Fields: what is known at (x_t, t), as an `Estimate` of data and noise. One kind of field, one file.

A `Field` is a callable with its path; a `FlowMap` jumps from t to s in one evaluation. Registered here are the ways in
which a spec names a field: a struct whose `build` makes the callable.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, cast

import msgspec
import torch
from torch import Tensor

from core.datasets import Dataset
from core.paths import Path
from core.predictions import Estimate
from core.sources import Source


class Field(Protocol):
    """The expected x1 and x0 given x_t."""

    @property
    def path(self) -> Path: ...

    def __call__(self, x: Tensor, t: Tensor, cond: Tensor | None = None) -> Estimate:
        """Estimate at x [B, ...] and t (0-dimensional or [B]); cond are class labels [B] or None."""
        ...


class FlowMap(Field, Protocol):
    """A field that also jumps: what provides ``flow-map``."""

    def flow_map(self, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None = None) -> Tensor:
        """x_s [B, ...] from x_t in one evaluation, for 0 <= t < s <= 1."""
        ...


def jumping(field: Field) -> FlowMap:
    """A field as the flow map that it is: a run of which a part needs one is refused before without."""
    return cast(FlowMap, field)


class FieldSpec(msgspec.Struct, frozen=True):
    """How a spec names a field."""

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]

    #: what the objective of a network stands for: ``field``, ``flow-map``, ``exact-field``
    provides: ClassVar[tuple[str, ...]] = ("field",)
    needs: ClassVar[tuple[str, ...]] = ()

    def build(
        self, dataset: Dataset, source: Source, path: Path, seed: int, device: torch.device, dtype: torch.dtype
    ) -> Field:
        """The callable.

        Raises:
            SpecError: the data have no such field, or its weights cannot be read or belong to something else.
        """
        raise NotImplementedError  # abstract

    @classmethod
    def facts(cls) -> dict[str, Any]:
        return {"provides": list(cls.provides), "needs": list(cls.needs)}
