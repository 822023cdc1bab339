"""Our default for images: a small residual U-Net, chosen for quality per hour of a processor.

Residual blocks with GroupNorm, SiLU and a scale and shift from time and class; attention at the coarsest level; skips
are concatenated, as in Ronneberger et al., "U-Net" (2015) and Ho et al. 2020, appendix B. Grey images go through a
pixel-unshuffle of 2 x 2 first (Shi et al. 2016), which quarters the work; colour loses too much by it.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from torch import nn

from core.architecture.blocks import Conditioning, image_shape
from core.architecture.unets import ImageNetwork, UNetModule, level_widths
from core.registry import register


@register("network")
class UNet(ImageNetwork, frozen=True):
    """Residual U-Net with attention, sized for training on a processor."""

    name = "unet"
    title = "U-Net"
    reference = "Ho et al. 2020, appendix B; Dhariwal and Nichol 2021"

    base: Annotated[
        int, Meta(ge=8, le=256, multiple_of=8, title="Width", description="Channels of the finest level")
    ] = 32
    multipliers: Annotated[
        str,
        Meta(
            pattern=r"^([1-9](,[1-9])*)?$",
            extra_json_schema={"written": "digits with commas, such as 1,2,4"},
            title="Levels",
            description="Width of each level over that of the finest; empty: 1,2 for grey images, 1,2,4 for colour",
        ),
    ] = ""
    blocks: Annotated[
        int, Meta(ge=0, le=6, title="Blocks", description="Residual blocks a level; 0: two for grey images, else one")
    ] = 0
    attention: Annotated[bool, Meta(title="Attention", description="At the coarsest level")] = True
    unshuffle: Annotated[
        int,
        Meta(
            ge=0, le=4, title="Pixel-unshuffle", description="Side of the input's cells; 0: 2 for grey images, else 1"
        ),
    ] = 0

    def build(self, shape: tuple[int, ...], n_classes: int = 0, two_times: bool = False) -> nn.Module:
        grey = shape[0] == 1
        widths = level_widths(self.base, self.multipliers or ("1,2" if grey else "1,2,4"))
        cell = self.unshuffle or (2 if grey else 1)
        channels = image_shape(shape, cell * 2 ** (len(widths) - 1))[0]
        conditioning = Conditioning(8 * self.base, n_classes, two_times)
        attention = {len(widths) - 1} if self.attention else set()
        return UNetModule(channels, widths, self.blocks or (2 if grey else 1), attention, conditioning, cell)
