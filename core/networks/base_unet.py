"""The base U-Net of jorgesarrato/MNIST_Diffusion: convolutions, GroupNorm and GELU, no residual blocks.

With its defaults it has the same number of parameters as the residual U-Net with its own, within 2 %, so that the two
can be compared (`core.architecture.stages`). Attention, at the coarsest level where there is some, starts as identity.
"""

from __future__ import annotations

from typing import ClassVar

from core.architecture.stages import AtCoarsest, Base, Multipliers, StageNetwork, Units
from core.registry import register


@register("network")
class BaseUNet(StageNetwork, frozen=True):
    """U-Net without residual blocks, the peer of the residual one at equal size."""

    name = "base-unet"
    title = "Base U-Net"
    reference = "jorgesarrato/MNIST_Diffusion"
    residual: ClassVar[bool] = False

    base: Base = 64
    multipliers: Multipliers = "1,2,4"
    units: Units = 160
    attention: AtCoarsest = False
