"""The residual U-Net of jorgesarrato/MNIST_Diffusion: a residual block (GroupNorm, GELU) after each convolution.

With its defaults it has the same number of parameters as the base U-Net with its own, within 2 %, so that the two
can be compared (`core.stages`). Attention at the coarsest level, where it is asked for, starts as the identity.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from torch import nn

from core.blocks import Conditioning, image_shape
from core.registry import register
from core.stages import StageUNet
from core.unets import ImageNetwork, level_widths


@register("network")
class ResidualUNet(ImageNetwork, frozen=True):
    """U-Net with residual blocks, the peer of the base one at equal size."""

    name = "residual-unet"
    title = "Residual U-Net"
    reference = "jorgesarrato/MNIST_Diffusion"

    base: Annotated[
        int, Meta(ge=8, le=256, multiple_of=8, title="Width", description="Channels of the finest level")
    ] = 32
    multipliers: Annotated[
        str,
        Meta(pattern=r"^[1-9](,[1-9])*$", title="Levels", description="Width of each level over that of the finest"),
    ] = "1,2,4"
    units: Annotated[
        int, Meta(ge=8, le=1024, title="Time units", description="Size of the embedding of time and class")
    ] = 128
    attention: Annotated[bool, Meta(title="Attention", description="At the coarsest level; starts as the identity")] = (
        False
    )

    def build(self, shape: tuple[int, ...], n_classes: int = 0, two_times: bool = False) -> nn.Module:
        widths = level_widths(self.base, self.multipliers)
        channels = image_shape(shape, 2 ** (len(widths) - 1))[0]
        conditioning = Conditioning(self.units, n_classes, two_times)
        return StageUNet(channels, widths, True, self.attention, conditioning)
