"""Networks of which only the shapes are made: for their sizes, or because a file replaces their weights anyway."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class Weightless(TorchFunctionMode):
    """Modules that are made in this context get weights on the device "meta", which take no memory and are not filled:
    what ends in an underscore would write to its first argument.

    Not by making "meta" the default device: to fill such tensors, or to reckon with them, torch imports its compiler,
    800 modules that take seconds.
    """

    _MAKE = frozenset({torch.empty, torch.zeros, torch.ones, torch.rand, torch.randn})

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:  # what torch's functions take and give
        kwargs = dict(kwargs or {})
        if func.__name__.endswith("_") and not func.__name__.endswith("__"):
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs | {"device": "meta"} if func in self._MAKE else kwargs)
