"""Inception v3 in the version of FID, where its weights are given: 2,048 features (see `core.images.inception`).

The file is pt_inception-2015-12-05-6726825d.pth, which PyTorch ports of FID load; it does not ship, and is read without
running code. Images are enlarged to 299 pixels by bilinear interpolation, as those ports do.
"""

from __future__ import annotations

import pickle
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import torch
import torch.nn.functional as F
from msgspec import Meta
from torch import Tensor, nn

from core.architecture.weightless import Weightless
from core.errors import SpecError
from core.features import FeatureNetwork, Seen
from core.images.inception import Inception
from core.machine.local_file import place
from core.registry import register

_SIDE = 299


@register("features")
class InceptionV3(FeatureNetwork, frozen=True):
    """The network that FID and KID are published in: 2,048 features; asks for its weights file."""

    name = "inception"
    title = "Inception v3"
    reference = "Heusel et al. 2017, GANs Trained by a Two Time-Scale Update Rule"

    weights: Annotated[
        str, Meta(title="Weights", description="The file pt_inception-2015-12-05-6726825d.pth of PyTorch ports of FID")
    ] = ""

    def load(self) -> nn.Module:
        if not self.weights:
            raise SpecError(
                "features.weights",
                "Inception does not ship. Name its file, --set features.weights=pt_inception-2015-12-05-6726825d.pth.",
            )
        return _load(place("features.weights", self.weights))

    def see(self, network: nn.Module, x: Tensor) -> Seen:
        large = F.interpolate(x.expand(-1, 3, -1, -1), (_SIDE, _SIDE), mode="bilinear", align_corners=False)
        return Seen(network(large), None)


@lru_cache(maxsize=1)
def _load(file: Path) -> nn.Module:
    with Weightless():  # takes no memory, and no time for values that the file replaces
        network = Inception()
    try:
        weights = torch.load(file, map_location="cpu", weights_only=True)
        # the classes that follow the features are not needed
        kept = {name: value for name, value in weights.items() if not name.startswith("fc.")}
        network.load_state_dict(kept, assign=True)
    except OSError as error:
        raise SpecError("features.weights", f"{file} cannot be read: {error.strerror or error}.") from None
    except (RuntimeError, pickle.UnpicklingError, EOFError, AttributeError, TypeError):
        raise SpecError("features.weights", f"{file} does not hold the weights of FID's Inception network.") from None
    return network.eval().requires_grad_(False)
