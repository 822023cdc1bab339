"""What a trained network's field is worth, computed afterwards: its velocity against the exact one, over t.

A run like any other, of a spec whose action is ``measure``: it yields the stream ``metric/velocity_error`` over t.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch

from core import run
from core.errors import SpecError
from core.events import Chunk, Event, RunFinished, StopRun, StreamDeclared, Tick
from core.metrics.velocity_error import velocity_error_over_t
from core.setup import resolve
from core.spec import RunSpec
from trainers.training.snapshots import exact_field

_T = (0.02, 0.98)
_TIMES, _PAIRS = 33, 1024


def measure(spec: RunSpec) -> Generator[Event | Tick]:
    """The error of a spec's velocity, in units / time, at evenly spread times, a row at a time; no particle is moved.

    Raises:
        SpecError: before the first event, where there is no field, or no exact one to hold it against.
    """
    setup = resolve(spec)
    if spec.field.name != "network":
        raise SpecError("field", "This lane follows the exact field, which has no error.")
    exact, mixture = exact_field(setup), setup.mixture
    if exact is None or mixture is None:
        raise SpecError("data", "There is no exact field to compare with: data, pairs or method have none.")
    field, source = setup.field(), setup.source.mixture()
    yield run.started(setup)
    yield StreamDeclared(
        name="metric/velocity_error", row_shape=(), dims=("t",), kind="scalar", columns=("t",), capacity=_TIMES
    )
    try:
        for done, t in enumerate(np.linspace(*_T, _TIMES)):
            with torch.inference_mode():
                now = torch.tensor([t], dtype=setup.dtype)
                error = velocity_error_over_t(
                    field, exact, mixture, spec.seed, now, _PAIRS, source=source, dtype=setup.dtype
                )
            yield Chunk("metric/velocity_error", error.numpy().astype(np.float32), {"t": np.array([t])})
            yield Tick(done + 1, _TIMES)
    except StopRun:
        yield RunFinished("stopped")
        return
    yield RunFinished("finished")
