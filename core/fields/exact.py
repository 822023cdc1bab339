"""The exact field of the data set's own density: what a perfect network would have learned."""

from __future__ import annotations

import torch

from core.datasets import Dataset
from core.fields import Field, FieldSpec
from core.mixture import MixtureField
from core.paths import Path
from core.registry import register


@register("field")
class Exact(FieldSpec, frozen=True):
    """Closed form, no training."""

    name = "exact"
    title = "Exact, closed form"
    reference = "Bishop 2006, Pattern Recognition and Machine Learning, eq. 2.113"

    def build(self, dataset: Dataset, path: Path, seed: int, device: torch.device, dtype: torch.dtype) -> Field:
        return MixtureField(dataset.mixture(), path, device)
