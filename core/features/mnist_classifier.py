"""The shipped digit classifier: 64 features, and the ten digits' scores (see `core.images.classifier`)."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

from torch import Tensor, nn

import resources
from core.errors import SpecError
from core.features import FeatureNetwork, Seen
from core.images.classifier import load_classifier
from core.registry import register

_SHAPE = (1, 28, 28)


@register("features")
class MnistClassifier(FeatureNetwork, frozen=True):
    """A small classifier of digits that ships with the product: 64 features."""

    name = "mnist-classifier"
    title = "MNIST classifier"
    reference = "tools/train_classifier.py"
    knows: ClassVar[str] = "mnist"

    def check(self, shape: tuple[int, ...]) -> None:
        if shape != _SHAPE:
            raise SpecError("features", "The MNIST classifier reads grey images of 28 × 28. Take efficientnet-lite0.")

    def load(self) -> nn.Module:
        return _load()

    def see(self, network: nn.Module, x: Tensor) -> Seen:
        return Seen(*network(x))


@lru_cache(maxsize=1)
def _load() -> nn.Module:
    return load_classifier(resources.path("weights", "mnist-classifier.safetensors"))
