"""The only training loop: it yields a tick at every step, and the same kind of events as a sampling run.

Streams: ``loss`` and the learning rate at every step; those of `trainers.training.snapshots`, and of
`trainers.training.validation`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np

from core import run
from core.events import Chunk, Event, RunFinished, StopRun, StreamDeclared, Tick
from core.networks import count_parameters
from core.setup import resolve
from core.spec import RunSpec
from core.trace.trace import TRAINING_COLUMNS
from trainers import checkpoint
from trainers.training import origin, snapshots
from trainers.training.keeper import Keeper
from trainers.training.processes import Processes, join
from trainers.training.trainer import Trainer

_LOSS_ROWS = 20


def train(spec: RunSpec, directory: Path | None = None, *, resume: bool = False) -> Generator[Event | Tick]:
    """Train a spec's network; with a directory its checkpoint is kept there, also when the run is stopped.

    Started by `torchrun`, it trains together with the other processes; all of them yield the same events, and the
    first keeps the checkpoints.

    Raises:
        SpecError: before the first event, where the spec cannot run or the checkpoint does not belong to it.
    """
    processes = join()
    try:
        yield from _run(spec, directory, processes, resume=resume)
    finally:
        processes.leave()


def _run(spec: RunSpec, directory: Path | None, processes: Processes, *, resume: bool) -> Generator[Event | Tick]:
    before = directory / checkpoint.FILE_NAME if resume and directory is not None else None
    spec = origin.identified(spec) if before is None else origin.kept(spec, before)
    setup = resolve(spec)
    trainer = Trainer(setup, processes, fresh=before is None)
    if before is not None:
        trainer.resume(before)
    trainer.agree()
    keeper = Keeper(trainer, directory if processes.first else None)
    steps = snapshots.snapshot_steps(spec.training.n_steps, spec.training.n_snapshots)
    yield run.started(
        setup,
        parameters=str(count_parameters(trainer.state.network)),
        field_title="Trained network",
        processes=str(processes.size),
    )
    yield from _declare(trainer, len(steps))
    status = "finished"
    try:
        yield from _steps(trainer, steps, keeper)
    except StopRun:
        status = "stopped"
        if trainer.state.step not in steps:
            yield from snapshots.take(trainer)
    keeper.latest()
    yield RunFinished(status)  # type: ignore[arg-type]  # one of the literals


def _steps(trainer: Trainer, steps: list[int], keeper: Keeper) -> Generator[Event | Tick]:
    total, pending = trainer.settings.n_steps, _Losses()
    try:
        while trainer.state.step < total:
            yield from _watch(trainer, steps, keeper, pending)
            for _ in trainer.begin_round():
                yield Tick(trainer.state.step, total)
            pending.add(trainer.state.step, *trainer.step())
            if len(pending.loss) >= _LOSS_ROWS:
                yield from pending.flush()
            keeper.after_step()
            yield Tick(trainer.state.step, total)
        yield from _watch(trainer, steps, keeper, pending)
    except StopRun:
        yield from pending.flush()
        raise
    yield from pending.flush()


def _watch(trainer: Trainer, steps: list[int], keeper: Keeper, pending: _Losses) -> Generator[Event | Tick]:
    """What is due before the next step, or after the last: a validation, a snapshot."""
    step = trainer.state.step
    if trainer.validation is not None and step in trainer.validation.steps:
        yield from pending.flush()
        for measured in trainer.validation.measure(trainer.error):
            if measured is None:
                yield Tick(step, trainer.settings.n_steps)
            else:
                trainer.observe(measured.loss)
                keeper.measured(measured.loss)
                yield from measured.chunks(step)
    if steps and (step in steps or step > steps[-1]):
        yield from pending.flush()
        yield from snapshots.take(trainer)


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
    yield StreamDeclared(
        name="loss",
        row_shape=(),
        dims=("step",),
        kind="scalar",
        columns=TRAINING_COLUMNS,
        capacity=trainer.settings.n_steps,
    )
    if trainer.validation is not None:
        yield from trainer.validation.declared()
    if n_snapshots:
        yield from snapshots.declared(trainer.setup, n_snapshots)
