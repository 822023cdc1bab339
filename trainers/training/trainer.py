"""The state of one training run, and what is done to it in a step."""

from __future__ import annotations

import copy
from collections.abc import Generator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
from torch import Tensor, nn

from core.checkpoint import DATA_STD, N_CLASSES, PREDICTION, SHAPE, locate
from core.errors import SpecError
from core.learned import Evaluation, NetworkField, build_network
from core.machine.device import use_threads
from core.parts.making import make
from core.predictions import Reading
from core.setup import Setup
from trainers import checkpoint
from trainers.batches import Batch, Batches
from trainers.flat import clip, flatten
from trainers.objective import Lesson, Objective
from trainers.optimisers import Optimiser
from trainers.schedules import Schedule, rate
from trainers.training import origin
from trainers.training.processes import Processes
from trainers.training.validation import Validation

_STD_SAMPLES = 1000
_WORTH_A_THREAD = 10_000_000
"""Operations, about a tenth of a millisecond: to wake a thread that sleeps takes up to half of that."""


class Trainer:
    """One training run, at its first step."""

    def __init__(self, setup: Setup, processes: Processes = Processes(), *, fresh: bool = True) -> None:  # noqa: B008  # frozen
        """``fresh`` is off where a checkpoint will be resumed: what the run started from is not asked for then."""
        self.processes = processes
        self.setup, self.spec, self.settings = setup, setup.spec, setup.spec.training
        self.objective: Objective = make("objective", self.spec.objective)
        self.schedule: Schedule = make("schedule", self.spec.schedule)
        optimiser: Optimiser = make("optimiser", self.spec.optimiser)
        if self.settings.conditional and not setup.n_classes:
            raise SpecError("training.conditional", f"{setup.dataset.title} has no classes to tell the network.")
        if setup.classes and not self.settings.conditional:
            raise SpecError(
                "label", "This network is told no classes. Leave the class empty, or set training.conditional = true."
            )
        if fresh and self.settings.n_points and setup.coupling.fixed:
            raise SpecError(
                "training.n_points",
                f"{setup.coupling.title} trains on points of its own, coupling.n_pairs = {setup.coupling.fixed}. "
                "Set training.n_points = 0.",
            )
        self.n_classes = setup.n_told
        network = build_network(self.spec, setup.shape, self.n_classes)
        if fresh and self.settings.init_from:
            origin.load(network, self.spec, setup.shape, self.n_classes)
        self.threads = _threads(network, setup)
        use_threads(self.threads)
        network = network.to(setup.device, setup.dtype)
        average = copy.deepcopy(network).requires_grad_(False)
        self._weights, self._average = flatten(network), flatten(average)
        self.state = checkpoint.State(network, average, optimiser.build(self._weights, self.settings.weight_decay))
        if fresh and self.settings.init_from:
            self.state.before = checkpoint.told(locate(self.settings.init_from))
        self.reading = Reading(self.objective.predicts, _data_std(setup))
        if self.reading.prediction == "edm" and self.reading.data_std == 0:
            raise SpecError(
                "data",
                f"{setup.dataset.title} is the same number throughout, and {self.objective.title} scales data by how "
                "much they differ. Choose other data or another objective.",
            )
        self.learned = NetworkField(average.eval(), self.reading, setup.path, self.objective)
        self._evaluation = Evaluation(_prepared(network, setup), setup.path, self.reading)
        self._teacher = self.objective.teacher(setup)
        self._rows = processes.rows(self.settings.batch_size) if processes.size > 1 else slice(None)
        self._sequence = Batches(setup, self.objective, self._rows)
        self._batches = self._sequence.from_step(0)
        self._resumed = False
        self.validation = Validation.of(setup, self.objective, self.n_classes)
        if self.schedule.watches and self.validation is None:
            raise SpecError(
                "schedule",
                f"{self.schedule.title} needs validation losses, and with {self.objective.title} and "
                f"training.n_validations = {self.settings.n_validations} on these data there are none.",
            )

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

    def step(self) -> tuple[float, float]:
        """One optimiser step; returns the loss and the learning rate."""
        state, settings = self.state, self.settings
        now = rate(
            self.schedule, state.schedule, state.step, settings.n_steps, settings.learning_rate, settings.warm_up
        )
        for group in state.optimiser.param_groups:
            group["lr"] = now
        gradient = self._weights.grad
        assert gradient is not None  # `flatten` made it
        gradient.zero_()
        losses = []
        for _ in range(settings.accumulation):
            loss = self._loss(next(self._batches))
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            losses.append(loss.detach())
        if settings.accumulation > 1:
            gradient.div_(settings.accumulation)
        self.processes.mean(gradient)
        if settings.clip > 0:
            clip(gradient, settings.clip)
        state.optimiser.step()
        state.step += 1
        # The average forgets its first steps faster, or it would remember the untrained network.
        decay = min(settings.ema, (1.0 + state.step) / (10.0 + state.step))
        with torch.no_grad():
            self._average.lerp_(self._weights, 1.0 - decay)
        if self.processes.size > 1:
            self.processes.mean(mean := torch.stack(losses).mean())
            return float(mean), now
        return sum(map(float, losses)) / len(losses), now

    def agree(self) -> None:
        """All processes start with the weights of the first, whatever their machines make of a seed."""
        for vector in (self._weights.detach(), self._average):
            self.processes.agree(vector)

    def observe(self, loss: float) -> None:
        """Tell the schedule a validation loss, once for each step: a resumed run may measure one again."""
        state = self.state
        if self.processes.size > 1:
            self.processes.agree(first := torch.tensor(loss, dtype=torch.float64, device=self.setup.device))
            loss = float(first)
        if state.step > state.validated:
            state.schedule, state.validated = self.schedule.observe(state.schedule, loss), state.step

    def error(self, batch: Batch) -> Tensor:
        """The averaged network's output at x_t less the pair's target [B, ...]."""
        with torch.no_grad(), self._autocast():
            return self.objective.error(self._lesson(batch, self.learned.network))

    def _autocast(self) -> AbstractContextManager[object]:
        """The precision in which networks are evaluated in training."""
        return torch.autocast(self.setup.device.type, torch.bfloat16) if self.settings.autocast else nullcontext()

    def _lesson(self, batch: Batch, network: Evaluation) -> Lesson:
        return Lesson(
            network=network, average=self.learned.network, path=self.setup.path, reading=self.reading,
            x1=batch.x1, x0=batch.x0, z=batch.z, t=batch.t, u=batch.u, cond=batch.cond if self.n_classes else None,
            rows=self._rows, batch_size=self.settings.batch_size,
            progress=self.state.step / self.settings.n_steps, teacher=self._teacher,
        )  # fmt: skip

    def _loss(self, batch: Batch) -> torch.Tensor:
        with self._autocast():
            return self.objective.loss(self._lesson(batch, self._evaluation))


