"""The residual U-Net of jorgesarrato/MNIST_Diffusion: a residual block (GroupNorm, GELU) after each convolution.

With its defaults it has the same number of parameters as the base U-Net with its own, within 2 %, so that the two
can be compared (`core.architecture.stages`). Attention, at the coarsest level where there is some, starts as identity.
"""

from __future__ import annotations

from typing import ClassVar

from core.architecture.stages import AtCoarsest, Base, Multipliers, StageNetwork, Units
from core.registry import register


@register("network")
class ResidualUNet(StageNetwork, frozen=True):
    """U-Net with residual blocks, the peer of the base one at equal size."""

    name = "residual-unet"
    title = "Residual U-Net"
    reference = "jorgesarrato/MNIST_Diffusion"
    residual: ClassVar[bool] = True

    base: Base = 32
    multipliers: Multipliers = "1,2,4"
    units: Units = 128
    attention: AtCoarsest = False
