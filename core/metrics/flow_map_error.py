"""How far a learned flow map is from the flow itself: sqrt(E |x_s' - x_s|^2 / E |x_s - x_t|^2) over spans (t, s).

A flow map's loss says little: MeanFlow's weighted one hardly moves, a consistency model's changes with the number of
its steps. Here noise is followed once along the exact field with a fine solver, and every jump between two of a few
times is compared with it. For an average velocity u that is the error of its integral identity,
|(s - t) u - int_t^s v| over the length of the integral.
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache
from typing import Protocol

import torch
from torch import Tensor

from core.fields import Field
from core.grids.log_snr import LogSnr
from core.noise import normal
from core.parts import make
from core.paths import Path
from core.solve import solve
from core.spec import Part

_FINE = 80
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Places in t between which jumps are compared."""


class Jumps(Protocol):
    """What can jump."""

    def flow_map(self, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None = None) -> Tensor: ...


def flow_map_error(
    learned: Jumps, exact: Field, shape: tuple[int, ...], seed: int, n: int = 1024, *, to_data: bool = False
) -> float:
    """The relative error with n starts [n, *shape] of normal noise that no network was trained on.

    0 is perfect, 1 as bad as standing still. With ``to_data`` jumps to t = 1 alone are compared, all that a consistency
    model learns.
    """
    path, index, times = exact.path, torch.arange(n), _times(exact.path)
    x0 = normal(seed, "pair", index, math.prod(shape), draw=3).reshape(n, *shape).to(torch.float32)
    flow = list(solve(exact, make("sampler", Part("dpmpp-2m")), path.at(times[0]).sigma.float() * x0, times))
    places = [int((times - share).abs().argmin()) for share in _SHARES]
    wrong = length = 0.0
    with torch.no_grad():
        for i, j in itertools.combinations(places, 2):
            if to_data and j != places[-1]:
                continue
            jump = learned.flow_map(flow[i], times[i], times[j])
            wrong += float((jump - flow[j]).double().square().mean())
            length += float((flow[j] - flow[i]).double().square().mean())
    return math.sqrt(wrong / length)


@lru_cache(maxsize=16)
def _times(path: Path) -> Tensor:
    return LogSnr().times(path, _FINE)
