"""The MLP of harshm121/Diffusion-v-FlowMatching: an embedding of t stands beside x at the input.

With its sizes (embedding 32, layers 128, 256, 128) and two dimensions it has 71,778 parameters.
"""

from __future__ import annotations

import itertools
from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor, nn

from core.networks import Network, labels
from core.registry import register


@register("network")
class ConcatMlp(Network, frozen=True):
    """MLP that reads time beside the point, 71,778 parameters in 2D."""

    name = "concat-mlp"
    title = "MLP, time at the input"
    reference = "harshm121/Diffusion-v-FlowMatching"

    width: Annotated[
        int, Meta(ge=8, le=2048, title="Width", description="Of the outer layers; the middle is double")
    ] = 128
    embedding: Annotated[int, Meta(ge=1, le=512, title="Time units", description="Size of the time embedding")] = 32

    def build(self, shape: tuple[int, ...], n_classes: int = 0, two_times: bool = False) -> nn.Module:
        widths = (self.width, 2 * self.width, self.width)
        return _ConcatMlp(shape[0], widths, self.embedding, n_classes, two_times)


class _ConcatMlp(nn.Module):
    def __init__(self, dim: int, widths: tuple[int, ...], embedding: int, n_classes: int, two_times: bool) -> None:
        super().__init__()
        self.n_classes, self.two_times = n_classes, two_times
        self.time = _stack((1, embedding, embedding))
        inputs = dim + embedding
        if two_times:
            self.span = _stack((1, embedding, embedding))
            inputs += embedding
        if n_classes:
            self.label = nn.Embedding(n_classes + 1, embedding)
            inputs += embedding
        self.body = _stack((inputs, *widths))
        self.outlet = nn.Linear(widths[-1], dim)

    def forward(self, x: Tensor, t: Tensor, cond: Tensor | None = None, s: Tensor | None = None) -> Tensor:
        parts = [x, self.time(t[:, None])]
        if self.two_times:
            parts.append(self.span(((t if s is None else s) - t)[:, None]))
        if self.n_classes:
            parts.append(self.label(labels(cond, x, self.n_classes)))
        y: Tensor = self.outlet(self.body(torch.cat(parts, dim=1)))
        return y


def _stack(widths: tuple[int, ...]) -> nn.Sequential:
    """Linear layers through the widths, SiLU after each."""
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(widths):
        layers += [nn.Linear(before, after), nn.SiLU()]
    return nn.Sequential(*layers)
