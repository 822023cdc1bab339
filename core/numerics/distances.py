"""Distances between points, by differences: through products, those of nearby points would cancel, the more so the
further they are from the origin."""

from __future__ import annotations

import torch
from torch import Tensor


def distances(x: Tensor, y: Tensor) -> Tensor:
    """|x_i - y_j| [N, M] for x [N, D] and y [M, D]."""
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
