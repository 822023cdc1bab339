"""The error of a flow map: none for the flow itself, 1 for standing still, and as much as is added."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from core.metrics.jump_error import JumpError, Spans
from core.numerics.mixture import Mixture
from core.parts.making import make
from core.paths import Path
from core.spec import Part

MEAN, STD = torch.tensor([[1.5, -0.5]], dtype=torch.float64), 0.4


class GaussianFlow:
    """The flow to N(MEAN, STD^2) in closed form, its jumps lengthened by a factor."""

    def __init__(self, path: Path, factor: float = 1.0) -> None:
        self.path, self.factor = path, factor

    def flow_map(self, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None = None) -> Tensor:
        (m, d), (m_s, d_s) = self._moments(t), self._moments(s)
        return x + self.factor * (m_s + (x - m) * d_s / d - x)

    def _moments(self, t: Tensor) -> tuple[Tensor, Tensor]:
        c = self.path.at(t)
        return c.alpha * MEAN, torch.sqrt((c.alpha * STD) ** 2 + c.sigma**2)


@pytest.mark.parametrize("name", ["linear", "vp-sde", "ve"])
@pytest.mark.parametrize("spans", ["to data", "all"])
def test_the_error_is_what_was_done_wrong(name: str, spans: Spans) -> None:
    path = make("path", Part(name))
    mixture = Mixture(MEAN, STD)
    for factor, expected in ((1.0, 0.0), (0.0, 1.0), (1.2, 0.2)):
        flow = GaussianFlow(path, factor)
        error = JumpError(spans=spans).measure(flow, MEAN, mixture)  # type: ignore[arg-type]  # it jumps and no more
        assert error == pytest.approx(expected, abs=0.005)
