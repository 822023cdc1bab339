"""Diffusion: learn the noise (or data, v, score) in x_t by regression.

Reference: Ho et al., "Denoising Diffusion Probabilistic Models" (2020), eq. 14: the loss without weights, for which the
network outputs eps; here t is continuous and uniform. The score grows like 1 / sigma towards the data and is weighted
by sigma^2, as in Song et al., "Score-Based Generative Modeling through SDEs" (2021), eq. 7, or these times would be all
that is learned.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta
from torch import Tensor

from core.predictions import Prediction
from core.registry import register
from trainers.objective import Lesson, Objective


@register("objective")
class Diffusion(Objective, frozen=True):
    """Learns to tell the noise from the data."""

    name = "diffusion"
    title = "Diffusion"
    reference = "Ho et al. 2020, Denoising Diffusion Probabilistic Models, eq. 14"
    formula: ClassVar[str] = r"\E |\prediction(x_t, t) - \target|^2"
    family = "diffusion"
    in_pairs: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("normal-source",)

    prediction: Annotated[
        Literal["eps", "data", "v", "score"], Meta(title="Predicts", description="What the network outputs")
    ] = "eps"

    @property
    def predicts(self) -> Prediction:
        return self.prediction

    def error(self, lesson: Lesson) -> Tensor:
        """Of the score in units of the noise, sigma times the difference."""
        error = super().error(lesson)
        return lesson.path.at(lesson.t).over(error).sigma * error if self.prediction == "score" else error
