"""The conditional residual U-Net of CristianLazoQuispe/MNIST-diff-flow-matching: one level down, one up, full width.

Two residual blocks at full resolution (widths 64 and 128), one at half of it, two on the way back; GroupNorm of one
group, SiLU; time and class are added within each block. For MNIST with its classes it has 1.44 million parameters.
"""

from __future__ import annotations

from typing import Annotated

import torch.nn.functional as F
from msgspec import Meta
from torch import Tensor, nn

from core.architecture.blocks import Conditioning, group_norm, image_shape, joined, zeroed
from core.architecture.unets import ImageNetwork
from core.registry import register

_TIME_FEATURES = 8


@register("network")
class ConditionalUNet(ImageNetwork, frozen=True):
    """Residual U-Net with one halving, 1.44 M parameters for MNIST."""

    name = "conditional-unet"
    title = "Conditional U-Net"
    reference = "CristianLazoQuispe/MNIST-diff-flow-matching"

    base: Annotated[
        int, Meta(ge=8, le=256, multiple_of=8, title="Width", description="Channels of the outer blocks")
    ] = 64

    def build(self, shape: tuple[int, ...], n_classes: int = 0, two_times: bool = False) -> nn.Module:
        channels = image_shape(shape, 2)[0]
        return _ConditionalUNet(channels, self.base, Conditioning(self.base, n_classes, two_times, _TIME_FEATURES))


class _Block(nn.Module):
    """x + conv(SiLU(norm(conv(SiLU(norm x)) + condition)))."""

    def __init__(self, inputs: int, outputs: int, units: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(1, inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.shift = nn.Linear(units, outputs)
        self.norm2 = nn.GroupNorm(1, outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip: nn.Module = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x))) + self.shift(condition)[:, :, None, None]
        y: Tensor = self.skip(x) + self.conv2(F.silu(self.norm2(h)))
        return y


class _ConditionalUNet(nn.Module):
    def __init__(self, channels: int, base: int, conditioning: Conditioning) -> None:
        super().__init__()
        self.conditioning = conditioning
        units = conditioning.width
        self.down1 = _Block(channels, base, units)
        self.down2 = _Block(base, 2 * base, units)
        self.reduce = nn.Conv2d(2 * base, 2 * base, 4, stride=2, padding=1)
        self.middle = _Block(2 * base, 2 * base, units)
        self.enlarge = nn.ConvTranspose2d(2 * base, 2 * base, 4, stride=2, padding=1)
        self.up2 = _Block(4 * base, base, units)
        self.up1 = _Block(2 * base, base, units)
        self.norm = group_norm(base)
        self.outlet = zeroed(nn.Conv2d(base, channels, 3, padding=1))

    def forward(self, x: Tensor, t: Tensor, cond: Tensor | None = None, s: Tensor | None = None) -> Tensor:
        condition = self.conditioning(t, cond, s)
        fine = self.down1(x, condition)
        wide = self.down2(fine, condition)
        h = self.enlarge(self.middle(self.reduce(wide), condition))
        h = self.up2(joined(h, wide), condition)
        h = self.up1(joined(h, fine), condition)
        y: Tensor = self.outlet(F.silu(self.norm(h)))
        return y.to(x.dtype)
