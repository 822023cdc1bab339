"""CIFAR-10: 50,000 + 10,000 photographs of ten classes, 32 x 32 in colour, in [-1, 1].

45,000 train, mirrored left to right half of the time, 5,000 validate (`core.numerics.epochs.split`), 10,000 test. Read
from the official binary version. Reference: Krizhevsky, "Learning multiple layers of features from tiny images" (2009).
"""

from __future__ import annotations

from core.images.labelled import CifarImages
from core.registry import register


@register("data")
class Cifar10(CifarImages, frozen=True):
    """Photographs of animals and vehicles, 32 × 32, ten classes."""

    name = "cifar10"
    title = "CIFAR-10"
    reference = "Krizhevsky 2009"
    class_names = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    folder = "cifar-10-batches-bin"
    flips = True
    mean = -0.0533
    std = 0.5031
