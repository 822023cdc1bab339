"""Reflow: flow matching on the pairs that a learned flow makes of noise, whose ways are straighter.

The first round is plain flow matching. Before each further one noise is carried along the learned flow, and from there
on only these pairs are learned. A straight flow needs one step. Given a trained network, its pairs are learned from
the first step on.
Reference: Liu et al., "Flow Straight and Fast" (2022), algorithm 1.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from core.checkpoint import Weights
from core.evaluation import BLOCK, ConditionedField
from core.fields import Field
from core.grids.uniform import Uniform
from core.numerics.solve import solve
from core.parts.making import make
from core.predictions import Prediction
from core.registry import register
from core.samplers import Sampler
from core.setup import Setup
from core.spec import Part
from trainers.objective import Objective, Pairs
from trainers.teacher import named_field


@register("objective")
class Reflow(Objective, frozen=True):
    """Straightens a flow by learning it again from its own pairs."""

    name = "reflow"
    title = "Reflow"
    reference = "Liu et al. 2022, Flow Straight and Fast, algorithm 1"
    formula: ClassVar[str] = r"\E |v_\theta(x_t, t) - (\dot\alpha_t \hat x_1(x_0) + \dot\sigma_t x_0)|^2"
    family = "flow"
    needs: ClassVar[tuple[str, ...]] = ("finite-velocity",)
    spoils: ClassVar[tuple[str, ...]] = ("normal-source", "independent-pairs")

    n_rounds: Annotated[
        int, Meta(ge=1, le=8, title="Rounds", description="How often the flow is straightened, at even intervals")
    ] = 1
    n_pairs: Annotated[
        int, Meta(ge=64, le=1_000_000, title="Pairs", description="Noise that is carried along the flow for a round")
    ] = 32_768
    n_ode: Annotated[
        int, Meta(ge=1, le=1000, title="ODE steps", description="Steps of Heun's method with which pairs are made")
    ] = 50
    weights: Annotated[
        Weights,
        Meta(
            title="First flow",
            description="A checkpoint (.safetensors) that makes the pairs of the one round; empty: it is learned first",
        ),
    ] = ""

    @property
    def predicts(self) -> Prediction:
        return "velocity"

    def rounds(self, n_steps: int) -> list[int]:
        if self.weights:
            return [0]
        return [round(n_steps * k / (self.n_rounds + 1)) for k in range(1, self.n_rounds + 1)]

    def prepare(self, setup: Setup, learned: Field) -> Generator[None, None, Pairs]:
        field = setup.clipping.wrap(named_field(setup, self.weights) if self.weights else learned)
        times = Uniform().times(setup.path, self.n_ode)
        sampler: Sampler = make("sampler", Part("heun", {"n_steps": self.n_ode}))
        x0, labels = _starts(setup, self.n_pairs)
        ends = []
        for first in range(0, self.n_pairs, BLOCK):
            rows = slice(first, first + BLOCK)
            start = setup.path.at(times[0]).sigma.to(setup.dtype) * x0[rows].to(setup.device, setup.dtype)
            classed = ConditionedField(field, None if labels is None else labels[rows].to(setup.device))
            for x in solve(classed, sampler, start, times):  # noqa: B007  # the last one is kept
                yield
            ends.append(x.cpu())
        return Pairs(torch.cat(ends), x0, labels)


def _starts(setup: Setup, n: int) -> tuple[Tensor, Tensor | None]:
    """Noise [n, ...] float64, and the classes [n] to which it is led where the network is told classes."""
    x0 = setup.source.draw(setup.shape, n, setup.spec.seed, "pair")
    if not setup.spec.training.conditional:
        return x0, None
    return x0, setup.dataset.training(n, setup.spec.seed).labels
