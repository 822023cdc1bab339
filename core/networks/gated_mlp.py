"""The MLP of EliasSf73/Diffusion-and-Flow-Models-implementations: each layer is multiplied by a function of time.

Width 128 and three layers give its 182,410 parameters in two dimensions (diffusion), five its 314,250 (flow matching).
"""

from __future__ import annotations

import itertools
import math
from typing import Annotated

import torch
import torch.nn.functional as F
from msgspec import Meta
from torch import Tensor, nn

from core.networks import Network, labels
from core.registry import register

_FEATURES = 256
_LONGEST_PERIOD = 10_000.0
_TIME_UNITS = 1000.0
"""The network reads time as DDPM's step."""


@register("network")
class GatedMlp(Network, frozen=True):
    """MLP whose layers are each multiplied by a function of time."""

    name = "gated-mlp"
    title = "MLP, gated by time"
    reference = "EliasSf73/Diffusion-and-Flow-Models-implementations"

    width: Annotated[int, Meta(ge=8, le=2048, title="Width", description="Units in a layer")] = 128
    depth: Annotated[int, Meta(ge=1, le=16, title="Layers", description="Hidden layers")] = 3

    def build(self, shape: tuple[int, ...], n_classes: int = 0, two_times: bool = False) -> nn.Module:
        return _GatedMlp([shape[0], *[self.width] * self.depth, shape[0]], n_classes, two_times)


class _GatedMlp(nn.Module):
    frequencies: Tensor

    def __init__(self, widths: list[int], n_classes: int, two_times: bool) -> None:
        super().__init__()
        self.n_classes, self.two_times = n_classes, two_times
        if n_classes:
            self.label = nn.Embedding(n_classes + 1, _FEATURES)
            nn.init.zeros_(self.label.weight)
        if two_times:
            self.span = nn.Linear(_FEATURES, _FEATURES)
            nn.init.zeros_(self.span.weight)
            nn.init.zeros_(self.span.bias)
        pairs = list(itertools.pairwise(widths))
        self.layers = nn.ModuleList(nn.Linear(before, after) for before, after in pairs)
        self.gates = nn.ModuleList(
            nn.Sequential(nn.Linear(_FEATURES, after), nn.SiLU(), nn.Linear(after, after)) for _, after in pairs
        )
        exponent = torch.arange(_FEATURES // 2) / (_FEATURES // 2)
        self.register_buffer("frequencies", torch.exp(-math.log(_LONGEST_PERIOD) * exponent), persistent=False)

    def forward(self, x: Tensor, t: Tensor, cond: Tensor | None = None, s: Tensor | None = None) -> Tensor:
        features = self._features(t)
        if self.two_times:
            features = features + self.span(self._features((t if s is None else s) - t))
        if self.n_classes:
            features = features + self.label(labels(cond, x, self.n_classes))
        for i, (layer, gate) in enumerate(zip(self.layers, self.gates, strict=True)):
            x = gate(features) * layer(x if i == 0 else F.relu(x))
        return x

    def _features(self, t: Tensor) -> Tensor:
        angle = _TIME_UNITS * t[:, None] * self.frequencies
        return torch.cat([angle.cos(), angle.sin()], dim=1)
