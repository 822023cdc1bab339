"""Distance to the nearest training image, pixel by pixel: a model that repeats its training images comes close to 0.

For each image the least root mean square difference to a training image, in grey levels of 255; the mean over images,
and the least of all. Beside it stands the same of real images that were not trained on: distances well below theirs are
copies. A set that is mirrored in training should be read as it is: its mirror images are not searched.
Reference: Meehan, Chaudhuri and Dasgupta, "A Non-Parametric Test to Detect Data-Copying in Generative Models" (2020).
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from core.images.metrics import ImageMetric, ImageSet, Score
from core.registry import register

_ROWS = 5000


@register("image-metric")
class NearestTraining(ImageMetric, frozen=True):
    """How far images are from the nearest one that was trained on: copies are near 0."""

    name = "nearest-training"
    title = "Nearest training image"
    reference = "Meehan et al. 2020, A Non-Parametric Test to Detect Data-Copying in Generative Models"
    unit: ClassVar[str] = "grey levels"
    better: ClassVar[str] = "as real images"
    against: ClassVar[str] = "training"
    per_class: ClassVar[bool] = False

    def measure(self, generated: ImageSet, real: ImageSet) -> Score:
        distances = nearest(generated.images, real.images)[0]
        return Score(float(distances.mean()), more={"least": float(distances.min())})


def nearest(images: Tensor, training: Tensor) -> tuple[Tensor, Tensor]:
    """RMS difference [N] in grey levels to the nearest training image, and which [N] that is.

    Both sets are uint8, [N, C, H, W] and [M, C, H, W].
    """
    x = images.flatten(1).float()
    best = torch.full((len(x),), torch.inf)
    which = torch.zeros(len(x), dtype=torch.int64)
    for first in range(0, len(training), _ROWS):
        y = training[first : first + _ROWS].flatten(1).float()
        # |x - y|^2 less |x|^2, which is the same for every y
        found, place = torch.addmm(y.square().sum(1), x, y.T, alpha=-2.0).min(1)
        nearer = found < best
        best, which = torch.where(nearer, found, best), torch.where(nearer, place + first, which)
    # once more and directly: above, large numbers cancel
    gaps = x - training[which].flatten(1).float()
    return gaps.square().mean(1).sqrt(), which
