"""Register and discover implementations: one file each, found by name, shown in every menu, form and test.

An implementation is a class with the class facts ``name``, ``title`` and ``reference``, a docstring whose first line is
its help, and, where it takes parameters, fields of a frozen msgspec struct. Discovery imports every module of the
registry packages and then the modules named in ``FLOWSCOPE_PLUGINS`` (separated by commas).
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from core.errors import FlowscopeError, SpecError, unknown
from core.parts.entry import entry_of

#: kind of a part -> the package whose modules implement it
PACKAGES = {
    "data": "core.datasets",
    "source": "core.sources",
    "coupling": "core.couplings",
    "path": "core.paths",
    "objective": "trainers",
    "network": "core.networks",
    "optimiser": "trainers.optimisers",
    "schedule": "trainers.schedules",
    "field": "core.fields",
    "grid": "core.grids",
    "guidance": "core.guidance",
    "clipping": "core.clipping",
    "sampler": "core.samplers",
    "metric": "core.metrics",
    "image-metric": "core.images.metrics",
    "features": "core.features",
}
PLUGINS_VARIABLE = "FLOWSCOPE_PLUGINS"

_entries: dict[str, dict[str, type[Any]]] = {kind: {} for kind in PACKAGES}
_discovered = False

C = TypeVar("C", bound=type)


def register(kind: str) -> Callable[[C], C]:
    """Class decorator: make the class known under its ``name``. A name that is taken is an error."""
    if kind not in PACKAGES:
        raise ValueError(unknown("kind", kind, PACKAGES))

    def add(cls: C) -> C:
        name: str = cls.name  # type: ignore[attr-defined]  # the contract of every registered class
        taken = _entries[kind].get(name)
        if taken is not None and taken.__qualname__ + taken.__module__ != cls.__qualname__ + cls.__module__:
            raise ValueError(f"two {kind} implementations are named {name!r}: {taken.__module__}, {cls.__module__}")
        _entries[kind][name] = cls
        return cls

    return add


def discover() -> None:
    """Import every implementation once, the plug-in modules last.

    Raises:
        FlowscopeError: there is no plug-in module of a name, or it has a fault.
    """
    global _discovered
    if _discovered:
        return
    for package in PACKAGES.values():
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
            importlib.import_module(f"{package}.{module.name}")
    for plugin in filter(None, map(str.strip, os.environ.get(PLUGINS_VARIABLE, "").split(","))):
        before = {kind: set(known) for kind, known in _entries.items()}
        try:
            importlib.import_module(plugin)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{plugin}.".startswith(f"{error.name}."):
                raise _faulty(plugin, error) from error  # a module that the plug-in itself asks for
            raise FlowscopeError(
                f"{PLUGINS_VARIABLE} names {plugin}, and Python finds no such module. Set PYTHONPATH to its folder."
            ) from None
        except (Exception, SystemExit) as error:
            raise _faulty(plugin, error) from error
        for kind, known in _entries.items():
            for name in known.keys() - before[kind]:
                _check(plugin, known[name])
    _discovered = True


def _check(plugin: str, cls: type[Any]) -> None:
    """Ask a class for what catalogs say of it: one that lacks a fact would break every menu and list.

    Raises:
        FlowscopeError: it cannot tell.
    """
    try:
        entry_of(cls)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise FlowscopeError(f"{PLUGINS_VARIABLE}: {cls.__name__} of {plugin} cannot be listed: {said}.") from error


def _faulty(plugin: str, error: BaseException) -> FlowscopeError:
    """What is wrong with a plug-in, and in which line of its files."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    lines = [f"{Path(frame.filename).name}, line {frame.lineno}" for frame in frames]
    where = (
        f"{Path(error.filename or plugin).name}, line {error.lineno}" if isinstance(error, SyntaxError) else lines[-1]
    )
    said = f"{type(error).__name__}: {error}"
    end = "" if said.endswith((".", "?")) else "."
    return FlowscopeError(f"{PLUGINS_VARIABLE}: {plugin} cannot be loaded ({where}): {said}{end}")


def entries(kind: str) -> Mapping[str, type[Any]]:
    """Every implementation of a kind by name, in order of name."""
    discover()
    return MappingProxyType(dict(sorted(_entries[kind].items())))


def find(kind: str, name: str) -> type[Any]:
    """The implementation of that name.

    Raises:
        SpecError: there is none; the message names the nearest.
    """
    known = entries(kind)
    if name not in known:
        raise SpecError(kind, unknown(kind, name, known))
    return known[name]
