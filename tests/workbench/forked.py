"""Engines that are forked from a process that has imported torch: starting anew takes each most of its test's time."""

from __future__ import annotations

import multiprocessing as mp
import os
from collections.abc import Callable, Mapping
from functools import cache
from multiprocessing.process import BaseProcess
from typing import Any


class Forked:
    """What `workbench.engine.link` asks of a context of multiprocessing."""

    Pipe = staticmethod(mp.Pipe)

    def Process(self, target: Callable[..., Any], args: tuple[Any, ...], daemon: bool) -> BaseProcess:
        # the server keeps the environment that it was started in; a test may have changed it since
        return _server().Process(target=_there, args=(dict(os.environ), target, args), daemon=daemon)


@cache
def _server() -> Any:
    context = mp.get_context("forkserver")
    context.set_forkserver_preload(["torch", "torch._dynamo"])
    return context


def _there(environment: Mapping[str, str], target: Callable[..., Any], args: tuple[Any, ...]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    target(*args)
