"""MNIST: 60,000 + 10,000 handwritten digits, 28 x 28, in [-1, 1].

54,000 train, 6,000 validate (`core.numerics.epochs.split`), 10,000 test. Reference: LeCun, Bottou, Bengio and Haffner,
"Gradient-based learning applied to document recognition" (1998).
"""

from __future__ import annotations

from core.images.labelled import IdxImages
from core.registry import register


@register("data")
class Mnist(IdxImages, frozen=True):
    """Handwritten digits, 28 × 28, ten classes."""

    name = "mnist"
    title = "MNIST"
    reference = "LeCun et al. 1998"
    class_names = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
    folder = "mnist"
    mean = -0.7387
    std = 0.6162
