"""What one evaluation of a network costs, counted layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn

from core.architecture.blocks import Attention

_Convolution = nn.Conv2d | nn.ConvTranspose2d


def count_flops(module: nn.Module, shape: tuple[int, ...]) -> int:
    """Floating-point operations of one evaluation of one sample of this shape; a multiply-add is two.

    Products are counted (convolutions, linear layers, attention); what is done number by number is not. torch's own
    `FlopCounterMode` gives the same number, but takes a second or more, and a form that offers networks cannot wait.
    """
    total = 0

    def count(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        match layer:
            case nn.Linear():
                total += 2 * output.numel() * layer.in_features
            case nn.Conv2d():
                total += 2 * output.numel() * layer.weight[0].numel()
            case nn.ConvTranspose2d():
                total += 2 * inputs[0].numel() * layer.weight[0].numel()
            case Attention():
                total += 4 * output.numel() * output[0, 0].numel()

    first = next(module.parameters())
    hooks = [layer.register_forward_hook(count) for layer in module.modules()]
    try:
        with torch.no_grad(), _hollow(module):
            module(first.new_zeros(1, *shape), first.new_zeros(1))
    finally:
        for hook in hooks:
            hook.remove()
    return total


@contextmanager
def _hollow(module: nn.Module) -> Iterator[None]:
    """Let convolutions give tensors of the right shape without computing them: only shapes are asked for."""
    layers = [layer for layer in module.modules() if isinstance(layer, _Convolution)]
    for layer in layers:
        layer.forward = partial(_hollow_output, layer)  # type: ignore[method-assign]  # taken off again below
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward


def _hollow_output(layer: _Convolution, x: Tensor) -> Tensor:
    assert not isinstance(layer.padding, str)  # "same" and the like are not used here
    sides = []
    for n, kernel, stride, padding in zip(x.shape[2:], layer.kernel_size, layer.stride, layer.padding, strict=True):
        gap = kernel - 2 * padding
        sides.append((n - 1) * stride + gap if isinstance(layer, nn.ConvTranspose2d) else (n - gap) // stride + 1)
    return x.new_zeros(len(x), layer.out_channels, *sides)
