"""A small network that tells digits apart, and whose last hidden layer is what image metrics compare sets in.

Pixel-unshuffle, four convolutions with batch normalisation, two halvings, a hidden layer of 64 numbers (the features)
and ten scores. About 100,000 parameters; its weights ship with the product, with their test accuracy beside them.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from core.errors import SpecError

N_FEATURES = 64
_WIDTHS = (32, 64)


class Classified(NamedTuple):
    """Features [B, F] and scores of the classes (logits) [B, K]."""

    features: Tensor
    scores: Tensor


class Classifier(nn.Module):
    """For images [B, 1, 28, 28] in [-1, 1]. Its features are scaled to a mean square of 1 over real digits, so that a
    kernel distance sees them at the size that its kernel is made for."""

    scale: Tensor

    def __init__(self, n_classes: int = 10) -> None:
        super().__init__()
        narrow, wide = _WIDTHS
        self.body = nn.Sequential(
            nn.PixelUnshuffle(2),
            *_layer(4, narrow),
            *_layer(narrow, narrow),
            nn.MaxPool2d(2),
            *_layer(narrow, wide),
            *_layer(wide, wide),
            nn.MaxPool2d(2),
            nn.Flatten(),
        )
        self.hidden = nn.Linear(wide * 3 * 3, N_FEATURES)
        self.scores = nn.Linear(N_FEATURES, n_classes)
        self.register_buffer("scale", torch.ones(()))

    def forward(self, x: Tensor) -> Classified:
        features = F.relu(self.hidden(self.body(x)))
        return Classified(features / self.scale, self.scores(features))


def _layer(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()


def load_classifier(file: Path) -> Classifier:
    """A trained classifier, ready to be asked.

    Raises:
        SpecError: the file is missing or holds other weights.
    """
    network = Classifier()
    try:
        with safe_open(file, framework="pt") as tensors:
            network.load_state_dict({key: tensors.get_tensor(key).float() for key in tensors.keys()})  # noqa: SIM118
    except (OSError, SafetensorError, RuntimeError) as error:
        raise SpecError("features", f"{file} holds no classifier: {' '.join(str(error).split())}.") from None
    return network.eval().requires_grad_(False)


@torch.inference_mode()
def accuracy(network: Classifier, images: Tensor, labels: Tensor, batch: int = 500) -> float:
    """The share of images [N, 1, 28, 28] in [-1, 1] whose class is told rightly."""
    right = [
        network(some).scores.argmax(1) == wanted
        for some, wanted in zip(torch.split(images, batch), torch.split(labels, batch), strict=True)
    ]
    return float(torch.cat(right).double().mean())
