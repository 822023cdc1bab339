"""Negative log likelihood of held-out points under a flow, by the instantaneous change of variables.

Along the probability flow d log p_t(x_t) / dt = -div v(x_t, t), so with x_t followed back from the data to the noise

    log p_1(x) = log p_0(x_0) - int_0^1 div v(x_t, t) dt.

The divergence is exact: the trace of the Jacobian, one derivative for each axis. The way runs in float64
with RK4 in equal steps of log-SNR, from t_max, where x stands at alpha(t_max) x, to t_min, where sampling starts from
sigma(t_min) x0. So it is the density of what a sampler makes, blurred by sigma(t_max) / alpha(t_max). Nats per
dimension; over log 2 they are bits.
References: Chen et al., "Neural Ordinary Differential Equations" (2018), eq. 8; Song et al., "Score-Based Generative
Modeling through SDEs" (2021), eq. 39.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from core.errors import SpecError
from core.fields import Field
from core.grids.log_snr import LogSnr
from core.metrics import FieldMetric
from core.numerics.mixture import Mixture
from core.paths import Path
from core.registry import register
from core.stepwise import Steps, at_once

_MOST_DIMS = 3


@register("metric")
class Nll(FieldMetric, frozen=True):
    """Mean negative log density that the flow gives to held-out points."""

    name = "nll"
    title = "NLL"
    reference = "Chen et al. 2018, Neural ODEs, eq. 8; Song et al. 2021, eq. 39"
    unit: ClassVar[str] = "nats/dim"

    n_steps: Annotated[
        int, Meta(ge=4, le=10_000, title="Steps", description="RK4 steps back from the data to the noise")
    ] = 100

    @property
    def steps(self) -> int:
        return self.n_steps

    def measure(self, field: Field, real: Tensor, mixture: Mixture | None, source: Mixture | None = None) -> float:
        return at_once(self.measuring(field, real, mixture, source))

    def measuring(
        self, field: Field, real: Tensor, mixture: Mixture | None, source: Mixture | None = None
    ) -> Steps[float]:
        log_p = yield from self._followed(field, real, source)
        return -float(log_p.mean()) / real.shape[1]

    def floor(self, path: Path, real: Tensor, mixture: Mixture | None) -> float | None:
        if mixture is None or mixture.std == 0:  # a finite set has no density
            return None
        end = path.at(torch.tensor(path.t_max, dtype=torch.float64))
        blurred = replace(mixture, std=math.hypot(mixture.std, float(end.sigma / end.alpha)))
        return -float(blurred.log_density(real).mean()) / real.shape[1]

    def log_density(self, field: Field, x: Tensor, source: Mixture | None = None) -> Tensor:
        """log p(x) [B] in nats at points x [B, D], float64, for a field that takes float64.

        The noise is of the ``source``, standard normal where none is given.

        Raises:
            SpecError: D is more than 3, where exact traces become dear.
        """
        return at_once(self._followed(field, x, source))

    def _followed(self, field: Field, x: Tensor, source: Mixture | None) -> Steps[Tensor]:
        """log p(x), with the points followed back a step at a time."""
        dim = x.shape[1]
        if dim > _MOST_DIMS:
            raise SpecError("metrics", f"The likelihood is computed for points of at most {_MOST_DIMS} dimensions.")
        # every other time is the middle of a step in log-SNR
        times = LogSnr().times(field.path, 2 * self.n_steps + 1)[:-1].flip(0).to(x.device)
        c = field.path.at(times)
        x = x.double() * c.alpha[0]
        gained = torch.zeros(len(x), dtype=torch.float64, device=x.device)
        for i in range(0, 2 * self.n_steps, 2):
            change_x, change_p = _rk4(field, x, times[i : i + 3], c.lam[i : i + 3])
            x, gained = x + change_x, gained + change_p
            yield i // 2 + 1, self.n_steps
        x0, sigma = x / c.sigma[-1], c.sigma[-1]
        if source is None:
            log_source = -0.5 * x0.square().sum(1) - 0.5 * dim * math.log(2 * math.pi)
        else:
            log_source = source.log_density(x0)
        return log_source - dim * torch.log(sigma) + gained + dim * torch.log(c.alpha[0])


def _rk4(field: Field, x: Tensor, t: Tensor, lam: Tensor) -> tuple[Tensor, Tensor]:
    """Changes of x [B, D] and of the integral of the divergence [B] over a step from t[0] through t[1] to t[2]."""
    h = lam[2] - lam[0]
    k1, d1 = _rates(field, x, t[0])
    k2, d2 = _rates(field, x + 0.5 * h * k1, t[1])
    k3, d3 = _rates(field, x + 0.5 * h * k2, t[1])
    k4, d4 = _rates(field, x + h * k3, t[2])
    return h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), h / 6 * (d1 + 2 * d2 + 2 * d3 + d4)


def _rates(field: Field, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """dx/dlam [B, D] at (x, t), and its divergence [B]."""
    c = field.path.at(t)
    d_lam = c.d_alpha / c.alpha - c.d_sigma / c.sigma
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        rate = field(x, t).velocity(c) / d_lam
        # rows do not act on each other, so the sum over them has each row's own derivative
        slopes = [torch.autograd.grad(rate[:, i].sum(), x, retain_graph=True)[0][:, i] for i in range(x.shape[1])]
    return rate.detach(), torch.stack(slopes).sum(0)
