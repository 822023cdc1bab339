"""The engine process: torch, core and trainers, no Qt. It hears commands on a pipe and answers with reports."""

from __future__ import annotations

import importlib
import os
from contextlib import suppress
from importlib.metadata import version
from multiprocessing.connection import Connection

from workbench.engine import commands
from workbench.engine.commands import Hello, Report
from workbench.engine.jobs import EngineLoop, Factory

DEFAULT_FACTORY = "trainers.jobs:start"
_IDLE_SECONDS = 0.02
_NICE = 5


def main(connection: Connection, factory: str = DEFAULT_FACTORY) -> None:
    """Serve until the window says `Shutdown` or is gone. Runs in a spawned process."""
    # Waiting threads must sleep: with spinning ones the window would compete for its own core.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if hasattr(os, "nice"):
        os.nice(_NICE)
    with suppress(KeyboardInterrupt, BrokenPipeError):
        _serve(connection, factory)


def _serve(connection: Connection, factory: str) -> None:
    def send(report: Report) -> None:
        connection.send_bytes(commands.encode(report))

    send(_hello())
    loop = EngineLoop(_import(factory), send)
    _warm_up()
    while not loop.closed:
        try:
            while connection.poll(0):
                loop.handle(commands.decode_command(connection.recv_bytes()))
            if not loop.step():
                connection.poll(_IDLE_SECONDS)
        except (EOFError, BrokenPipeError, ConnectionResetError):  # the window is gone
            loop.close()


def _hello() -> Hello:
    from core import catalog, device

    devices = device.available()
    names = ("flowscope", "torch", "numpy")
    return Hello(catalog.dump(catalog.live()), devices, {name: version(name) for name in names})


def _import(factory: str) -> Factory:
    module, _, name = factory.partition(":")
    function: Factory = getattr(importlib.import_module(module), name)
    return function


def _warm_up() -> None:
    """The first optimiser imports a compiler, which takes a second: do that before somebody waits for it."""
    import torch

    torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])
