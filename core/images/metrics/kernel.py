"""Kernel distance (KID): squared maximum mean discrepancy of features with a cubic kernel, unbiased.

    k(x, y) = (x . y / F + 1)^3,  F the number of features

The mean over random subsets of both sets, and its standard deviation over them. Two samples of one distribution give 0
on average, at any size, so it may fall below 0. Sets with as many images of each class are evener than chance makes
them, and give less than 0, the more so the fewer images: read it beside the floor, whose sets have the same classes.
Reference: Bińkowski et al., "Demystifying MMD GANs" (2018), section 4 and eq. 4.
"""

from __future__ import annotations

from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor

from core.images.metrics import ImageMetric, ImageSet, Score
from core.numerics.epochs import shuffled
from core.registry import register

_OF_GENERATED, _OF_REAL = 0, 1


@register("image-metric")
class Kernel(ImageMetric, frozen=True):
    """Distance of features under a cubic kernel, as KID measures it, with its spread over subsets."""

    name = "kernel"
    title = "Kernel distance"
    reference = "Bińkowski et al. 2018, Demystifying MMD GANs, eq. 4"

    n_subsets: Annotated[int, Meta(ge=2, le=1000, title="Subsets", description="Random subsets of both sets")] = 50
    size: Annotated[
        int, Meta(ge=2, le=5000, title="Size", description="Images in a subset, half of the set where that is less")
    ] = 1000

    def measure(self, generated: ImageSet, real: ImageSet) -> Score:
        x, y = generated.features, real.features
        size = max(2, min(self.size, len(x) // 2, len(y) // 2))
        parts = zip(
            _subsets(x, self.n_subsets, size, _OF_GENERATED), _subsets(y, self.n_subsets, size, _OF_REAL), strict=True
        )
        found = torch.tensor([cubic_mmd(a, b) for a, b in parts], dtype=torch.float64)
        return Score(float(found.mean()), float(found.std()))


def _subsets(x: Tensor, count: int, size: int, seed: int) -> tuple[Tensor, ...]:
    """``count`` subsets [size, F] of x [N, F]: one after the other until it ends, then in a new order.

    None reaches from one order into the next, where it would hold an image twice: beside itself a kernel is at its
    largest.
    """
    subset, within = torch.arange(count), len(x) // size
    starts = subset // within * len(x) + subset % within * size
    places = (starts[:, None] + torch.arange(size)).flatten()
    return torch.split(x[shuffled(seed, places, len(x))], size)


def cubic_mmd(x: Tensor, y: Tensor) -> float:
    """MMD^2 of x [N, F] and y [M, F] with the cubic kernel, unbiased; computed in float64."""
    x, y = x.double(), y.double()
    n, m = len(x), len(y)
    xx, yy, xy = _kernel(x, x), _kernel(y, y), _kernel(x, y)
    within_x = (xx.sum() - xx.trace()) / (n * (n - 1))
    within_y = (yy.sum() - yy.trace()) / (m * (m - 1))
    return float(within_x + within_y - 2.0 * xy.mean())


def _kernel(x: Tensor, y: Tensor) -> Tensor:
    values = x @ y.T / x.shape[1] + 1.0
    return values * values * values  # a power of tensors takes several times as long