def _threads(network: nn.Module, setup: Setup) -> int:
    """With how many threads a step is computed: no more than have enough to do in a product of a small network."""
    matrices = [parameter.numel() for parameter in network.parameters() if parameter.ndim > 1]
    if len(setup.shape) > 1 or not matrices:
        return setup.threads
    operations = 2 * setup.spec.training.batch_size * sum(matrices) // len(matrices)
    return max(1, min(setup.threads, operations // _WORTH_A_THREAD))


def _prepared(network: nn.Module, setup: Setup) -> nn.Module:
    """The network as the training calls it: with images in another layout, compiled."""
    settings = setup.spec.training
    if settings.channels_last and len(setup.shape) != 3:
        raise SpecError("training.channels_last", "Only images have channels. Turn it off.")
    called: nn.Module = ChannelsLast(network) if settings.channels_last else network
    if settings.compile:
        called.compile()  # in place: the names of its weights stay
    return called


class ChannelsLast(nn.Module):
    """A network that is shown images with their channels last in memory, where it learns from them.

    Without gradients it is shown them as they are: GroupNorm has no forward derivative, which MeanFlow takes, in this
    layout.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self._network = network

    def forward(self, x: Tensor, t: Tensor, cond: Tensor | None = None, s: Tensor | None = None) -> Tensor:
        if torch.is_grad_enabled():
            x = x.contiguous(memory_format=torch.channels_last)
            if x.device.type == "cpu" and not x.requires_grad and not torch.compiler.is_compiling():
                # GroupNorm's backward pass on a CPU writes the gradient of such an image, wanted or not, and crashes
                x = x.detach().requires_grad_()
        y: Tensor = self._network(x, t, cond, s)
        return y


def _data_std(setup: Setup) -> float:
    """Standard deviation of all numbers of the data together."""
    if setup.mixture is not None:
        return setup.mixture.overall_std()
    return float(setup.dataset.training(_STD_SAMPLES, setup.spec.seed).x.std())
