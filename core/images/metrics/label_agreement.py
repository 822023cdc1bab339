"""Label agreement: the share of images that a classifier takes for the class that was asked for.

Real images do not reach 1 either: the floor beside it is the classifier's own accuracy on them.
Reference: Ravuri and Vinyals, "Classification Accuracy Score for Conditional Generative Models" (2019), turned round.
"""

from __future__ import annotations

from typing import ClassVar

from core.errors import SpecError
from core.images.metrics import ImageMetric, ImageSet, Score
from core.registry import register


@register("image-metric")
class LabelAgreement(ImageMetric, frozen=True):
    """How often a classifier sees the class that was asked for."""

    name = "label-agreement"
    title = "Label agreement"
    reference = "Ravuri and Vinyals 2019, Classification Accuracy Score for Conditional Generative Models"
    better: ClassVar[str] = "higher"

    def measure(self, generated: ImageSet, real: ImageSet) -> Score:
        if generated.scores is None:
            raise SpecError("metrics", "Label agreement needs a classifier of these data, and there is one for MNIST.")
        if generated.labels is None:
            raise SpecError("metrics", "Label agreement needs classes to be asked for. Set label to their names.")
        return Score(float((generated.scores.argmax(1) == generated.labels).double().mean()))
