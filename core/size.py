"""How large a network is, without drawing a number: a run of its own, whose start says how many parameters there are.

A network of any size costs some milliseconds.
"""

from __future__ import annotations

from collections.abc import Generator

from core.events import Event, RunFinished, Tick
from core.learned import build_network
from core.networks import count_parameters
from core.run import started
from core.setup import resolve
from core.spec import RunSpec


def size(spec: RunSpec) -> Generator[Event | Tick]:
    """Say in the meta data ``parameters`` how many numbers a training of this spec learns.

    Raises:
        SpecError: before the first event, where the spec cannot run.
    """
    setup = resolve(spec)
    network = build_network(spec, setup.shape, setup.n_told, weightless=True)
    yield started(setup, parameters=str(count_parameters(network)))
    yield RunFinished("finished")
