"""Our default for points: a residual MLP whose layers are scaled and shifted by time.

Place and time enter as Fourier features of low frequency (Tancik et al. 2020), time into every block (FiLM, Perez et
al. 2018). Waves in x let a small network bend its field as sharply as thin curves ask for.
The last layer starts at zero (as in Peebles and Xie 2023), so that training starts from the mean. Beside the blocks, x
goes to the output at a gain that time decides (c_skip in Karras et al. 2022, eq. 7, but learned): noise that lies far
out, where training seldom came, is carried on as noise is and does not go astray.
"""

from __future__ import annotations

import math
from typing import Annotated

import torch
import torch.nn.functional as F
from msgspec import Meta
from torch import Tensor, nn

from core.networks import Network, labels
from core.registry import register

_LONGEST_WAVE = 16.0
"""In data units: the noise and the data lie within one of them, so that no two places look alike."""


@register("network")
class Mlp(Network, frozen=True):
    """Residual MLP, each block told the time."""

    name = "mlp"
    title = "Residual MLP"
    reference = "Perez et al. 2018, FiLM"

    width: Annotated[int, Meta(ge=8, le=2048, title="Width", description="Units in a layer")] = 128
    depth: Annotated[int, Meta(ge=1, le=16, title="Blocks", description="Residual blocks")] = 3
    waves: Annotated[
        int,
        Meta(ge=0, le=32, title="Waves", description="Fourier features of each coordinate, the longest 16 units long"),
    ] = 8

    def build(self, shape: tuple[int, ...], n_classes: int = 0, two_times: bool = False) -> nn.Module:
        return _Mlp(shape[0], self.width, self.depth, self.waves, n_classes, two_times)


class _Mlp(nn.Module):
    shares_time = True
    frequencies: Tensor
    waves: Tensor

    def __init__(
        self, dim: int, width: int, depth: int, n_waves: int, n_classes: int, two_times: bool, n_frequencies: int = 8
    ) -> None:
        super().__init__()
        self.n_classes, self.two_times = n_classes, two_times
        self.register_buffer("frequencies", math.pi * torch.arange(1, n_frequencies + 1), persistent=False)
        waves = 2.0 * math.pi / _LONGEST_WAVE * torch.arange(1, n_waves + 1)
        self.register_buffer("waves", waves, persistent=False)
        self.inlet = nn.Linear(dim * (1 + 2 * n_waves), width)
        # one product gives scale and shift of all blocks
        n_features = 2 * n_frequencies + 1
        self.time = nn.Linear(n_features * (2 if two_times else 1), 2 * width * depth)
        if n_classes:
            self.label = nn.Embedding(n_classes + 1, 2 * width * depth)
            nn.init.zeros_(self.label.weight)
        self.blocks = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.outlet = nn.Linear(width, dim)
        self.gain = nn.Linear(self.time.in_features, dim)
        for last in (self.outlet, self.gain):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, x: Tensor, t: Tensor, cond: Tensor | None = None, s: Tensor | None = None) -> Tensor:
        times = self._features(t)
        if self.two_times:
            times = torch.cat([times, self._features((t if s is None else s) - t)], dim=1)
        scales = self.time(times)
        if self.n_classes:
            scales = scales + self.label(labels(cond, x, self.n_classes))
        film = scales.chunk(2 * len(self.blocks), dim=1)
        phase = (x[:, :, None] * self.waves).flatten(1)
        h = self.inlet(torch.cat([x, phase.sin(), phase.cos()], dim=1))
        for i, block in enumerate(self.blocks):
            h = h + block(F.silu(torch.addcmul(film[2 * i], h, 1.0 + film[2 * i + 1])))
        return torch.addcmul(self.outlet(F.silu(h)), self.gain(times), x)

    def _features(self, t: Tensor) -> Tensor:
        angle = t[:, None] * self.frequencies
        return torch.cat([t[:, None], angle.sin(), angle.cos()], dim=1)
