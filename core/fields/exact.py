"""The exact field of the data set's own density: what a perfect network would have learned."""

from __future__ import annotations

from typing import ClassVar

import torch

from core.datasets import Dataset
from core.errors import SpecError
from core.fields import Field, FieldSpec
from core.numerics.mixture import MixtureField
from core.paths import Path
from core.registry import register
from core.sources import Source


@register("field")
class Exact(FieldSpec, frozen=True):
    """Closed form, no training."""

    name = "exact"
    title = "Exact, closed form"
    reference = "Bishop 2006, Pattern Recognition and Machine Learning, eq. 2.113"
    provides: ClassVar[tuple[str, ...]] = ("field", "exact-field")
    needs: ClassVar[tuple[str, ...]] = ("independent-pairs",)

    def build(
        self, dataset: Dataset, source: Source, path: Path, seed: int, device: torch.device, dtype: torch.dtype
    ) -> Field:
        mixture = dataset.mixture()
        if mixture is None:
            raise SpecError("field", f"{dataset.title} has no density in closed form. Choose “Exact for N points”.")
        return MixtureField(mixture, path, device, source.mixture())
