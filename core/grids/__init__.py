"""Grids: at which times a sampler stops. One grid, one file."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from torch import Tensor

from core.paths import Path


class Grid(msgspec.Struct, frozen=True):
    """Gives the times of a run: n_steps + 1 of them, rising from the path's t_min to exactly 1."""

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    #: what the path must provide
    needs: ClassVar[tuple[str, ...]] = ()

    def times(self, path: Path, n_steps: int) -> Tensor:
        """[n_steps + 1] float64; all but the last inside [t_min, t_max]."""
        raise NotImplementedError  # abstract

    @classmethod
    def facts(cls) -> dict[str, Any]:
        return {"needs": list(cls.needs)}
