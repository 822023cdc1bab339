"""Networks of which only the shapes are made: for their sizes, or because a file replaces their weights anyway."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode


class Weightless(TorchFunctionMode):
    """Modules that are made in this context get weights on the device "meta", which take no memory and are not filled.

    Not by making "meta" the default device: to fill such tensors, or to reckon with them, torch imports its compiler,
    which takes seconds.
    """

    _MAKE = frozenset({torch.empty, torch.zeros, torch.ones, torch.rand, torch.randn})
    _FILL = frozenset(
        {
            nn.init.normal_, nn.init.uniform_, nn.init.trunc_normal_, nn.init.kaiming_uniform_, nn.init.constant_,
            Tensor.zero_,
        }
    )  # fmt: skip

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        more = kwargs or {}
        if func in self._FILL:
            return args[0] if args else more["tensor"]
        return func(*args, **more | {"device": "meta"} if func in self._MAKE else more)
