"""The U-Net of residual blocks that several networks are, and what image networks have in common."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from core.architecture.blocks import Attention, Conditioning, ResidualBlock, group_norm, joined, zeroed
from core.architecture.cost import count_flops
from core.architecture.weightless import Weightless
from core.networks import Network, count_parameters

_REFERENCE_SHAPES = ((1, 28, 28), (3, 32, 32))
_REFERENCE_CLASSES = 10


class ImageNetwork(Network, frozen=True):
    """A network for images."""

    reads: ClassVar[str] = "images"

    @classmethod
    def facts(cls) -> dict[str, Any]:
        """Its size and cost with its defaults, told ``classes``: parameters, and operations of one evaluation of one
        image."""
        costs = []
        for shape in _REFERENCE_SHAPES:
            with Weightless():
                module = cls().build(shape, _REFERENCE_CLASSES)
            costs.append(
                {"shape": list(shape), "parameters": count_parameters(module), "flops": count_flops(module, shape)}
            )
        return {
            "reads": cls.reads, "classes": _REFERENCE_CLASSES, "parameters": costs[0]["parameters"], "costs": costs,
        }  # fmt: skip


def level_widths(base: int, multipliers: str) -> list[int]:
    """Channels of each level from multiples such as "1,2,4" of the finest level's."""
    return [base * int(m) for m in multipliers.split(",")]


class _Block(nn.Module):
    """A residual block, with attention after it where it is asked for."""

    def __init__(self, inputs: int, outputs: int, units: int, attention: bool) -> None:
        super().__init__()
        self.residual = ResidualBlock(inputs, outputs, units)
        self.attention: nn.Module = Attention(outputs) if attention else nn.Identity()

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        y: Tensor = self.attention(self.residual(x, condition))
        return y


class UNetModule(nn.Module):
    """A U-Net of residual blocks: down through the levels, up again, skips concatenated.

    Args:
        channels: of the images.
        widths: channels of each level, finest first.
        blocks: residual blocks of a level on the way down; one more on the way up.
        attention: the levels that have it after each block; the middle has it if the coarsest has.
        cell: side of the cells that the pixel-unshuffle at the input makes into channels.
    """

    def __init__(
        self,
        channels: int,
        widths: Sequence[int],
        blocks: int,
        attention: Collection[int],
        conditioning: Conditioning,
        cell: int = 1,
    ) -> None:
        super().__init__()
        self.cell, self.blocks = cell, blocks
        self.conditioning = conditioning
        base, units, last = widths[0], conditioning.width, len(widths) - 1
        self.inlet = nn.Conv2d(channels * cell**2, base, 3, padding=1)
        self.down, self.reduce = nn.ModuleList(), nn.ModuleList()
        skips, width = [base], base
        for i, level in enumerate(widths):
            if i > 0:
                self.reduce.append(nn.Conv2d(width, width, 3, stride=2, padding=1))
                skips.append(width)
            for _ in range(blocks):
                self.down.append(_Block(width, level, units, i in attention))
                width = level
                skips.append(width)
        self.middle1 = _Block(width, width, units, last in attention)
        self.middle2 = _Block(width, width, units, False)
        self.up, self.enlarge = nn.ModuleList(), nn.ModuleList()
        for i, level in reversed(list(enumerate(widths))):
            if i < last:
                # before the enlargement it costs a quarter of what it would cost after it
                self.enlarge.append(nn.Conv2d(width, level, 3, padding=1))
                width = level
            for _ in range(blocks + 1):
                self.up.append(_Block(width + skips.pop(), level, units, i in attention))
                width = level
        self.norm = group_norm(base)
        self.outlet = zeroed(nn.Conv2d(base, channels * cell**2, 3, padding=1))

    def forward(self, x: Tensor, t: Tensor, cond: Tensor | None = None, s: Tensor | None = None) -> Tensor:
        condition = self.conditioning(t, cond, s)
        h = self.inlet(F.pixel_unshuffle(x, self.cell))
        skips = [h]
        for i, block in enumerate(self.down):
            if i > 0 and i % self.blocks == 0:
                h = self.reduce[i // self.blocks - 1](h)
                skips.append(h)
            h = block(h, condition)
            skips.append(h)
        h = self.middle2(self.middle1(h, condition), condition)
        for i, block in enumerate(self.up):
            if i > 0 and i % (self.blocks + 1) == 0:
                h = F.interpolate(self.enlarge[i // (self.blocks + 1) - 1](h), scale_factor=2.0, mode="nearest")
            h = block(joined(h, skips.pop()), condition)
        y = self.outlet(F.silu(self.norm(h)))
        return F.pixel_shuffle(y, self.cell).to(x.dtype)
