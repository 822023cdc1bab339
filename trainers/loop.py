"""The only training loop: it yields a tick at every step, and the same kind of events as a sampling run.

Streams: ``loss`` and the learning rate at every step; at each snapshot a whole sampling run of the averaged weights
(``snapshot/x``, ``snapshot/field/velocity``) and, where the data set has an exact field, the error of the learned
velocity against it (``metric/velocity_error``).
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Generator, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch

from core import registry, run
from core.errors import SpecError
from core.events import Chunk, Event, RunFinished, StopRun, StreamDeclared, Tick
from core.learned import (
    DATA_STD,
    N_CLASSES,
    PREDICTION,
    SHAPE,
    Evaluation,
    NetworkField,
    build_network,
)
from core.metrics.velocity_error import velocity_error
from core.mixture import MixtureField
from core.networks import count_parameters
from core.parts import make
from core.predictions import Reading
from core.setup import Setup, resolve
from core.spec import RunSpec
from core.trace.trace import SAMPLING_COLUMNS, TRAINING_COLUMNS
from trainers import checkpoint
from trainers.batches import Batch, Batches
from trainers.flat import clip, flatten
from trainers.objective import Lesson, Objective

_LOSS_ROWS = 20
_CHECKPOINT_SECONDS = 30.0
_STD_SAMPLES = 1000


class Trainer:
    """The state of one training run and what is done to it in a step."""

    def __init__(self, setup: Setup) -> None:
        spec = setup.spec
        self.setup, self.spec, self.settings = setup, spec, spec.training
        self.objective: Objective = make("objective", spec.objective)
        if self.settings.conditional and not setup.n_classes:
            raise SpecError("training.conditional", f"{setup.dataset.title} has no classes to tell the network.")
        self.n_classes = setup.n_classes if self.settings.conditional else 0
        network = build_network(spec, setup.shape, self.n_classes).to(setup.device, setup.dtype)
        average = copy.deepcopy(network).requires_grad_(False)
        self._weights, self._average = flatten(network), flatten(average)
        optimiser = torch.optim.AdamW(
            [self._weights], lr=0.0, betas=(0.9, 0.99), weight_decay=self.settings.weight_decay,
            fused=setup.device.type != "mps",
        )  # fmt: skip
        self.state = checkpoint.State(network, average, optimiser)
        self.reading = Reading(self.objective.predicts, _data_std(setup))
        self.learned = NetworkField(average.eval(), self.reading, setup.path, self.objective)
        self._evaluation = Evaluation(network, setup.path, self.reading)
        self._teacher = self.objective.teacher(setup)
        self._sequence = Batches(setup, self.objective)
        self._batches = self._sequence.from_step(0)
        self._resumed = False

    def resume(self, file: Path) -> None:
        checkpoint.resume(file, self.state, self.spec)
        self._resumed = True
        self._batches = self._sequence.from_step(self.state.step)

    def save(self, file: Path) -> None:
        kept = {
            PREDICTION: self.reading.prediction,
            DATA_STD: repr(self.reading.data_std),
            SHAPE: str(list(self.setup.shape)),
            N_CLASSES: str(self.n_classes),
        }
        checkpoint.save(file, self.state, self.spec, kept)

    def begin_round(self) -> Generator[None]:
        """Where a round of the objective begins, and after a resume within one: make its pairs."""
        state, resumed, self._resumed = self.state, self._resumed, False
        if state.step in self.objective.rounds(self.settings.n_steps):
            state.teacher = copy.deepcopy(state.average)
        elif not (resumed and state.teacher is not None):
            return
        assert state.teacher is not None
        teacher = NetworkField(state.teacher, self.reading, self.setup.path, self.objective)
        self._sequence.use((yield from self.objective.prepare(self.setup, teacher)))
        self._batches = self._sequence.from_step(state.step)

    def learning_rate(self, step: int) -> float:
        """A linear warm-up, then half a cosine down to zero."""
        settings = self.settings
        rise = min(1.0, (step + 1) / max(1, settings.warm_up))
        return settings.learning_rate * rise * 0.5 * (1.0 + math.cos(math.pi * step / settings.n_steps))

    def step(self) -> tuple[float, float]:
        """One optimiser step; returns the loss and the learning rate."""
        state, rate = self.state, self.learning_rate(self.state.step)
        for group in state.optimiser.param_groups:
            group["lr"] = rate
        loss = self._loss(next(self._batches))
        gradient = self._weights.grad
        assert gradient is not None  # `flatten` made it
        gradient.zero_()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        if self.settings.clip > 0:
            clip(gradient, self.settings.clip)
        state.optimiser.step()
        state.step += 1
        # The average forgets its first steps faster, or it would remember the untrained network.
        decay = min(self.settings.ema, (1.0 + state.step) / (10.0 + state.step))
        with torch.no_grad():
            self._average.lerp_(self._weights, 1.0 - decay)
        return float(loss.detach()), rate

    def _loss(self, batch: Batch) -> torch.Tensor:
        lesson = Lesson(
            network=self._evaluation, average=self.learned.network, path=self.setup.path, reading=self.reading,
            x1=batch.x1, x0=batch.x0, z=batch.z, t=batch.t, u=batch.u, cond=batch.cond if self.n_classes else None,
            progress=self.state.step / self.settings.n_steps, teacher=self._teacher,
        )  # fmt: skip
        if not self.settings.autocast:
            return self.objective.loss(lesson)
        with torch.autocast(self.setup.device.type, torch.bfloat16):
            return self.objective.loss(lesson)


def _data_std(setup: Setup) -> float:
    """Standard deviation of all numbers of the data together."""
    if setup.mixture is not None:
        return setup.mixture.overall_std()
    return float(setup.dataset.training(_STD_SAMPLES, setup.spec.seed).x.std())


def snapshot_steps(n_steps: int, n_snapshots: int) -> list[int]:
    """After which steps a snapshot is taken: at the start, at the end, closer together early, where more changes."""
    if n_snapshots == 0:
        return []
    places = np.linspace(0.0, 1.0, max(2, n_snapshots)) ** 1.5
    return sorted({round(place * n_steps) for place in places})


def train(spec: RunSpec, directory: Path | None = None, *, resume: bool = False) -> Generator[Event | Tick]:
    """Train a spec's network; with a directory its checkpoint is kept there, also when the run is stopped.

    Raises:
        SpecError: before the first event, where the spec cannot run or the checkpoint does not belong to it.
    """
    setup = resolve(spec)
    trainer = Trainer(setup)
    file = None if directory is None else directory / checkpoint.FILE_NAME
    if resume and file is not None:
        trainer.resume(file)
    snapshots = snapshot_steps(spec.training.n_steps, spec.training.n_snapshots)
    yield run.started(setup, parameters=str(count_parameters(trainer.state.network)), field_title="Trained network")
    yield from _declare(trainer, len(snapshots))
    status = "finished"
    try:
        yield from _steps(trainer, snapshots, file)
    except StopRun:
        status = "stopped"
        if trainer.state.step not in snapshots:
            yield from _snapshot(trainer)
    if file is not None:
        trainer.save(file)
    yield RunFinished(status)  # type: ignore[arg-type]  # one of the literals


def _steps(trainer: Trainer, snapshots: list[int], file: Path | None) -> Generator[Event | Tick]:
    total, pending, saved = trainer.settings.n_steps, _Losses(), time.monotonic()
    try:
        while trainer.state.step < total:
            if trainer.state.step in snapshots:
                yield from pending.flush()
                yield from _snapshot(trainer)
            for _ in trainer.begin_round():
                yield Tick(trainer.state.step, total)
            pending.add(trainer.state.step, *trainer.step())
            if len(pending.loss) >= _LOSS_ROWS:
                yield from pending.flush()
            if file is not None and time.monotonic() - saved > _CHECKPOINT_SECONDS:
                trainer.save(file)
                saved = time.monotonic()
            yield Tick(trainer.state.step, total)
    except StopRun:
        yield from pending.flush()
        raise
    yield from pending.flush()
    if snapshots:
        yield from _snapshot(trainer)


class _Losses:
    """Losses that wait to be sent as one chunk."""

    def __init__(self) -> None:
        self.loss: list[float] = []
        self.columns: dict[str, list[float]] = {name: [] for name in TRAINING_COLUMNS}

    def add(self, step: int, loss: float, learning_rate: float) -> None:
        self.loss.append(loss)
        for name, value in zip(TRAINING_COLUMNS, (step + 1, learning_rate), strict=True):
            self.columns[name].append(value)

    def flush(self) -> Iterator[Event]:
        if self.loss:
            columns = {name: np.array(values) for name, values in self.columns.items()}
            yield Chunk("loss", np.array(self.loss, np.float32), columns)
        self.loss.clear()
        for values in self.columns.values():
            values.clear()


def _declare(trainer: Trainer, n_snapshots: int) -> Iterator[Event]:
    setup, spec = trainer.setup, trainer.spec
    yield StreamDeclared(
        name="loss",
        row_shape=(),
        dims=("step",),
        kind="scalar",
        columns=TRAINING_COLUMNS,
        capacity=spec.training.n_steps,
    )
    if n_snapshots == 0:
        return
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


def _snapshot(trainer: Trainer) -> Generator[Event | Tick]:
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
