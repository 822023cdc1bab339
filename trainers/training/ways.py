"""Ways to learn a step: by itself, as two halves at the same time, or together with the next one.

What a second process takes part in, it learns at the same time: half of the batch, or the second of two steps. Halves
are an ordinary step, but for the order of additions; they pay where half a batch takes about half as long as all of it,
as with networks of images. Two steps are computed at the same weights, so that the second is taken with a gradient that
is one step old. After the first hundreds of steps a small network for points does not notice it: losses and errors stay
what they are (`bench train` shows it). Those of images do, those that learn from what they themselves say, and plain
gradient descent.
Reference: Narayanan et al., "Memory-Efficient Pipeline-Parallel DNN Training" (2021), section 3.1, where all gradients
are one step old.
"""

from __future__ import annotations

from torch import Tensor, nn

from trainers.checkpoint import Learned
from trainers.training.partner import Partner
from trainers.training.pupil import ALL_ROWS, Pupil


class OneStep:
    """A step by itself.

    Args:
        weights: of the network that is trained, as `flatten` made them.
        rows: of every batch that are learned from.

    Attributes:
        partner: a second process that takes part, where this way has a part for it; None where all is done here.
    """

    def __init__(self, pupil: Pupil, weights: nn.Parameter, rows: slice = ALL_ROWS) -> None:
        assert weights.grad is not None  # `flatten` made it
        self._pupil, self._rows, self._gradient = pupil, rows, weights.grad
        self.partner: Partner | None = None

    def begin(self, step: int) -> bool:
        """Whether the partner learns its part of this step already, so that the weights must stay as they are until
        `learn` is called; here it begins only then."""
        return False

    def learn(self, step: int) -> tuple[Tensor, Learned | None]:
        """The mean loss of a step, whose gradient becomes the weights', and the next step where it is learned too."""
        return self._by_itself(step, self._rows), None

    def _by_itself(self, step: int, rows: slice) -> Tensor:
        self._gradient.zero_()
        return self._pupil.learn(step, rows)


class TwoHalves(OneStep):
    """A step as the mean of two, each of half of the batch."""

    FIRST, SECOND = slice(0, None, 2), slice(1, None, 2)
    """Every other sample, so that both have of what only a batch's first samples learn; the second is the partner's."""

    def learn(self, step: int) -> tuple[Tensor, Learned | None]:
        partner = self.partner if self.partner is not None and self.partner.begin(step) else None
        loss = self._by_itself(step, self.FIRST)
        if partner is not None and partner.finish():
            self._gradient.add_(partner.gradient)
            other = partner.loss
        else:
            first = self._gradient.clone()
            other = self._by_itself(step, self.SECOND)
            self._gradient.add_(first)
        self._gradient.div_(2)
        return (loss + other) / 2, None


class TwoSteps(OneStep):
    """Two steps at the same weights, an even one and the next; the partner learns all rows of the second.

    Args:
        steps: those that may be learned so.
    """

    def __init__(self, pupil: Pupil, weights: nn.Parameter, rows: slice, steps: range) -> None:
        super().__init__(pupil, weights, rows)
        self._steps = steps
        self._begun = -1
        """The first of the two steps that the partner was told of."""

    def begin(self, step: int) -> bool:
        """The partner is told to, if it is there."""
        begun = step == self._begun
        if not begun and self._both(step) and self.partner is not None and self.partner.begin(step + 1):
            self._begun, begun = step, True
        return begun

    def learn(self, step: int) -> tuple[Tensor, Learned | None]:
        if not self._both(step):
            return super().learn(step)
        partner = self.partner if self.begin(step) else None
        loss = self._by_itself(step, self._rows)
        if partner is not None and partner.finish():
            return loss, Learned(partner.loss.clone(), partner.gradient)
        first = self._gradient.clone()
        ahead = Learned(self._by_itself(step + 1, self._rows), self._gradient.clone())
        self._gradient.copy_(first)
        return loss, ahead

    def _both(self, step: int) -> bool:
        """Whether the next step is learned too: by its number, so that a run that is resumed does as it would have."""
        return step % 2 == 0 and step in self._steps and step + 1 in self._steps
