"""Grids of images as one picture: what stage, page and widgets show of an `Images` mark."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from vispy.color import get_colormap

from workbench.views.marks import Images

Bytes = NDArray[np.uint8]


def atlas(mark: Images, row: int) -> Bytes:
    """All images of a recorded row on one sheet [lines * H, columns * W, 3], row by row; what is left over is black."""
    return sheet(as_bytes(mark.values[row], mark.limit), mark.columns)


def sheet(images: Bytes, columns: int) -> Bytes:
    """Images [B, H, W, 3] row by row on one sheet [lines * H, columns * W, 3]."""
    b, h, w, c = images.shape
    lines = -(-b // columns)
    if b < lines * columns:
        images = np.concatenate([images, np.zeros((lines * columns - b, h, w, c), np.uint8)])
    grid = images.reshape(lines, columns, h, w, c).transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(grid.reshape(lines * h, columns * w, c))


def as_bytes(values: NDArray[np.floating], limit: float | None = None) -> Bytes:
    """Images [..., C, H, W] from -1 to 1 as bytes [..., H, W, 3], cut to that range; with a ``limit`` one channel from
    0 to it, in viridis. What is not a number is black."""
    with np.errstate(invalid="ignore"):
        if limit is not None:
            level = np.nan_to_num(np.clip(values[..., 0, :, :] / limit, 0.0, 1.0) * 255.0 + 0.5)
            out: Bytes = viridis()[level.astype(np.uint8)]
            return out
        level = np.nan_to_num(np.clip(values * 127.5 + 128.0, 0.0, 255.0)).astype(np.uint8)
    pixels = np.moveaxis(level, -3, -1)
    return np.broadcast_to(pixels, (*pixels.shape[:-1], 3)) if pixels.shape[-1] == 1 else pixels


@lru_cache(maxsize=1)
def viridis() -> Bytes:
    """The 256 colours of viridis from low to high, [256, 3]. N. Smith and S. van der Walt (2015)."""
    colours = get_colormap("viridis").map(np.linspace(0.0, 1.0, 256))
    out: Bytes = (colours[:, :3] * 255 + 0.5).astype(np.uint8)
    return out
