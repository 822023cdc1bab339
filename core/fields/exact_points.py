"""The exact field of a finite set of points: the network that has learned its training set by heart.

Reference: Karras et al., "Elucidating the Design Space" (2022), appendix B.3 (the ideal denoiser).
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch
from msgspec import Meta

from core.datasets import Dataset
from core.fields import Field, FieldSpec
from core.numerics.mixture import Mixture, MixtureField
from core.paths import Path
from core.registry import register
from core.sources import Source


@register("field")
class ExactPoints(FieldSpec, frozen=True):
    """Closed form for a finite set of points: it can only return them."""

    name = "exact-points"
    title = "Exact for N points"
    reference = "Karras et al. 2022, Elucidating the Design Space, appendix B.3"
    needs: ClassVar[tuple[str, ...]] = ("independent-pairs",)

    n_points: Annotated[int, Meta(ge=1, le=100_000, title="Points", description="Size of the finite set")] = 500

    def build(
        self, dataset: Dataset, source: Source, path: Path, seed: int, device: torch.device, dtype: torch.dtype
    ) -> Field:
        samples = dataset.training(self.n_points, seed)
        centres = samples.x.double().flatten(1)
        points = Mixture(centres, 0.0, labels=samples.labels, n_known=len(dataset.class_names))
        return MixtureField(points, path, device, source.mixture())
