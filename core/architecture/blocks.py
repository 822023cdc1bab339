"""Building blocks of image networks: time and class as one vector, residual blocks that it modulates, attention.

Everything is kept in NCHW: on a processor GroupNorm in channels-last costs more than convolutions gain by it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.errors import SpecError

Activation = Callable[[Tensor], Tensor]
M = TypeVar("M", nn.Linear, nn.Conv2d)

_GROUPS = 8
_HIGHEST, _LOWEST = 30.0, 0.5
"""Angles at t = 1. Low, since MeanFlow differentiates the network by time; the step number of DDPM would need 1000."""


class TimeFeatures(nn.Module):
    """Sines and cosines of t [B] at angles between 0.5 t and 30 t: [B, size] float32."""

    frequencies: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        exponent = torch.linspace(0.0, 1.0, size // 2)
        self.register_buffer("frequencies", _HIGHEST * (_LOWEST / _HIGHEST) ** exponent, persistent=False)

    def forward(self, t: Tensor) -> Tensor:
        angle = t[:, None] * self.frequencies
        return torch.cat([angle.sin(), angle.cos()], dim=1)


class Conditioning(nn.Module):
    """Time, class and, for flow maps, the span s - t as one vector [B, width].

    The span's layer ends at zero, so that weights of a network of one time can be loaded into one of two: until it is
    trained, the average velocity is the velocity. The last row of the class table stands for "no class".
    """

    def __init__(self, width: int, n_classes: int, two_times: bool, features: int = 64) -> None:
        super().__init__()
        self.width, self.n_classes = width, n_classes
        self.features = TimeFeatures(features)
        self.time = nn.Sequential(nn.Linear(features, width), nn.SiLU(), nn.Linear(width, width))
        self.span = (
            nn.Sequential(nn.Linear(features, width), nn.SiLU(), zeroed(nn.Linear(width, width))) if two_times else None
        )
        self.classes = nn.Embedding(n_classes + 1, width) if n_classes else None

    def forward(self, t: Tensor, cond: Tensor | None, s: Tensor | None) -> Tensor:
        """For t [B], labels [B] or None (no class for all), target times [B] or None (s = t)."""
        h: Tensor = self.time(self.features(t))
        if self.span is not None:
            h = h + self.span(self.features(torch.zeros_like(t) if s is None else s - t))
        if self.classes is not None:
            h = h + self.classes(torch.full_like(t, self.n_classes, dtype=torch.int64) if cond is None else cond)
        return F.silu(h)


class ResidualBlock(nn.Module):
    """x + conv(SiLU(scale norm(conv(SiLU(norm x))) + shift)), scale and shift being read from the conditioning.

    Source: Dhariwal and Nichol, "Diffusion models beat GANs on image synthesis" (2021), section 3 (AdaGN).
    """

    def __init__(self, inputs: int, outputs: int, width: int, activation: Activation = F.silu) -> None:
        super().__init__()
        self.activation = activation
        self.norm1 = group_norm(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.modulation = nn.Linear(width, 2 * outputs)
        self.norm2 = group_norm(outputs)
        self.conv2 = zeroed(nn.Conv2d(outputs, outputs, 3, padding=1))
        self.skip: nn.Module = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """For x [B, inputs, H, W] and a condition [B, width]: [B, outputs, H, W]."""
        scale, shift = self.modulation(condition)[:, :, None, None].chunk(2, dim=1)
        h = self.conv1(self.activation(self.norm1(x)))
        h = self.norm2(h) * (1.0 + scale) + shift
        y: Tensor = self.skip(x) + self.conv2(self.activation(h))
        return y


class Attention(nn.Module):
    """x plus attention of every place to every other, zero at the start.

    Source: Vaswani et al., "Attention is all you need" (2017), eq. 1.
    """

    def __init__(self, channels: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm = group_norm(channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.out = zeroed(nn.Conv2d(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        """For x [B, C, H, W]: the same shape."""
        b, c, height, width = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(b, 3, self.heads, c // self.heads, height * width).unbind(1)
        h = attend(q, k, v, fused=not self.training)
        y: Tensor = x + self.out(h.reshape(b, c, height, width))
        return y


def attend(q: Tensor, k: Tensor, v: Tensor, fused: bool) -> Tensor:
    """Attention over the last axis: q, k, v [B, heads, c, n] give [B, heads, c, n].

    The plain products serve training: on a processor the fused kernel's backward pass is slower, and it has no forward
    derivative, which MeanFlow needs.
    """
    if fused:
        q, k, v = (values.transpose(2, 3) for values in (q, k, v))
        if torch.is_inference_mode_enabled():  # where nobody asks for a derivative
            # In this order in memory the kernel is fused on a processor, too; for any other torch takes the slow way.
            q, k, v = q.contiguous(), k.contiguous(), v.contiguous()
        return F.scaled_dot_product_attention(q, k, v).transpose(2, 3)
    weights = torch.softmax(q.transpose(2, 3) @ (k * q.shape[2] ** -0.5), dim=3)
    return v @ weights.transpose(2, 3)


def joined(h: Tensor, skip: Tensor) -> Tensor:
    """Both side by side: channels of h, then channels of the skip.

    The gradient of a concatenation is a slice with gaps, on which the backward pass of a convolution takes up to ten
    times as long as on a tensor without.
    """
    for x in (h, skip):
        if x.requires_grad:
            x.register_hook(torch.Tensor.contiguous)  # type: ignore[no-untyped-call]  # torch leaves it untyped
    return torch.cat([h, skip], dim=1)


def group_norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(math.gcd(_GROUPS, channels), channels)


def zeroed(layer: M) -> M:
    """The layer with all its weights zero, so that what it adds is learned from nothing."""
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def image_shape(shape: tuple[int, ...], factor: int) -> tuple[int, int, int]:
    """The shape (C, H, W) of images that can be halved as often as a network does: ``factor`` is its coarsest pixel.

    Raises:
        SpecError: the data are no images, or their sides are no multiple of the factor.
    """
    if len(shape) != 3:
        raise SpecError("network", "A U-Net takes images. For points choose mlp.")
    channels, height, width = shape
    if height % factor or width % factor:
        raise SpecError(
            "network",
            f"Images of {height} × {width} pixels cannot be halved down to pixels of {factor}. "
            f"Take fewer levels, or sides that are a multiple of {factor}.",
        )
    return channels, height, width
