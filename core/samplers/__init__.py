"""Samplers: one step from t to s. One sampler, one file; the loop that drives them all is in `core.run`.

A sampler is a frozen struct whose fields are the user's knobs. Class facts say its convergence order, whether it draws
noise, its network evaluations per step, and its source. The last step, to t = 1, is the loop's: x = x1_hat.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Protocol

import msgspec
from msgspec import Meta
from torch import Tensor

from core.fields import Field
from core.predictions import Estimate


class StepNoise(Protocol):
    """What a stochastic sampler may draw from."""

    def increment(self, t: float, s: float) -> Tensor:
        """Standard normal increment of each particle's Brownian path over (t, s), with the shape of x."""
        ...

    def fresh(self, t: float, draw: int) -> Tensor:
        """Standard normal of each particle at time t and draw number: for who goes back in time or draws twice."""
        ...


class Step(msgspec.Struct, frozen=True):
    """What a step returns: x at time s, whatever the sampler carries on, and the estimate at (x, t)."""

    x: Tensor
    state: Any  # each sampler's own; the loop only hands it back
    estimate: Estimate


class Sampler(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all samplers: the number of steps is everyone's knob."""

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    order: ClassVar[int]
    stochastic: ClassVar[bool] = False
    nfe_per_step: ClassVar[int] = 1
    #: whether it follows a flow map instead of a field, and itself makes the last step, to t = 1
    jumps: ClassVar[bool] = False
    #: whether it evaluates as often as its tolerance asks
    adaptive: ClassVar[bool] = False
    #: fewer evaluations than this are worse than those of a simpler sampler
    least_nfe: ClassVar[int] = 1
    #: what the lane follows: a name of `workbench.painters.equations`
    equation: ClassVar[str] = "ode"
    #: one step, as `workbench.views.tex` reads it; t and s are its ends, h = lam_s - lam_t
    formula: ClassVar[str] = ""

    n_steps: Annotated[int, Meta(ge=1, le=1000, title="Steps", description="From noise to data")] = 50

    @property
    def needs(self) -> tuple[str, ...]:
        """What the other parts must provide for these parameters: who draws noise leads along an SDE, whose marginals
        are the path's only where x0 is standard normal and independent of x1."""
        leads = "flow-map" if self.jumps else "field"
        return (leads, "normal-source") if self.draws else (leads,)

    @property
    def evaluations(self) -> int:
        """Network evaluations of a step with these parameters."""
        return self.nfe_per_step

    @property
    def draws(self) -> bool:
        """Whether these parameters draw noise."""
        return self.stochastic

    def step(self, field: Field, x: Tensor, t: Tensor, s: Tensor, state: Any, noise: StepNoise) -> Step:
        """One step from t to s, both 0-dimensional float64, t < s < 1 (s = 1 if it jumps); x has shape [B, ...]."""
        raise NotImplementedError  # abstract

    @classmethod
    def facts(cls) -> dict[str, Any]:
        return {
            "order": cls.order,
            "stochastic": cls.stochastic,
            "nfe_per_step": cls.nfe_per_step,
            "needs": list(cls().needs),
            "adaptive": cls.adaptive,
            "least_nfe": cls.least_nfe,
            "equation": cls.equation,
            "formula": cls.formula,
        }
