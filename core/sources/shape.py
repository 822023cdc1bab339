"""A shape in the plane as the start of a flow: flow matching carries any distribution to any other.

Reference: Albergo, Boffi and Vanden-Eijnden, "Stochastic Interpolants" (2023), section 2; the flow from moons to eight
Gaussians is that of Tong et al. (2024), figure 1.
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from msgspec import Meta
from torch import Tensor

from core.errors import SpecError
from core.numerics.mixture import Mixture
from core.numerics.noise import Purpose
from core.parts.making import make
from core.registry import register
from core.sources import Source
from core.spec import Part

_MOST_CENTRES = 100
_DRAW = 7
"""A draw number of its own: the components of source and data are chosen independently."""


@register("source")
class Shape(Source, frozen=True):
    """Starts from a shape instead of noise; for flow matching alone."""

    name = "shape"
    title = "A shape"
    reference = "Tong et al. 2024, Minibatch Optimal Transport, figure 1"

    shape: Annotated[
        Literal[
            "moons",
            "eight-gaussians",
            "three-gaussians",
            "checkerboard",
            "swiss-roll",
            "circles",
            "rings",
            "spirals",
            "pinwheel",
            "s-curve",
        ],
        Meta(title="Shape", description="The data set whose points are the start"),
    ] = "moons"

    def draw(self, shape: tuple[int, ...], n: int, seed: int, purpose: Purpose, first: int = 0) -> Tensor:
        self.check(shape)
        return self.mixture().sample(n, seed, purpose, first, _DRAW)

    def check(self, shape: tuple[int, ...]) -> None:
        if shape != (2,):
            raise SpecError("source", "A shape in the plane leads to data in the plane alone. Choose normal noise.")

    def mixture(self) -> Mixture:
        """At most 100 centres: in the exact field each is paired with each centre of the data."""
        full: Mixture = make("data", Part(self.shape)).mixture()
        keep = torch.linspace(0, len(full.centres) - 1, min(len(full.centres), _MOST_CENTRES)).round().long()
        weights = None if full.log_weights is None else full.log_weights[keep]
        return Mixture(full.centres[keep], full.std, weights)
