"""Grids: at which times a sampler stops. One grid, one file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
import torch
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


def through(path: Path, lams: Sequence[Tensor]) -> Tensor:
    """Times of a grid [len(lams) + 1] at which lam has these rising values, the path's first and last among them."""
    inner = [float(path.t_of_lam(lam)) for lam in lams[1:-1]]
    between = [path.t_min, *inner, path.t_max] if len(lams) > 1 else [path.t_min]
    return torch.tensor([*between, 1.0], dtype=torch.float64)
