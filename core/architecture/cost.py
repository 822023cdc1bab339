"""What one evaluation of a network costs, counted product by product."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode


def count_flops(module: nn.Module, shape: tuple[int, ...]) -> int:
    """Floating-point operations of one evaluation of one sample of this shape; a multiply-add is two.

    Products are counted (convolutions, linear layers, attention); what is done number by number is not. Nothing is
    computed, so the module may be without weights. torch's own `FlopCounterMode` gives the same number, but takes a
    second or more, and a form that offers networks cannot wait.
    """
    counted = _Hollow()
    with torch.no_grad(), counted:
        module(torch.zeros(1, *shape), torch.zeros(1))
    return counted.total


class _Hollow(TorchFunctionMode):
    """What reads weights gives a tensor of the right shape without computing it, and products are counted."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0
        self._stand_ins: dict[Callable[..., Any], Callable[..., Any]] = {
            F.linear: self._linear,
            F.conv2d: self._convolution,
            F.conv_transpose2d: self._transposed,
            F.group_norm: lambda x, *_, **__: x,
            F.embedding: lambda index, table, *_, **__: torch.zeros(*index.shape, table.shape[1]),
            Tensor.matmul: self._product,
        }

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:  # what torch's functions take and give
        stand_in: Callable[..., Any] = self._stand_ins.get(func, func)
        return stand_in(*args, **(kwargs or {}))

    def _linear(self, x: Tensor, weight: Tensor, *_: Any) -> Tensor:
        return self._product(x, weight.T)

    def _product(self, x: Tensor, y: Tensor) -> Tensor:
        out = torch.zeros(*x.shape[:-1], y.shape[-1])
        self.total += 2 * out.numel() * x.shape[-1]
        return out

    def _convolution(
        self, x: Tensor, weight: Tensor, _: Any, stride: tuple[int, ...], padding: tuple[int, ...], *__: Any
    ) -> Tensor:
        sides = [
            (n + 2 * pad - kernel) // step + 1
            for n, kernel, step, pad in zip(x.shape[2:], weight.shape[2:], stride, padding, strict=True)
        ]
        out = torch.zeros(len(x), len(weight), *sides)
        self.total += 2 * out.numel() * weight[0].numel()
        return out

    def _transposed(
        self, x: Tensor, weight: Tensor, _: Any, stride: tuple[int, ...], padding: tuple[int, ...], *__: Any
    ) -> Tensor:
        sides = [
            (n - 1) * step + kernel - 2 * pad
            for n, kernel, step, pad in zip(x.shape[2:], weight.shape[2:], stride, padding, strict=True)
        ]
        self.total += 2 * x.numel() * weight[0].numel()
        return torch.zeros(len(x), weight.shape[1], *sides)
