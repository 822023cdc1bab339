"""Engines that are forked from a process that has imported all they need: to import it takes most of a test's time."""

from __future__ import annotations

import importlib
import multiprocessing as mp
import os
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from multiprocessing.process import BaseProcess
from typing import Any

from core.registry import PACKAGES


class Forked:
    """What `workbench.engine.link` asks of a context of multiprocessing."""

    Pipe = staticmethod(mp.Pipe)

    def Process(self, target: Callable[..., Any], args: tuple[Any, ...], daemon: bool) -> BaseProcess:
        # the server keeps the environment that it was started in; a test may have changed it since
        return _server().Process(target=_there, args=(dict(os.environ), target, args), daemon=daemon)


@cache
def _server() -> Any:
    context = mp.get_context("forkserver")
    registered = [
        f"{package}.{module.name}"
        for package in PACKAGES.values()
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__)
    ]
    context.set_forkserver_preload(["torch", "torch._dynamo", "trainers.jobs", *registered])
    return context


def _there(environment: Mapping[str, str], target: Callable[..., Any], args: tuple[Any, ...]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    target(*args)
