"""The adaptive Runge-Kutta method of order 5(4): each particle goes in steps of its own length.

A step is taken back where the difference to the embedded fourth order exceeds atol + rtol |x|, as a root mean square
over the numbers of a particle; its length then follows the fifth root of that ratio. All particles are evaluated
together, each at its own time, and those that have arrived wait: no particle's step depends on another's. The last
stage is the first of the next step.
Reference: Dormand and Prince, "A family of embedded Runge-Kutta formulae" (1980), RK5(4)7M; Hairer, Norsett and Wanner,
"Solving Ordinary Differential Equations I" (1993), section II.4 for the control of the step.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, NamedTuple

import torch
from msgspec import Meta
from torch import Tensor

from core.errors import SpecError
from core.fields import Field
from core.numerics.numbers import widest
from core.numerics.per_particle import over
from core.predictions import Estimate
from core.registry import register
from core.samplers import Sampler, Step, StepNoise

_PLACES = (1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
_STAGES = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
_ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)
"""Fifth less fourth order."""
_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 10.0


class _Arrived(NamedTuple):
    """Where a step ended: x [B, ...], the estimate and the velocity there, the next step's length [B], and the
    evaluations so far."""

    x: Tensor
    estimate: Estimate
    velocity: Tensor
    h: Tensor
    nfe: int


class _Trial(NamedTuple):
    x: Tensor
    estimate: Estimate
    velocity: Tensor
    ratio: Tensor  # [B], error over what is allowed


@register("sampler")
class DormandPrince(Sampler, frozen=True, kw_only=True):
    """Looks as often as each particle's error asks; the steps are the times that are recorded."""

    name = "dormand-prince"
    title = "Dormand-Prince"
    reference = "Dormand and Prince 1980, A family of embedded Runge-Kutta formulae"
    formula: ClassVar[str] = r"x_s = x_t + (s - t) \sum_i b_i k_i"
    order = 5
    nfe_per_step = 6
    adaptive: ClassVar[bool] = True

    rtol: Annotated[
        float, Meta(ge=1e-12, le=1, title="Relative error", description="Allowed in each step, as a part of x")
    ] = 1e-4
    atol: Annotated[float, Meta(ge=1e-12, le=1, title="Absolute error", description="Allowed in each step")] = 1e-4
    max_nfe: Annotated[
        int, Meta(ge=10, le=1_000_000, title="Most NFE", description="The run is given up after as many evaluations")
    ] = 10_000

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        """``state`` is where the step before arrived, or None.

        Raises:
            SpecError: the tolerances ask for more evaluations than ``max_nfe``.
        """
        start = t.to(x.device, widest(x.device)).expand(len(x))
        at = state if state is not None and state.x is x else self._depart(field, x, t, start)
        estimate, times = at.estimate, start
        while bool((times < s).any()):
            if at.nfe + len(_STAGES) > self.max_nfe:
                raise SpecError(
                    "sampler.max_nfe",
                    f"{self.max_nfe:,} evaluations did not reach these tolerances. Allow more, or larger errors.",
                )
            at, times = self._advance(field, at, times, s)
        return Step(at.x, at, estimate)

    def _depart(self, field: Field, x: Tensor, t: Tensor, start: Tensor) -> _Arrived:
        """The first step's length is a hundredth of |x| / |velocity|, and 1e-6 where one of them vanishes, as in Hairer
        et al., II.4, without their second evaluation: a length that is too small grows tenfold in each step."""
        estimate = field(x, t)
        velocity = _velocity(field, estimate, x, start)
        allowed = self.atol + self.rtol * x.abs()
        size, speed = _norm(x / allowed), _norm(velocity / allowed)
        usual = (size > 1e-5) & (speed > 1e-5)
        return _Arrived(x, estimate, velocity, torch.where(usual, 0.01 * size / speed, 1e-6), 1)

    def _advance(self, field: Field, at: _Arrived, times: Tensor, s: Tensor) -> tuple[_Arrived, Tensor]:
        """One trial of all particles that have not arrived at s: where they are, and the times [B] there."""
        left = (s.to(times.device, times.dtype) - times).clamp_min(0.0)
        h = torch.minimum(at.h, left)
        trial = self._try(field, at, times, h)
        moving = left > 0
        taken = moving & (trial.ratio <= 1.0)
        grown = h * (_SAFETY * trial.ratio**-0.2).clamp(_SHRINK, _GROW).to(h.dtype)
        # a step that was cut short by s says nothing against the length before
        grown = torch.where(taken & (at.h > left), torch.maximum(grown, at.h), grown)
        wide = over(taken, at.x)
        arrived = _Arrived(
            torch.where(wide, trial.x, at.x),
            Estimate(*(torch.where(wide, new, old) for new, old in zip(trial.estimate, at.estimate, strict=True))),
            torch.where(wide, trial.velocity, at.velocity),
            torch.where(moving, grown, at.h),
            at.nfe + len(_STAGES),
        )
        times = torch.where(taken, torch.where(at.h >= left, times + left, times + h), times)
        return arrived, torch.where(taken & (at.h >= left), s.to(times.device, times.dtype), times)

    def _try(self, field: Field, at: _Arrived, times: Tensor, h: Tensor) -> _Trial:
        """x [B, ...] after steps of lengths h [B] from times [B]."""
        length = over(h.to(at.x.dtype), at.x)
        slopes, x, estimate = [at.velocity], at.x, at.estimate
        for place, weights in zip(_PLACES, _STAGES, strict=True):
            x = at.x + length * _mix(weights, slopes)
            stage = times + place * h
            estimate = field(x, stage)
            slopes.append(_velocity(field, estimate, x, stage))
        allowed = self.atol + self.rtol * torch.maximum(at.x.abs(), x.abs())
        ratio = _norm(length * _mix(_ERROR, slopes) / allowed)
        # an overflow is an error that is too large
        return _Trial(x, estimate, slopes[-1], torch.nan_to_num(ratio, nan=torch.inf))


def _velocity(field: Field, estimate: Estimate, x: Tensor, times: Tensor) -> Tensor:
    """The velocity [B, ...] at times [B], in the precision of x."""
    return estimate.velocity(field.path.at(times).like(x))


def _mix(weights: tuple[float, ...], slopes: list[Tensor]) -> Tensor:
    return sum((w * k for w, k in zip(weights, slopes, strict=True) if w), torch.zeros_like(slopes[0]))


def _norm(values: Tensor) -> Tensor:
    """Root mean square over the numbers of each particle, [B]."""
    return values.flatten(1).square().mean(1).sqrt()
