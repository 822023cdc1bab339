"""Snapshots: while a network is trained, whole sampling runs of its averaged weights.

Streams: ``snapshot/x``, in the plane ``snapshot/field/velocity``, and where the data set has an exact field the error
of the learned velocity against it (``metric/velocity_error``).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial

import numpy as np
import torch

from core import registry, run
from core.events import Chunk, Event, StreamDeclared, Tick
from core.metrics.velocity_error import velocity_error
from core.mixture import MixtureField
from core.setup import Setup
from core.trace.trace import SAMPLING_COLUMNS
from trainers.training.trainer import Trainer


def snapshot_steps(n_steps: int, n_snapshots: int) -> list[int]:
    """After which steps a snapshot is taken: at the start, at the end, closer together early, where more changes."""
    if n_snapshots == 0:
        return []
    places = np.linspace(0.0, 1.0, max(2, n_snapshots)) ** 1.5
    return sorted({round(place * n_steps) for place in places})


def declared(setup: Setup, n_snapshots: int) -> Iterator[StreamDeclared]:
    """The streams of that many snapshots."""
    spec = setup.spec
    times = setup.times()
    static = {name: np.zeros(len(times)) for name in SAMPLING_COLUMNS}
    for i, t in enumerate(times):
        for name, value in run.timeline(setup.path, t, setup.nfe_after(i)).items():
            static[name][i] = value
    declare = partial(StreamDeclared, columns=("step",), capacity=n_snapshots + 1)
    shape = (len(times), spec.n_samples, *setup.shape)
    if len(setup.shape) > 1:
        names = ("step", "t", "particle", "channel", "row", "column")
        yield declare(name="snapshot/x", row_shape=shape, dims=names, kind="images", static=static)
        return
    grid = run.field_grid(setup)
    yield declare(
        name="snapshot/x", row_shape=shape, dims=("step", "t", "particle", "xy"),
        kind="trajectories", static=static | {"data": run.data_points(setup)},
    )  # fmt: skip
    yield declare(
        name="snapshot/field/velocity", row_shape=(len(times), *grid.shape), dims=("step", "t", "place", "xy"),
        kind="fields", units="1/t", static=static | {"grid": grid},
    )  # fmt: skip
    if exact_field(setup) is not None:
        yield declare(name="metric/velocity_error", row_shape=(), dims=("step",), kind="scalar")


def exact_field(setup: Setup) -> MixtureField | None:
    """The field that a network of this run would have if it were perfect, None where there is none in closed form."""
    learns_field = "field" in registry.find("objective", setup.spec.objective.name).provides
    if setup.mixture is None or "independent-pairs" not in setup.provided or not learns_field:
        return None
    return MixtureField(setup.mixture, setup.path, setup.device, setup.source.mixture())


def take(trainer: Trainer) -> Generator[Event | Tick]:
    """A sampling run of the averaged weights, as one row of each snapshot stream."""
    setup, step = trainer.setup, trainer.state.step
    x, velocity = [], []
    for row in run.rows(setup, trainer.learned):
        x.append(row.x)
        if row.velocity is not None:
            velocity.append(row.velocity)
        yield Tick(step, trainer.settings.n_steps)
    columns = {"step": np.array([float(step)])}
    yield Chunk("snapshot/x", np.stack(x)[None].astype(np.float32, copy=False), columns)
    if velocity:
        yield Chunk("snapshot/field/velocity", np.stack(velocity)[None].astype(np.float32, copy=False), columns)
    exact = exact_field(setup)
    if exact is not None and setup.mixture is not None:
        with torch.inference_mode():
            error = velocity_error(
                trainer.learned, exact, setup.mixture, setup.spec.seed, source=setup.source.mixture()
            )
        yield Chunk("metric/velocity_error", np.array([error], np.float32), columns)
