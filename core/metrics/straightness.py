"""Straightness of a flow: S = int_0^1 E |(x_1 - x_0) - dx_t/dt|^2 dt, 0 for straight ways at constant speed.

A recorded way is a polygon, whose velocity between two times is the quotient of differences, so the integral is a sum:

    S = E[ sum_i |x_{i+1} - x_i|^2 / h_i - |x_N - x_0|^2 ],  h_i = (t_{i+1} - t_i) / (t_N - t_0).

A way that is straight but not at constant speed, as a diffusion's may be, is not straight in this sense: one step of
Euler's method would miss its end.
Reference: Liu et al., "Flow Straight and Fast" (2022), section 2.2, eq. 4.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from core.metrics import PathMetric
from core.registry import register


@register("metric")
class Straightness(PathMetric, frozen=True):
    """Mean squared difference between a particle's velocity and its chord."""

    name = "straightness"
    title = "Straightness"
    reference = "Liu et al. 2022, Flow Straight and Fast, section 2.2"
    unit: ClassVar[str] = "length²"

    def measure(self, x: Tensor, t: Tensor) -> float:
        x, t = x.double().flatten(2), t.double()
        h = t.diff() / (t[-1] - t[0])
        chord = x[-1] - x[0]
        speed = x.diff(dim=0) / h[:, None, None]
        return float((h[:, None] * (speed - chord).square().sum(2)).sum(0).mean())
