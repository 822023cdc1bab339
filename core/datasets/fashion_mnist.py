"""Fashion-MNIST: 60,000 + 10,000 pictures of clothes in MNIST's format, 28 x 28, in [-1, 1].

Parts as for MNIST. Reference: Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
learning algorithms" (2017); MIT licence.
"""

from __future__ import annotations

from core.images.labelled import IdxImages
from core.registry import register


@register("data")
class FashionMnist(IdxImages, frozen=True):
    """Pictures of clothes, 28 × 28, ten classes."""

    name = "fashion-mnist"
    title = "Fashion-MNIST"
    reference = "Xiao et al. 2017"
    class_names = (
        "T-shirt",
        "trousers",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    )
    folder = "fashion-mnist"
    mean = -0.4279
    std = 0.706
