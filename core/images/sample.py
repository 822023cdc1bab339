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
from core.datasets import Samples
from core.errors import SpecError
from core.images.dataset import ImageDataset, Pixels
from core.images.labelled import LabelledImages


class Sample(NamedTuple):
    """How many images there are, how many stand in a row, and the shape of one (C, H, W)."""

    n: int
    columns: int
    shape: tuple[int, int, int]


SAMPLES = {"mnist": Sample(500, 25, (1, 28, 28)), "cifar10": Sample(64, 8, (3, 32, 32))}
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


def pixels(dataset: ImageDataset) -> tuple[Pixels, bool]:
    """A set's images, and whether they are only what ships: where its files are not here, that is the test part.

    Raises:
        SpecError: the files are not here, and no sample ships; or they are damaged.
    """
    if isinstance(dataset, LabelledImages) and dataset.name in SAMPLES and not dataset.is_here():
        images, labels = shipped(dataset.name)
        return Pixels(images, labels, n_test=len(images), n_validation=0), True
    return dataset.pixels(), False


def real_beside(dataset: ImageDataset, n: int) -> Samples:
    """At most n real images to look at beside others, x [N, C, H, W] in [-1, 1]: of the test part, or of what ships.

    Raises:
        SpecError: as for `pixels`.
    """
    data, _ = pixels(dataset)
    start = len(data.images) - data.n_test
    some = slice(start, start + n)
    return Samples(data.images[some].float() / 127.5 - 1.0, None if data.labels is None else data.labels[some])
