"""A second process that shares a training: it learns what it is told to of the same network, at the same time.

Both see the weights in memory that they share, so that a step's number goes there and a gradient comes back. The other
process is nobody that is relied on: where it is not there, yet or any more, the first one learns its part as well, and
every number is the same.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Semaphore
from types import ModuleType

import torch
import torch.multiprocessing  # how tensors travel to another process, as memory that both have
from torch import Tensor, nn

from core import spec as specs
from core.errors import FlowscopeError
from core.learned import build_network
from core.machine import device as devices
from core.parts.making import make
from core.predictions import Reading
from core.setup import Setup, resolve
from core.spec import RunSpec
from trainers.flat import flatten
from trainers.objective import Objective
from trainers.training.pupil import Pupil

_LOOK_SECONDS = 0.5
"""Between looks whether the other process is still there."""
_AWAKE_SECONDS = 0.0005
"""For which one waits without sleeping: to be woken takes a tenth of a small network's step. Where other work wants the
cores, to wait longer takes them from it and from the other side."""

_log = logging.getLogger(__name__)


def may_share(setup: Setup, objective: Objective, network: nn.Module) -> bool:
    """Whether another process computes what this one would: by what is asked for alone, so that it does in the next run
    too."""
    training = setup.spec.training
    stateless = network.state_dict().keys() == dict(network.named_parameters()).keys()
    draws = any(isinstance(module, nn.modules.dropout._DropoutNd) for module in network.modules())
    alike = stateless and not draws and not training.compile and not objective.rounds(training.n_steps)
    return alike and setup.device.type == "cpu"


def may_start() -> bool:
    """Whether this process may have another one: that of a window may not."""
    return not multiprocessing.current_process().daemon


def start(
    setup: Setup, reading: Reading, weights: nn.Parameter, average: nn.Parameter, threads: int, rows: slice
) -> Partner | None:
    """A second process; None, and a warning, where the system gives none.

    Args:
        weights, average: of the networks, as `flatten` made them; they move to memory that is shared.
        threads: with how many it computes.
        rows: of every batch that it learns from.
    """
    try:
        for vector in (weights, average):
            _shared(vector.data)
        return Partner(setup.spec, reading, weights.detach(), average.detach(), threads, rows)
    except (OSError, ImportError, RuntimeError) as error:  # such as a system without semaphores, or memory to share
        _log.warning("no second process to train with: %s", error)
        return None


class Partner:
    """The other process, as it is seen from here.

    Attributes:
        gradient: of the step that it was told to learn [P]; loss: the mean of that, 0-dimensional.
    """

    def __init__(
        self, spec: RunSpec, reading: Reading, weights: Tensor, average: Tensor, threads: int, rows: slice
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self.gradient, self.loss = _shared(torch.zeros_like(weights)), _shared(weights.new_zeros(()))
        self._step = _shared(torch.zeros((), dtype=torch.int64))
        self._ready, self._go, self._done = (context.Semaphore(0) for _ in range(3))
        self._there, self._gone = False, False
        self._process: SpawnProcess = context.Process(
            target=_serve,
            args=(
                specs.to_json(spec), reading, threads, rows, weights, average, self.gradient, self.loss, self._step,
                self._ready, self._go, self._done,
            ),
            daemon=True,
        )  # fmt: skip
        with _deaf(), _nameless():
            self._process.start()

    def wait(self, seconds: float) -> bool:
        """Wait until it is ready; False where it is not by then, and where it has ended."""
        if not (self._there or self._gone):
            self._there = self._ready.acquire(timeout=seconds)
            self._notice()
        return self._there

    def begin(self, step: int) -> bool:
        """Tell it to learn a step; False while it is not ready, and where it has ended."""
        if self.wait(0.0):
            self._step.fill_(step)
            self._go.release()
        return self._there

    def finish(self) -> bool:
        """Wait until it has; False where it ended meanwhile."""
        while not _told(self._done):
            if self._notice():
                return False
        return True

    def _notice(self) -> bool:
        """Whether it has ended."""
        if not self._gone and not self._process.is_alive():
            _log.warning(
                "the second process of a training ended (%s); its part is learned here", self._process.exitcode
            )
            self._there, self._gone = False, True
        return self._gone

    def end(self) -> None:
        """It keeps nothing."""
        self._process.kill()
        self._process.join()


def _told(by: Semaphore) -> bool:
    """Wait for the other side; False where nothing comes for so long that one should look whether it is still there."""
    until = time.perf_counter() + _AWAKE_SECONDS
    while time.perf_counter() < until:
        if by.acquire(block=False):
            return True
    return by.acquire(timeout=_LOOK_SECONDS)


def _shared(tensor: Tensor) -> Tensor:
    """The tensor, and all views of it, in memory that another process may have too."""
    return tensor.share_memory_()  # type: ignore[no-untyped-call, no-any-return]  # torch leaves it untyped


@contextmanager
def _deaf() -> Iterator[None]:
    """What is started meanwhile does not hear Ctrl+C, which a terminal sends to all; the first process ends it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _nameless() -> Iterator[None]:
    """What is started meanwhile does not run the program again whose process this is: it needs nothing of it, and one
    that trains without asking whether it is the main module would do all that it does twice."""
    program, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program


def _serve(
    spec: str, reading: Reading, threads: int, rows: slice, weights: Tensor, average: Tensor, gradient: Tensor,
    loss: Tensor, step: Tensor, ready: Semaphore, go: Semaphore, done: Semaphore,
) -> None:  # fmt: skip
    """The other process: a pupil that learns a step whenever it is told to, until the first is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        pupil = _pupil(resolve(specs.from_json(spec)), reading, weights, average, gradient)
    except FlowscopeError as error:  # such as of a part that the program itself has registered
        sys.exit(f"flowscope: no second process to train with: {error}")
    devices.use_threads(threads)
    ready.release()
    parent = multiprocessing.parent_process()
    while parent is not None and parent.is_alive():
        if _told(go):
            gradient.zero_()
            loss.copy_(pupil.learn(int(step), rows))
            done.release()


def _pupil(setup: Setup, reading: Reading, weights: Tensor, average: Tensor, gradient: Tensor) -> Pupil:
    """One whose networks have their weights in shared memory, and whose gradient comes to lie there."""
    objective: Objective = make("objective", setup.spec.objective)
    network, averaged = (
        build_network(setup.spec, setup.shape, setup.n_told).to(setup.device, setup.dtype) for _ in range(2)
    )
    flatten(network, weights, gradient)
    flatten(averaged.requires_grad_(False), average)
    return Pupil(setup, objective, network, averaged, reading)
