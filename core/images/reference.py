"""Real images to compare with: disjoint sets of the same size and the same classes as what was sampled.

They are taken from the test part in one fixed order (MNIST's own has its cleaner digits first) and, where that runs
out, from the training part. Where the data are not here, the shipped sample stands for the test part.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from core.errors import SpecError
from core.images.dataset import ImageDataset, Pixels
from core.images.sample import pixels
from core.numerics.epochs import shuffled

_ORDER = 0
"""The seed of the order: the same reference for every run."""


class RealImages(NamedTuple):
    """Images [N, C, H, W] uint8, their classes [N] where they have any, which [N] belong to the training part, and
    whether they are of the shipped sample."""

    images: Tensor
    labels: Tensor | None
    trained: Tensor
    shipped: bool

    @property
    def n_training(self) -> int:
        """How many belong to the training part."""
        return int(self.trained.sum())


def real_sets(dataset: ImageDataset, n: int, labels: Tensor | None, count: int = 2) -> list[RealImages]:
    """``count`` disjoint sets of n real images; with labels [n] each set has as many images of each class as they.

    Raises:
        SpecError: the data set is not here, or too small.
    """
    data, shipped = pixels(dataset)
    order = _order(dataset, data)
    more = f" Only a sample ships; “main.py fetch {dataset.name}” brings all." if shipped else ""
    if labels is None or data.labels is None:
        rows = _rows(dataset, order, n, count, "images", more)
    else:
        by_class = []
        for label, wanted in zip(*torch.unique(labels, return_counts=True), strict=True):
            inside = order[data.labels[order] == label]
            by_class.append(
                _rows(dataset, inside, int(wanted), count, f"images of class {dataset.class_names[label]}", more)
            )
        rows = torch.cat(by_class, dim=1)
    n_fit = len(data.images) - data.n_test
    return [
        RealImages(data.images[row], None if data.labels is None else data.labels[row], row < n_fit, shipped)
        for row in rows
    ]


def training_images(dataset: ImageDataset) -> Tensor:
    """Every image that a network is trained on, [M, C, H, W] uint8.

    Raises:
        SpecError: the data set is not here.
    """
    data = dataset.pixels()
    return data.images[dataset.training_part(data)]


def to_bytes(x: Tensor) -> Tensor:
    """Images in [-1, 1] as the bytes of a saved picture; what lies outside is cut, what is not a number is grey."""
    return ((x.nan_to_num(nan=0.0).clamp(-1.0, 1.0) + 1.0) * 127.5).round().to(torch.uint8)


def _order(dataset: ImageDataset, data: Pixels) -> Tensor:
    test, training = torch.arange(len(data.images) - data.n_test, len(data.images)), dataset.training_part(data)
    parts = [part for part in (test, training) if len(part)]
    return torch.cat([part[shuffled(_ORDER, torch.arange(len(part)), len(part))] for part in parts])


def _rows(dataset: ImageDataset, order: Tensor, n: int, count: int, what: str, more: str) -> Tensor:
    """The first ``count`` stretches of n rows each: [count, n]; ``more`` says how to have more of them."""
    if count * n > len(order):
        raise SpecError(
            "n_samples",
            f"{dataset.title} has {len(order):,} {what}: {len(order) // count:,} for each of {count} sets. "
            f"Given {n:,}.{more}",
        )
    return order[: count * n].reshape(count, n)
