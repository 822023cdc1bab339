"""A trained network as a field: its output is decoded by the prediction table."""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch
from msgspec import Meta

from core.checkpoint import locate
from core.datasets import Dataset
from core.errors import SpecError
from core.fields import Field, FieldSpec
from core.learned import load_field
from core.machine import device as devices
from core.paths import Path
from core.registry import register
from core.sources import Source


@register("field")
class Trained(FieldSpec, frozen=True):
    """A network, trained on the data."""

    name = "network"
    title = "Trained network"
    reference = ""
    provides: ClassVar[tuple[str, ...]] = ()

    weights: Annotated[str, Meta(title="Weights", description="A checkpoint (.safetensors); empty before training")] = (
        ""
    )
    retime: Annotated[
        bool, Meta(title="Other path", description="Samples on another path than the network was trained on")
    ] = False
    autocast: Annotated[
        bool,
        Meta(
            title="bfloat16",
            description="Computes products in half precision, where the device has units for that",
        ),
    ] = False

    def build(
        self, dataset: Dataset, source: Source, path: Path, seed: int, device: torch.device, dtype: torch.dtype
    ) -> Field:
        if not self.weights:
            raise SpecError("field.weights", "The network has no weights yet. Train it, or choose the exact field.")
        file, half = locate(self.weights), self.autocast and devices.has_bfloat16(device)
        return load_field(file, path, device, dtype, dataset.shape, retime=self.retime, half=half)
