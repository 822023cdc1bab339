"""What every objective is: how a network learns a field or a jump on a path, as a registered part."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import msgspec
from torch import Tensor

from core.fields import Field
from core.learned import Evaluation
from core.paths import Path
from core.predictions import Prediction, Reading
from core.setup import Setup


@dataclass(frozen=True)
class Lesson:
    """What an objective learns one step from; B samples in the run's dtype.

    Attributes:
        network: the network that is trained, called with (x, t, cond, s).
        average: the same with its averaged weights, without gradients.
        reading: how the network's output is read on this path.
        x1, x0: data and noise [B, ...]; z: further noise [B, ...] where the path is a bridge, else None.
        t: training times [B]; u: further uniform numbers [B, n_uniforms].
        cond: class labels [B], or None where the network is told none.
        rows: which samples of a whole batch of ``batch_size`` these are; other processes learn from the rest.
        progress: share of the training steps that are done, in [0, 1).
        teacher: the field that `Objective.teacher` gave.
    """

    network: Evaluation
    average: Evaluation
    path: Path
    reading: Reading
    x1: Tensor
    x0: Tensor
    z: Tensor | None
    t: Tensor
    u: Tensor
    cond: Tensor | None
    rows: slice
    batch_size: int
    progress: float
    teacher: Field | None

    def among_first(self, share: float) -> int:
        """How many of these samples, its first ones, belong to the share with which the whole batch begins."""
        return len(range(round(share * self.batch_size))[self.rows])


class Pairs(NamedTuple):
    """A finite set of pairs to train on: data x1 and noise x0 [N, ...], and classes [N] where the network is told."""

    x1: Tensor
    x0: Tensor
    labels: Tensor | None


class Objective(msgspec.Struct, frozen=True):
    """How a network learns. The base class regresses the prediction's row of the table.

    ``family`` decides colour and glyph: diffusion, flow or one-step.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    family: ClassVar[str]
    #: ``field`` where the network is an expectation that any sampler may use, ``flow-map`` where it can jump
    provides: ClassVar[tuple[str, ...]] = ("field",)
    needs: ClassVar[tuple[str, ...]] = ()
    spoils: ClassVar[tuple[str, ...]] = ()
    #: further uniform numbers of each sample that the loss asks for
    n_uniforms: ClassVar[int] = 0
    #: whether two steps may be learned at the same weights: where the network itself is the target, that does harm
    in_pairs: ClassVar[bool] = False
    #: whether the network is told the time to which it jumps
    two_times: ClassVar[bool] = False
    #: the loss, as `workbench.views.tex` reads it; ``\prediction`` and ``\target`` stand for those that are chosen
    formula: ClassVar[str] = ""
    #: the sampler that it was made for, where that is not any
    sampler: ClassVar[str] = ""

    @property
    def predicts(self) -> Prediction:
        """What the network outputs."""
        raise NotImplementedError  # abstract

    def times(self, u: Tensor, path: Path) -> Tensor:
        """Training times from uniform numbers u in [0, 1): all times alike."""
        return path.t_min + (path.t_max - path.t_min) * u

    def loss(self, lesson: Lesson) -> Tensor:
        """Mean squared error of the network at x_t against the pair's target."""
        loss: Tensor = self.error(lesson).square().mean()
        return loss

    def error(self, lesson: Lesson) -> Tensor:
        """The network's output at x_t less the pair's target [B, ...]."""
        blend = lesson.path.blend(lesson.x1, lesson.x0, lesson.z, lesson.t)
        target = blend.velocity
        if self.predicts != "velocity":
            target = lesson.reading.target(lesson.x1, blend.x0, lesson.path.at(lesson.t).over(lesson.x1))
        return lesson.network(blend.x_t, lesson.t, lesson.cond) - target

    def field_output(self, network: Evaluation, x: Tensor, t: Tensor, cond: Tensor | None) -> Tensor:
        """The output [B, ...] that decodes to the estimate at (x, t)."""
        return network(x, t, cond)

    def flow_map(
        self, network: Evaluation, path: Path, reading: Reading, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None
    ) -> Tensor:
        """x at times s [B] from x at times t [B] in one evaluation, where the objective provides a flow map."""
        raise NotImplementedError(f"{self.title} learns no jumps")

    def teacher(self, setup: Setup) -> Field | None:
        """A field to learn from beside the data.

        Raises:
            SpecError: the weights that were named cannot be a teacher.
        """
        return None

    def rounds(self, n_steps: int) -> list[int]:
        """Training steps before which `prepare` makes the pairs that are trained on from there."""
        return []

    def prepare(self, setup: Setup, learned: Field) -> Generator[None, None, Pairs]:
        """The pairs of a round, made with the weights learned so far; yields between pieces of the work."""
        raise NotImplementedError(f"{self.title} has no rounds")

    @classmethod
    def facts(cls) -> dict[str, Any]:
        return {
            "family": cls.family,
            "provides": list(cls.provides),
            "needs": list(cls.needs),
            "spoils": list(cls.spoils),
            "sampler": cls.sampler,
            "in_pairs": cls.in_pairs,
            "two_times": cls.two_times,
            "formula": cls.formula,
        }
