"""Snapshots: while a network is trained, whole sampling runs of its averaged weights.

Streams: ``snapshot/x``, in the plane ``snapshot/field/velocity``, and where the data set has an exact field the error
of the learned velocity against it (``metric/velocity_error``) and that of learned jumps to the data against its flow
(``metric/jump_error``).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial

import numpy as np
import torch

from core import registry, run
from core.events import Chunk, StreamDeclared, Tick
from core.metrics.jump_error import followed, miss
from core.metrics.velocity_error import velocity_error
from core.numerics.mixture import MixtureField
from core.setup import Setup
from core.trace.trace import SAMPLING_COLUMNS
from trainers.training.trainer import Trainer

VELOCITY_ERROR, JUMP_ERROR = "metric/velocity_error", "metric/jump_error"


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
    declare = partial(StreamDeclared, columns=("step",), capacity=n_snapshots)
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
    for name in _errors(setup):
        yield declare(name=name, row_shape=(), dims=("step",), kind="scalar")


def _errors(setup: Setup) -> dict[str, MixtureField]:
    """What is held against the exact field, by the name of its stream."""
    exact, provides = _perfect(setup), registry.find("objective", setup.spec.objective.name).provides
    kinds = {"field": VELOCITY_ERROR, "flow-map": JUMP_ERROR}
    return {} if exact is None else {name: exact for kind, name in kinds.items() if kind in provides}


def exact_field(setup: Setup) -> MixtureField | None:
    """The field that a network of this run would have if it were perfect, None where there is none in closed form."""
    return _errors(setup).get(VELOCITY_ERROR)


def _perfect(setup: Setup) -> MixtureField | None:
    """The exact field of the run's pairs, whether its network learns the field or jumps along its flow."""
    if setup.mixture is None or "independent-pairs" not in setup.provided:
        return None
    return MixtureField(setup.mixture, setup.path, setup.device, setup.source.mixture())


def take(trainer: Trainer) -> Generator[Tick, None, list[Chunk]]:
    """A sampling run of the averaged weights; returns one row of each snapshot stream."""
    setup, step = trainer.setup, trainer.state.step
    x, velocity = [], []
    for row in run.rows(setup, trainer.learned):
        x.append(row.x)
        if row.velocity is not None:
            velocity.append(row.velocity)
        yield Tick(step, trainer.settings.n_steps)
    columns = {"step": np.array([float(step)])}
    chunks = [Chunk("snapshot/x", np.stack(x)[None].astype(np.float32, copy=False), columns)]
    if velocity:
        arrows = np.stack(velocity)[None].astype(np.float32, copy=False)
        chunks.append(Chunk("snapshot/field/velocity", arrows, columns))
    errors, source = _errors(setup), setup.source.mixture()
    if VELOCITY_ERROR in errors and setup.mixture is not None:
        with torch.inference_mode():
            error = velocity_error(
                trainer.learned,
                errors[VELOCITY_ERROR],
                setup.mixture,
                setup.spec.seed,
                dtype=setup.dtype,
                source=source,
            )
        chunks.append(Chunk(VELOCITY_ERROR, np.array([error], np.float32), columns))
    if JUMP_ERROR in errors:
        flow = []
        for states in followed(errors[JUMP_ERROR], setup.spec.seed, source, setup.dtype):
            flow.append(states)
            yield Tick(step, trainer.settings.n_steps)
        chunks.append(Chunk(JUMP_ERROR, np.array([miss(trainer.learned, setup.path, flow)], np.float32), columns))
    return chunks
