"""The U-Net of which one kind has residual blocks and the other has not, so that the two can be compared.

A stage is a 3 x 3 convolution to the stage's width and then either a normalisation that time and class scale and
shift, with GELU, or the residual block of Dhariwal and Nichol (2021) with GELU. Max-pooling halves, a transposed
convolution doubles. After jorgesarrato/MNIST_Diffusion.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch.nn.functional as F
from msgspec import Meta
from torch import Tensor, nn

from core.architecture.blocks import Attention, Conditioning, ResidualBlock, group_norm, image_shape, joined, zeroed
from core.architecture.unets import ImageNetwork, level_widths

Base = Annotated[int, Meta(ge=8, le=256, multiple_of=8, title="Width", description="Channels of the finest level")]
Multipliers = Annotated[
    str,
    Meta(
        pattern=r"^[1-9](,[1-9])*$", extra_json_schema={"written": "digits with commas, such as 1,2,4"},
        title="Levels", description="Width of each level over that of the finest",
    ),
]  # fmt: skip
Units = Annotated[int, Meta(ge=8, le=1024, title="Time units", description="Size of the embedding of time and class")]
AtCoarsest = Annotated[bool, Meta(title="Attention", description="At the coarsest level; starts as the identity")]


class StageNetwork(ImageNetwork, frozen=True):
    """How a spec names one of the two; each has its own sizes, with which both have as many parameters."""

    residual: ClassVar[bool]
    base: Base
    multipliers: Multipliers
    units: Units
    attention: AtCoarsest

    def build(self, shape: tuple[int, ...], n_classes: int = 0, two_times: bool = False) -> nn.Module:
        widths = level_widths(self.base, self.multipliers)
        channels = image_shape(shape, 2 ** (len(widths) - 1))[0]
        conditioning = Conditioning(self.units, n_classes, two_times)
        return StageUNet(channels, widths, self.residual, self.attention, conditioning)


class StageUNet(nn.Module):
    """A U-Net with one stage a level on the way down and one on the way up.

    Args:
        channels: of the images.
        widths: channels of each level, finest first.
        residual: whether a stage ends in a residual block; the coarsest level then has one more.
        attention: whether the coarsest level ends in attention, which starts as the identity.
    """

    def __init__(
        self, channels: int, widths: Sequence[int], residual: bool, attention: bool, conditioning: Conditioning
    ) -> None:
        super().__init__()
        self.conditioning = conditioning
        units = conditioning.width
        inlets = itertools.pairwise([channels, *widths])
        self.down = nn.ModuleList(_Stage(inputs, outputs, units, residual) for inputs, outputs in inlets)
        self.middle = ResidualBlock(widths[-1], widths[-1], units, F.gelu) if residual else None
        self.attention: nn.Module = Attention(widths[-1], heads=1) if attention else nn.Identity()
        steps = list(itertools.pairwise(reversed(widths)))
        self.enlarge = nn.ModuleList(nn.ConvTranspose2d(coarse, fine, 2, stride=2) for coarse, fine in steps)
        self.up = nn.ModuleList(_Stage(2 * fine, fine, units, residual) for _, fine in steps)
        self.outlet = zeroed(nn.Conv2d(widths[0], channels, 3, padding=1))

    def forward(self, x: Tensor, t: Tensor, cond: Tensor | None = None, s: Tensor | None = None) -> Tensor:
        """For x [B, C, H, W], t [B], labels [B] or None and target times [B] or None: the shape of x."""
        condition = self.conditioning(t, cond, s)
        skips: list[Tensor] = []
        h = x
        for stage in self.down:
            if skips:
                h = F.max_pool2d(h, 2)
            h = stage(h, condition)
            skips.append(h)
        skips.pop()
        if self.middle is not None:
            h = self.middle(h, condition)
        h = self.attention(h)
        for enlarge, stage in zip(self.enlarge, self.up, strict=True):
            h = stage(joined(enlarge(h), skips.pop()), condition)
        y: Tensor = self.outlet(h)
        return y.to(x.dtype)


class _Stage(nn.Module):
    def __init__(self, inputs: int, outputs: int, units: int, residual: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.rest: nn.Module = (
            ResidualBlock(outputs, outputs, units, F.gelu) if residual else _ModulatedNorm(outputs, units)
        )

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        y: Tensor = self.rest(self.conv(x), condition)
        return y


class _ModulatedNorm(nn.Module):
    """GELU(scale norm(x) + shift), scale and shift being read from the conditioning."""

    def __init__(self, channels: int, units: int) -> None:
        super().__init__()
        self.norm = group_norm(channels)
        self.modulation = nn.Linear(units, 2 * channels)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        scale, shift = self.modulation(condition)[:, :, None, None].chunk(2, dim=1)
        return F.gelu(self.norm(x) * (1.0 + scale) + shift)
