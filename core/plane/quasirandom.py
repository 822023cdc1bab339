"""Even points in the unit square, and centres that draw a picture: deterministic, so that a run can be repeated.

Sources: Roberts, "The unreasonable effectiveness of quasirandom sequences" (2018), for the sequence; Secord, "Weighted
Voronoi stippling" (2002), for the pictures.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]

_PLASTIC = 1.32471795724474602596
"""The root of p^3 = p + 1, to two dimensions what the golden ratio is to one."""
_ROUNDS = 24
"""Of Lloyd's iteration: enough that no clump is left to the eye, few enough that shades stay."""


def r2(n: int) -> Tensor:
    """The first n points [n, 2] of the sequence R2, in (0, 1)."""
    index = torch.arange(1, n + 1, dtype=torch.float64)[:, None]
    return (0.5 + index * torch.tensor([1 / _PLASTIC, 1 / _PLASTIC**2], dtype=torch.float64)) % 1.0


def stipple(darkness: Array, n: int) -> tuple[Array, Array]:
    """At most n places that draw a picture, and the share of its darkness that belongs to each.

    Places begin at a low-discrepancy sample of the darkness and then move to the centres of mass of the pixels that
    are nearest to them.

    Args:
        darkness: [H, W], not negative, somewhere positive; row 0 is the top.

    Returns:
        Places [K, 2] in pixels, x to the right and y up from the lower left corner, and shares [K] that add up to 1.
    """
    height = len(darkness)
    rows, columns = np.nonzero(darkness)
    mass = darkness[rows, columns].astype(np.float64)
    pixels = np.stack([columns + 0.5, height - rows - 0.5], axis=1)
    if len(pixels) <= n:
        return pixels, mass / mass.sum()
    places = pixels[_sample(darkness, n)]
    for _ in range(_ROUNDS):
        places, share = _gather(pixels, mass, places)
    return places, share / share.sum()


def _sample(darkness: Array, n: int) -> NDArray[np.intp]:
    """Which of the positive pixels, in row order, the sequence R2 hits: first a row by its mass, then a place in it."""
    u = r2(n).numpy()
    by_row = np.cumsum(darkness.sum(axis=1))
    row = np.searchsorted(by_row, u[:, 0] * by_row[-1], side="right")
    along_row = np.cumsum(darkness, axis=1)[row]
    column = (along_row <= u[:, 1:] * along_row[:, -1:]).sum(axis=1)
    number = np.cumsum(darkness > 0).reshape(darkness.shape) - 1
    return np.asarray(number[row, column], dtype=np.intp)


def _gather(pixels: Array, mass: Array, places: Array) -> tuple[Array, Array]:
    """Move every place to the centre of mass of its pixels; places that have none go."""
    from scipy.spatial import cKDTree  # not above: half a second, for few runs

    _, nearest = cKDTree(places).query(pixels)
    share = np.asarray(np.bincount(nearest, mass, len(places)), dtype=np.float64)
    moved = np.stack([np.bincount(nearest, mass * pixels[:, axis], len(places)) for axis in (0, 1)], axis=1)
    kept = share > 0
    return moved[kept] / share[kept, None], share[kept]
