"""One number for each particle, beside all that a particle has."""

from __future__ import annotations

from torch import Tensor


def over(values: Tensor, x: Tensor) -> Tensor:
    """Values [B] with axes of length 1 appended, to multiply x [B, ...]; one value for all (0-dimensional) as it is."""
    return values.reshape(-1, *(1,) * (x.ndim - 1)) if values.ndim else values
