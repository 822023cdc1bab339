"""What one evaluation of a network costs, counted layer by layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.blocks import Attention


def count_flops(module: nn.Module, shape: tuple[int, ...]) -> int:
    """Floating-point operations of one evaluation of one sample of this shape; a multiply-add is two.

    Products are counted (convolutions, linear layers, attention); what is done number by number is not. torch's own
    `FlopCounterMode` gives the same number, in a hundred times the time.
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

    hooks = [layer.register_forward_hook(count) for layer in module.modules()]
    first = next(module.parameters())
    try:
        with torch.no_grad():
            module(first.new_zeros(1, *shape), first.new_zeros(1))
    finally:
        for hook in hooks:
            hook.remove()
    return total
