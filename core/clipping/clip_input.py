"""x_t itself is held to an interval before the field sees it: an error of several codes, to be seen and not to be used.

Only data lie in [-1, 1]. Of the noise a third lies outside, and x_t = alpha x1 + sigma x0 is noise for most of the way:
what the field is shown then is drawn from another density than it was trained on. Its x1_hat is taken, x0_hat follows.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from torch import Tensor

from core.clipping import Clipping
from core.fields import Field
from core.paths import Path
from core.predictions import Estimate, decode
from core.registry import register


@register("clipping")
class ClipInput(Clipping, frozen=True):
    """Wrong on purpose: xₜ is cut before the field sees it, and a third of the noise lies outside [−1, 1]."""

    name = "clip-input"
    title = "Clip xₜ, wrongly"
    reference = "CristianLazoQuispe/MNIST-diff-flow-matching, which does so while it trains"

    limit: Annotated[float, Meta(gt=0, le=100, title="Limit", description="1 for images, as some codes have it")] = 1.0

    def bound(self, x1: Tensor) -> Tensor:
        """What the field then expects is taken as it is."""
        return x1

    def wrap(self, field: Field) -> Field:
        return _Cut(field, self.limit)


class _Cut:
    """A field that is shown x within the limit."""

    def __init__(self, field: Field, limit: float) -> None:
        self._field, self._limit = field, limit
        self.path: Path = field.path

    def __call__(self, x: Tensor, t: Tensor, cond: Tensor | None = None) -> Estimate:
        x1 = self._field(x.clamp(-self._limit, self._limit), t, cond).x1
        return decode("data", x1, x, self.path.at(t).like(x))
