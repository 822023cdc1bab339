"""The state of one training run, and what is done to it in a step."""

from __future__ import annotations

import copy
from collections.abc import Generator
from pathlib import Path

import torch
from torch import Tensor, nn

from core.checkpoint import DATA_STD, N_CLASSES, PREDICTION, SHAPE, locate
from core.errors import SpecError
from core.learned import NetworkField, build_network
from core.machine.device import IN_BFLOAT16, cores, use_threads
from core.parts.making import make
from core.predictions import Reading
from core.setup import Setup
from trainers import checkpoint
from trainers.batches import Batch
from trainers.checkpoint import Learned
from trainers.flat import clip, flatten
from trainers.objective import Objective
from trainers.optimisers import Optimiser
from trainers.schedules import Schedule, rate
from trainers.training import origin
from trainers.training.partner import Partner, may_share, may_start, start
from trainers.training.processes import Processes
from trainers.training.pupil import ALL_ROWS, Pupil
from trainers.training.validation import Validation
from trainers.training.ways import OneStep, TwoHalves, TwoSteps

_STD_SAMPLES = 1000
_WORTH_HALVES, _WORTH_PAIRS = 500, 2000
"""Steps of a training from which on a second process pays: it takes some seconds to start."""
_FIRST_PAIR = 500
"""Step from which on two are learned together: before, weights change so fast that an old gradient misleads."""
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
        self.threads = min(setup.threads, _useful(network, setup))
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
        self._pupil = Pupil(setup, self.objective, network, average, self.reading)
        rows = processes.rows(self.settings.batch_size) if processes.size > 1 else ALL_ROWS
        self._way = OneStep(self._pupil, self._weights, rows)
        self._can_share = may_share(setup, self.objective, network)
        small, long = len(setup.shape) == 1 and _useful(network, setup) == 1, self.settings.n_steps >= _WORTH_PAIRS
        patient = self.settings.in_pairs and self.objective.in_pairs and optimiser.in_pairs
        if patient and small and long and self._can_share:
            self._way = TwoSteps(self._pupil, self._weights, rows, range(_FIRST_PAIR, self.settings.n_steps))
        self._partner: Partner | None = None
        self._shared = False
        self._resumed = False
        self.validation = Validation.of(setup, self.objective, self.n_classes)
        if self.schedule.watches and self.validation is None:
            raise SpecError(
                "schedule",
                f"{self.schedule.title} needs validation losses, and with {self.objective.title} and "
                f"training.n_validations = {self.settings.n_validations} on these data there are none.",
            )

    @property
    def learned(self) -> NetworkField:
        """The field of the averaged weights."""
        return self._pupil.learned

    @property
    def precision(self) -> str:
        """Of the numbers that are computed with."""
        return self.spec.precision + (IN_BFLOAT16 if self._pupil.in_half else "")

    def pair_up(self) -> None:
        """Learn together with a second process from here on until `close`, where that is faster."""
        two_steps = isinstance(self._way, TwoSteps)
        busy = min(cores(self.spec), 2 if two_steps else _useful(self.state.network, self.setup))
        halves = self.settings.n_steps >= _WORTH_HALVES and self.settings.batch_size % 2 == 0
        if busy < 2 or self.processes.size > 1 or not (self._can_share and (two_steps or halves) and may_start()):
            return
        self.threads, self._shared = busy // 2, True
        use_threads(self.threads)
        rows = ALL_ROWS if two_steps else TwoHalves.SECOND
        self._partner = start(self.setup, self.reading, self._weights, self._average, self.threads, rows)
        if not two_steps:
            self._way = TwoHalves(self._pupil, self._weights)
        self._way.partner = self._partner

    def wait_for_partner(self, seconds: float) -> bool:
        """Wait until the second process is ready; False where there is none, or none by then."""
        return self._partner is not None and self._partner.wait(seconds)

    @property
    def cores(self) -> int:
        """How many a step keeps busy on this machine."""
        return 2 * self.threads if self._shared else self.threads

    def close(self) -> None:
        """End what was started beside this process."""
        if self._partner is not None:
            self._partner.end()
            self._partner = self._way.partner = None

    def resume(self, file: Path) -> None:
        checkpoint.resume(file, self.state, self.spec)
        self._resumed = True

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
            state.ahead = None  # of a run that is resumed and had no round here
            state.teacher = copy.deepcopy(state.average)
        elif not (resumed and state.teacher is not None):
            return
        assert state.teacher is not None
        teacher = NetworkField(state.teacher, self.reading, self.setup.path, self.objective)
        self._pupil.use((yield from self.objective.prepare(self.setup, teacher)))

    def step(self) -> tuple[float, float]:
        """One optimiser step; returns the loss and the learning rate."""
        state, settings = self.state, self.settings
        now = rate(
            self.schedule, state.schedule, state.step, settings.n_steps, settings.learning_rate, settings.warm_up
        )
        for group in state.optimiser.param_groups:
            group["lr"] = now
        loss, gradient = self._learn()
        if settings.accumulation > 1:
            gradient.div_(settings.accumulation)
        if settings.clip > 0:
            clip(gradient, settings.clip)
        state.optimiser.step()
        state.step += 1
        # The average forgets its first steps faster, or it would remember the untrained network.
        decay = min(settings.ema, (1.0 + state.step) / (10.0 + state.step))
        with torch.no_grad():
            self._average.lerp_(self._weights, 1.0 - decay)
        if state.ahead is None:
            self._way.begin(state.step)
        return float(loss), now

    def _learn(self) -> Learned:
        """The mean loss of the present step, and its gradient [P], which is the weights'."""
        state, gradient = self.state, self._weights.grad
        assert gradient is not None  # `flatten` made it
        if state.ahead is not None:
            (loss, known), state.ahead = state.ahead, None
            return Learned(loss, gradient.copy_(known))
        loss, state.ahead = self._way.learn(state.step)
        for values in (loss, gradient, *(state.ahead or ())):
            self.processes.mean(values)
        return Learned(loss, gradient)

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
        return self._pupil.error(batch, self.state.step)


def _useful(network: nn.Module, setup: Setup) -> int:
    """How many threads have enough to do in a step: a product of a small network keeps few busy."""
    matrices = [parameter.numel() for parameter in network.parameters() if parameter.ndim > 1]
    if len(setup.shape) > 1 or not matrices:
        return max(setup.threads, cores(setup.spec))
    operations = 2 * setup.spec.training.batch_size * sum(matrices) // len(matrices)
    return max(1, operations // _WORTH_A_THREAD)


def _data_std(setup: Setup) -> float:
    """Standard deviation of all numbers of the data together."""
    if setup.mixture is not None:
        return setup.mixture.overall_std()
    return float(setup.dataset.training(_STD_SAMPLES, setup.spec.seed).x.std())
