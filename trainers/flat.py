"""A network's parameters as one vector, so that optimiser, clipping and averaging are one operation each.

A small network's training step is mostly the cost of calling operations; with one vector instead of a dozen tensors it
takes about half the time. The network itself is unchanged: its parameters are views of the vector.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def flatten(network: nn.Module, values: Tensor | None = None, gradient: Tensor | None = None) -> nn.Parameter:
    """Move all parameters into one vector [P] that owns them and their gradients; returns that vector.

    Where the ``values`` of another network of this architecture are given [P], the parameters become views of these,
    and their gradients of the ``gradient`` [P] that is given.
    """
    parameters = list(network.parameters())
    if values is None:
        values = torch.cat([parameter.detach().reshape(-1) for parameter in parameters])
    vector = nn.Parameter(values)
    vector.grad = torch.zeros_like(vector) if gradient is None else gradient
    start = 0
    for parameter in parameters:
        end = start + parameter.numel()
        parameter.data = vector.data[start:end].view_as(parameter)
        parameter.grad = vector.grad[start:end].view_as(parameter)
        start = end
    return vector


def clip(gradient: Tensor, largest: float) -> None:
    """Scale a gradient in place so that its norm is at most ``largest``."""
    gradient.mul_((largest / (torch.linalg.vector_norm(gradient) + 1e-6)).clamp_max(1.0))
