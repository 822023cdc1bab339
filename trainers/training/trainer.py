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
from trainers.checkpoint import Ahead
from trainers.flat import clip, flatten
from trainers.objective import Objective
from trainers.optimisers import Optimiser
from trainers.schedules import Schedule, rate
from trainers.training import origin
from trainers.training.partner import Partner, may_help, start
from trainers.training.processes import Processes
from trainers.training.pupil import ALL_ROWS, Pupil
from trainers.training.validation import Validation
from trainers.training.ways import Halves, Pairs, Whole

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
        self._rounds = self.objective.rounds(self.settings.n_steps)
        self._way = self._usual_way(processes.rows(self.settings.batch_size) if processes.size > 1 else ALL_ROWS)
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
        network, settings, in_pairs = self.state.network, self.settings, isinstance(self._way, Pairs)
        busy = min(cores(self.spec), max(_useful(network, self.setup), 2 if in_pairs else 1))
        enough = settings.n_steps >= (_WORTH_PAIRS if in_pairs else _WORTH_HALVES)
        even = in_pairs or settings.batch_size % 2 == 0
        alone = self.processes.size == 1
        if not (busy > 1 and enough and even and alone and may_help(self.setup, self.objective, network)):
            return
        self.threads, self._shared = busy // 2, True
        use_threads(self.threads)
        rows = ALL_ROWS if in_pairs else Halves.SECOND
        self._partner = start(self.setup, self.reading, self._weights, self._average, self.threads, rows)
        if not in_pairs:
            self._way = Halves(self._pupil, self._weights)
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
        if state.step in self._rounds:
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

    def _learn(self) -> Ahead:
        """The mean loss of the present step, and its gradient [P], which is the weights'."""
        state, gradient = self.state, self._weights.grad
        assert gradient is not None  # `flatten` made it
        if state.ahead is not None:
            (loss, known), state.ahead = state.ahead, None
            return Ahead(loss, gradient.copy_(known))
        loss, state.ahead = self._way.learn(state.step)
        for values in (loss, gradient, *(state.ahead or ())):
            self.processes.mean(values)
        return Ahead(loss, gradient)

    def _usual_way(self, rows: slice) -> Whole:
        """How a step is learned without a second process."""
        suits = self.objective.steady and len(self.setup.shape) == 1 and self.setup.device.type == "cpu"
        if self.settings.in_pairs and suits:
            steps = range(_FIRST_PAIR, self.settings.n_steps)
            return Pairs(self._pupil, self._weights, rows, steps, self._rounds)
        return Whole(self._pupil, self._weights, rows)

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
