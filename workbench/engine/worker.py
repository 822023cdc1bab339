"""The engine process: torch, core and trainers, no Qt. It hears commands on a pipe and answers with reports."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from multiprocessing.connection import Connection

from core import catalog, registry
from core.errors import FlowscopeError
from workbench.engine import commands
from workbench.engine.commands import Hello, Offer, Refusal, Report
from workbench.engine.jobs import EngineLoop, Factory

DEFAULT_FACTORY = "trainers.jobs:start"
REST_SECONDS = 4.0
"""Nothing is asked for so long before the engine does something of its own that cannot be interrupted."""
_NICE = 5


def main(connection: Connection, factory: str = DEFAULT_FACTORY) -> None:
    """Serve until the window says `Shutdown` or is gone, then end the process, which was spawned for this.

    Args:
        factory: where the function lies that makes a run from a spec, as ``module:name``.
    """
    # Waiting threads must sleep: with spinning ones the window would compete for its own core.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if hasattr(os, "nice"):
        os.nice(_NICE)
    # Ctrl+C in a terminal reaches both processes; the engine goes when the window does, with its traces closed.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    start = load(factory)
    from core.machine import device  # the window's process knows this module and no torch

    def send(report: Report) -> None:
        connection.send_bytes(commands.encode(report))

    with suppress(BrokenPipeError, ConnectionResetError):  # the window is gone
        try:
            if _has_more():  # must be known before a lane asks for it
                send(Offer(catalog.dump(catalog.live())))
        except FlowscopeError as error:  # of a plug-in
            send(Refusal(str(error)))
            return
        send(_hello())
        serve(connection, EngineLoop(start, send, device.use_threads), warm_up)
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is closed. Taking torch apart in order would take another second, for which the window would wait.
    os._exit(0)


def serve(connection: Connection, loop: EngineLoop, when_idle: Callable[[], None]) -> None:
    """Hear commands and step jobs until one side closes. ``when_idle`` is called once, after a rest."""
    busy_at, rested = time.monotonic(), False
    try:
        while not loop.closed:
            while not loop.closed and connection.poll(0):
                loop.handle(commands.decode_command(connection.recv_bytes()))
            if loop.closed or loop.step() or connection.poll(loop.idle_seconds()):
                busy_at = time.monotonic()
            elif not rested and time.monotonic() - busy_at >= REST_SECONDS:
                rested = True
                when_idle()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the window is gone, and nobody is left to be told
    finally:
        loop.close()


def load(factory: str) -> Factory:
    """The function that ``module:name`` names."""
    module, _, name = factory.partition(":")
    function: Factory = getattr(importlib.import_module(module), name)
    return function


def warm_up() -> None:
    """The first optimiser imports a compiler, which takes a second: do that before somebody waits for it."""
    import torch

    torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])


def _hello() -> Hello:
    import torch

    from core.machine import device

    # One core is the window's; a run that names its number of threads sets it when it starts.
    cores = max(1, device.CORES - 1)
    torch.set_num_threads(cores)
    torch.set_num_interop_threads(cores)
    versions = {name: version(name) for name in ("flowscope", "torch", "numpy")}
    return Hello(device.available(), versions)


def _has_more() -> bool:
    """Whether plug-ins or new files bring what the window does not know. To make the whole catalog takes a second."""
    return any(registry.entries(kind).keys() != known.keys() for kind, known in catalog.shipped().parts.items())
