"""What learns from its rows of every batch: the network that is trained, and the loss of one step with its gradient."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from core.errors import SpecError
from core.learned import Evaluation, NetworkField
from core.machine.device import has_bfloat16
from core.predictions import Reading
from core.setup import Setup
from trainers.batches import Batch, Batches, part
from trainers.objective import Lesson, Objective, Pairs

ALL_ROWS = slice(None)


class Pupil:
    """A network, the same with averaged weights, and their lessons; neither network's weights are changed here.

    Attributes:
        learned: the field of the averaged weights.
    """

    def __init__(
        self, setup: Setup, objective: Objective, network: nn.Module, average: nn.Module, reading: Reading
    ) -> None:
        self._setup, self._objective, self._reading = setup, objective, reading
        self.learned = NetworkField(average.eval(), reading, setup.path, objective)
        self._evaluation = Evaluation(_prepared(network, setup), setup.path, reading)
        self._teacher = objective.teacher(setup)
        self._batches = Batches(setup, objective)

    def use(self, pairs: Pairs) -> None:
        """Learn from these pairs from now on."""
        self._batches.use(pairs)

    def learn(self, step: int, rows: slice = ALL_ROWS) -> Tensor:
        """The mean loss of these rows of a step's batches. The gradient of each batch is added to the network's."""
        losses = []
        for batch in self._batches.of(step):
            with self._autocast():
                loss = self._objective.loss(self._lesson(part(batch, rows), self._evaluation, step, rows))
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            losses.append(loss.detach())
        return losses[0] if len(losses) == 1 else torch.stack(losses).mean()

    def error(self, batch: Batch, step: int) -> Tensor:
        """The averaged network's output at x_t less the pair's target [B, ...]."""
        with torch.no_grad(), self._autocast():
            return self._objective.error(self._lesson(batch, self.learned.network, step))

    @property
    def in_half(self) -> bool:
        """Whether products are computed in bfloat16."""
        return self._setup.spec.training.autocast and has_bfloat16(self._setup.device)

    def _autocast(self) -> AbstractContextManager[object]:
        """The precision in which networks are evaluated in training."""
        return torch.autocast(self._setup.device.type, torch.bfloat16) if self.in_half else nullcontext()

    def _lesson(self, batch: Batch, network: Evaluation, step: int, rows: slice = ALL_ROWS) -> Lesson:
        setup, training = self._setup, self._setup.spec.training
        return Lesson(
            network=network, average=self.learned.network, path=setup.path, reading=self._reading,
            x1=batch.x1, x0=batch.x0, z=batch.z, t=batch.t, u=batch.u, cond=batch.cond if setup.n_told else None,
            rows=rows, batch_size=training.batch_size, progress=step / training.n_steps, teacher=self._teacher,
        )  # fmt: skip


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
