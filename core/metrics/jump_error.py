"""How far learned jumps are from the flow itself: sqrt(E |x_s' - x_s|^2 / E |x_s - x_t|^2) over spans (t, s).

The loss of a model that jumps says little: MeanFlow's weighted one hardly moves, a consistency model's changes with the
number of its steps. Here noise is followed once along the exact field with a fine solver, and every jump between two of
a few times is compared with it. For an average velocity u that is the error of its integral identity,
|(s - t) u - int_t^s v| over the length of the integral.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Annotated, ClassVar, Literal, Protocol

import torch
from msgspec import Meta
from torch import Tensor

from core.errors import SpecError
from core.fields import Field
from core.grids.log_snr import LogSnr
from core.metrics import FieldMetric
from core.numerics.mixture import Mixture, MixtureField
from core.numerics.noise import normal
from core.numerics.solve import solve
from core.parts.making import make
from core.paths import Path
from core.registry import register
from core.spec import Part

Spans = Literal["to data", "all"]
_FINE = 80
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Places in t between which jumps are compared."""
_STARTS, _SEED = 1024, 0


class Jumps(Protocol):
    """What can jump."""

    def flow_map(self, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None = None) -> Tensor: ...


@register("metric")
class JumpError(FieldMetric, frozen=True):
    """Root mean square miss of jumps over their length."""

    name = "jump-error"
    title = "Jump error"
    reference = ""
    unit: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ("flow-map", "independent-pairs")

    spans: Annotated[
        Spans, Meta(title="Spans", description="Jumps to the data alone, all that a consistency model learns, or all")
    ] = "to data"

    def measure(self, field: Field, real: Tensor, mixture: Mixture | None, source: Mixture | None = None) -> float:
        if mixture is None:
            raise SpecError("metrics", "These data have no exact flow with which jumps could be compared.")
        flow = list(followed(MixtureField(mixture, field.path, real.device, source), _SEED, source, torch.float64))
        return miss(field, field.path, flow, self.spans)  # type: ignore[arg-type]  # `needs` asks for a flow map

    def floor(self, path: Path, real: Tensor, mixture: Mixture | None) -> float | None:
        return 0.0


def followed(
    exact: MixtureField, seed: int, source: Mixture | None = None, dtype: torch.dtype = torch.float32, n: int = _STARTS
) -> Iterator[Tensor]:
    """x [n, D] at each time of the fine grid, from starts that no network was trained on.

    The noise is of the ``source``, standard normal where none is given.
    """
    times, dim = _times(exact.path), exact.dim
    x0 = normal(seed, "pair", torch.arange(n), dim, 3) if source is None else source.sample(n, seed, "pair", draw=3)
    start = exact.path.at(times[0]).sigma * x0
    yield from solve(exact, make("sampler", Part("dpmpp-2m")), start.to(exact.device, dtype), times)


def miss(learned: Jumps, path: Path, flow: Sequence[Tensor], spans: Spans = "to data") -> float:
    """The relative error of jumps between the states of `followed`: 0 is perfect, 1 as bad as standing still."""
    times = _times(path)
    places = [int((times - share).abs().argmin()) for share in _SHARES]
    wrong = length = 0.0
    with torch.no_grad():
        for i, j in itertools.combinations(places, 2):
            if spans == "to data" and j != places[-1]:
                continue
            jump = learned.flow_map(flow[i], times[i], times[j])
            wrong += float((jump - flow[j]).double().square().mean())
            length += float((flow[j] - flow[i]).double().square().mean())
    return math.sqrt(wrong / length)


@lru_cache(maxsize=16)
def _times(path: Path) -> Tensor:
    return LogSnr().times(path, _FINE)
