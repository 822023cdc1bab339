"""The only training loop: it yields a tick at every step, and the same kind of events as a sampling run.

Streams: ``loss`` and the learning rate at every step; those of `trainers.training.snapshots`, and of
`trainers.training.validation`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from core import run
from core.errors import FlowscopeError
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

_LOSS_ROWS, _LOSS_SECONDS = 20, 1.0
"""That wait to be sent together, and how long: steps of an image network may take a second each."""
_LAST_SECONDS = 2.0
"""That one snapshot more may take where a run is stopped: somebody waits for its end."""
_DIVERGED = "The loss is not finite at step {:,}. Lower training.learning_rate, or set training.clip."


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
    with closing(Trainer(setup, processes, fresh=before is None)) as trainer:
        if before is not None:
            trainer.resume(before)
        trainer.agree()
        trainer.pair_up()
        yield from events(trainer, directory)


def events(trainer: Trainer, directory: Path | None = None) -> Generator[Event | Tick]:
    """What a training is told by, to its end; with a directory its checkpoint is kept there."""
    processes = trainer.processes
    keeper = Keeper(trainer, directory if processes.first else None)
    shots = _Snapshots(trainer)
    yield run.started(
        trainer.setup,
        threads=str(trainer.cores),
        precision=trainer.precision,
        parameters=str(count_parameters(trainer.state.network)),
        field_title="Trained network",
        processes=str(processes.size),
    )
    yield from _declare(trainer, len(shots.steps))
    status = "finished"
    try:
        yield from _steps(trainer, shots, keeper)
    except StopRun:
        status = "stopped"
        keeper.latest()  # whatever comes of the last snapshot
        yield from shots.last()
    keeper.latest()
    yield RunFinished(status)  # type: ignore[arg-type]  # one of the literals


def _steps(trainer: Trainer, shots: _Snapshots, keeper: Keeper) -> Generator[Event | Tick]:
    total, pending = trainer.settings.n_steps, _Losses()
    try:
        while trainer.state.step < total:
            yield from _watch(trainer, shots, keeper, pending)
            for _ in trainer.begin_round():
                yield Tick(trainer.state.step, total)
            step, (loss, learning_rate) = trainer.state.step, trainer.step()
            pending.add(step, loss, learning_rate)
            if pending.due() or not math.isfinite(loss):
                yield from pending.flush()
            if not math.isfinite(loss):  # before its weights replace a checkpoint
                raise FlowscopeError(_DIVERGED.format(step + 1))
            keeper.after_step()
            yield Tick(trainer.state.step, total)
        yield from _watch(trainer, shots, keeper, pending)
    except StopRun:
        yield from pending.flush()
        raise
    yield from pending.flush()


def _watch(trainer: Trainer, shots: _Snapshots, keeper: Keeper, pending: _Losses) -> Generator[Event | Tick]:
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
    if shots.due():
        yield from pending.flush()
        yield from shots.take()


class _Snapshots:
    """The snapshots of a run: those that are due, and one where it is stopped."""

    def __init__(self, trainer: Trainer) -> None:
        settings = trainer.settings
        self.steps = snapshots.snapshot_steps(settings.n_steps, settings.n_snapshots)
        self._trainer = trainer
        self._taken = -1

    def due(self) -> bool:
        step = self._trainer.state.step
        return bool(self.steps) and (step in self.steps or step > self.steps[-1])

    def take(self, seconds: float = math.inf) -> Generator[Event | Tick]:
        """One row of each stream: none where it takes longer or is stopped meanwhile, all where that comes later."""
        chunks = yield from _within(seconds, snapshots.take(self._trainer))
        self._taken, stopped = self._trainer.state.step, False
        for chunk in chunks:
            try:
                yield chunk
            except StopRun:
                stopped = True
        if stopped:
            raise StopRun

    def last(self) -> Generator[Event | Tick]:
        """Where the run is stopped: what it has learned until then, unless that was just shown or takes too long."""
        if self.steps and self._taken != self._trainer.state.step:
            yield from self.take(_LAST_SECONDS)


def _within(seconds: float, work: Generator[Tick, None, list[Chunk]]) -> Generator[Tick, None, list[Chunk]]:
    """What the work makes, nothing where it takes longer; what others do meanwhile does not count."""
    spent = 0.0
    while True:
        began = time.thread_time()
        try:
            tick = next(work)
        except StopIteration as end:
            made: list[Chunk] = end.value
            return made
        spent += time.thread_time() - began
        if spent >= seconds:
            return []
        yield tick


class _Losses:
    """Losses that wait to be sent as one chunk."""

    def __init__(self) -> None:
        self.loss: list[float] = []
        self._sent = time.monotonic()
        self.columns: dict[str, list[float]] = {name: [] for name in TRAINING_COLUMNS}

    def add(self, step: int, loss: float, learning_rate: float) -> None:
        self.loss.append(loss)
        for name, value in zip(TRAINING_COLUMNS, (step + 1, learning_rate), strict=True):
            self.columns[name].append(value)

    def due(self) -> bool:
        return len(self.loss) >= _LOSS_ROWS or time.monotonic() - self._sent >= _LOSS_SECONDS

    def flush(self) -> Iterator[Event]:
        self._sent = time.monotonic()
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
