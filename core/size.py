"""How large a network is, without drawing a number: a run of its own, whose start says how many parameters there are.

Memory that nothing is written to is never taken, so a network of any size costs some milliseconds. (On torch's meta
device the first in-place initialisation imports 800 modules, which would hold up the engine for seconds.)
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from core.events import Event, RunFinished, Tick
from core.learned import build_network
from core.networks import count_parameters
from core.run import started
from core.setup import resolve
from core.spec import RunSpec


class _Bare(TorchFunctionMode):
    """Leaves parameters as they were allocated: what ends in an underscore writes to its first argument."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:  # what torch's functions take and give
        kwargs = kwargs or {}
        if func.__name__.endswith("_") and not func.__name__.endswith("__"):
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


def size(spec: RunSpec) -> Generator[Event | Tick]:
    """Say in the meta data ``parameters`` how many numbers a training of this spec learns.

    Raises:
        SpecError: before the first event, where the spec cannot run.
    """
    setup = resolve(spec)
    with _Bare(), torch.no_grad():
        network = build_network(spec, setup.shape, setup.n_told)
    yield started(setup, parameters=str(count_parameters(network)))
    yield RunFinished("finished")
