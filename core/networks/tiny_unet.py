"""The TinyUNet of AgarwalUmang/aml_flow_matching_project: width 28, levels 1, 2, 2, two blocks, attention at 16 x 16.

Time and class scale and shift every block (FiLM, Perez et al. 2018). For CIFAR-10 with its classes it has 1.34 million
parameters; a dual-time form, which reads the target time too, serves MeanFlow.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from torch import nn

from core.architecture.blocks import Conditioning, image_shape
from core.architecture.unets import ImageNetwork, UNetModule
from core.registry import register

_MULTIPLIERS = (1, 2, 2)
_ATTENTION_LEVEL = 1
"""Half the side of the image: 16 x 16 for CIFAR-10."""
_UNITS = 128


@register("network")
class TinyUNet(ImageNetwork, frozen=True):
    """U-Net with four-head attention, 1.34 M parameters for CIFAR-10."""

    name = "tiny-unet"
    title = "Tiny U-Net"
    reference = "AgarwalUmang/aml_flow_matching_project; Perez et al. 2018, FiLM"

    base: Annotated[
        int, Meta(ge=4, le=128, multiple_of=4, title="Width", description="Channels of the finest level")
    ] = 28
    blocks: Annotated[int, Meta(ge=1, le=6, title="Blocks", description="Residual blocks a level")] = 2
    attention: Annotated[bool, Meta(title="Attention", description="At half the side of the image")] = True

    def build(self, shape: tuple[int, ...], n_classes: int = 0, two_times: bool = False) -> nn.Module:
        channels = image_shape(shape, 2 ** (len(_MULTIPLIERS) - 1))[0]
        widths = [self.base * m for m in _MULTIPLIERS]
        conditioning = Conditioning(_UNITS, n_classes, two_times)
        return UNetModule(channels, widths, self.blocks, {_ATTENTION_LEVEL} if self.attention else set(), conditioning)
