"""A checkerboard: alternate cells of a 4 x 4 board, each filled by a lattice of blurred centres."""

from __future__ import annotations

from typing import Annotated

import torch
from msgspec import Meta

from core.datasets import Dataset
from core.numerics.mixture import Mixture
from core.registry import register

_PER_SIDE = 11
"""Centres along a cell: 8 cells x 121 = 968."""


@register("data")
class Checkerboard(Dataset, frozen=True):
    """Eight square cells with sharp edges."""

    name = "checkerboard"
    title = "Checkerboard"
    reference = "Grathwohl et al. 2019, FFJORD"

    cell: Annotated[float, Meta(gt=0, le=5, title="Cell", description="Side of a cell")] = 1.5

    def mixture(self) -> Mixture:
        spacing = self.cell / _PER_SIDE
        place = (torch.arange(_PER_SIDE, dtype=torch.float64) + 0.5) * spacing
        inside = torch.cartesian_prod(place, place)
        corners = torch.tensor([(i, j) for i in range(4) for j in range(4) if (i + j) % 2 == 0], dtype=torch.float64)
        centres = ((corners - 2.0) * self.cell)[:, None, :] + inside[None, :, :]
        # Half a spacing of blur makes the inside even to a few per cent and the edges as sharp as the lattice allows.
        return Mixture(centres.reshape(-1, 2), 0.5 * spacing)
