"""Real images that ship with the product: 500 digits and 64 photographs, for views that compare without the full data.

One PNG of tiles for each set, classes in turn: tile i is of class i % 10. The digits are of MNIST's training part, the
photographs of CIFAR-10's test part. `tools/make_samples.py` makes them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

import resources
from core.datasets import Dataset, Samples
from core.errors import SpecError
from core.images.dataset import ImageDataset, Pixels
from core.images.labelled import LabelledImages


class Sample(NamedTuple):
    """How many images there are, how many stand in a row, and the shape of one (C, H, W)."""

    n: int
    columns: int
    shape: tuple[int, int, int]


SAMPLES = {"mnist": Sample(500, 25, (1, 28, 28)), "cifar10": Sample(64, 8, (3, 32, 32))}
SHIPPED = "the shipped sample"
"""What reports and traces call it."""
_CLASSES = 10


@lru_cache(maxsize=len(SAMPLES))
def shipped(name: str) -> tuple[Tensor, Tensor]:
    """The sample of a data set by its registered name: images [N, C, H, W] uint8 and classes [N].

    Raises:
        SpecError: there is none for that set.
    """
    if name not in SAMPLES:
        raise SpecError("data", f"No real images of {name} are shipped, those of {' and '.join(SAMPLES)} are.")
    n, columns, (channels, height, width) = SAMPLES[name]
    with Image.open(resources.path("images", f"{name}.png")) as picture:
        rows = torch.from_numpy(np.array(picture)).reshape(n // columns, height, columns, width, channels)
    images = rows.permute(0, 2, 4, 1, 3).reshape(n, channels, height, width)
    return images, torch.arange(n) % _CLASSES


def only_ships(dataset: Dataset) -> bool:
    """Whether of a set its files are not here, and a sample ships."""
    return isinstance(dataset, LabelledImages) and dataset.name in SAMPLES and not dataset.is_here()


def pixels(dataset: ImageDataset) -> tuple[Pixels, bool]:
    """A set's images, and whether they are only what ships: where its files are not here, that is the test part.

    Raises:
        SpecError: the files are not here, and no sample ships; or they are damaged.
    """
    if only_ships(dataset):
        images, labels = shipped(dataset.name)
        return Pixels(images, labels, n_test=len(images), n_validation=0), True
    return dataset.pixels(), False


def stand_in(dataset: Dataset, n: int) -> Samples | None:
    """The first n images of what ships, or all where there are fewer, for a set whose files are not here; else None."""
    if not (isinstance(dataset, ImageDataset) and only_ships(dataset)):
        return None
    data, _ = pixels(dataset)
    return data.take(torch.arange(min(n, len(data.images))))
