"""Published sets with classes: what their files must hold, whichever format they come in."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import torch

from core.errors import SpecError
from core.images.dataset import ImageDataset, Pixels
from core.images.files import find_files
from core.images.readers import checked_labels, read_cifar, read_idx


class LabelledImages(ImageDataset, frozen=True):
    """A published set: its sizes are known without its files."""

    folder: ClassVar[str]
    files: ClassVar[tuple[str, ...]]
    n_train: ClassVar[int]
    """Images of the publisher's training part, our validation part included."""
    n_test: ClassVar[int]
    n_validation: ClassVar[int]
    mean: ClassVar[float]
    std: ClassVar[float]
    """Of all numbers of the publisher's training part, in [-1, 1]."""

    def paths(self) -> tuple[Path, ...]:
        return find_files(self.title, self.name, self.folder, self.files)

    def is_here(self) -> bool:
        """Whether the set's files are in one of the data folders."""
        try:
            return bool(self.paths())
        except SpecError:
            return False

    @classmethod
    def facts(cls) -> dict[str, Any]:
        sizes = {
            "n_train": cls.n_train - cls.n_validation,
            "n_validation": cls.n_validation,
            "n_test": cls.n_test,
        }
        return super().facts() | sizes | {"mean": cls.mean, "std": cls.std}


class IdxImages(LabelledImages, frozen=True):
    """A set in MNIST's four files: images and labels of the training and of the test part."""

    files = (
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    )
    image_shape = (1, 28, 28)
    n_train = 60_000
    n_test = 10_000
    n_validation = 6_000

    def pixels(self) -> Pixels:
        return _read_idx_set(self.paths(), self.n_train, self.n_test, self.n_validation, len(self.class_names))


class CifarImages(LabelledImages, frozen=True):
    """A set in the files of CIFAR-10's binary version: five for training, the last for the test."""

    files = (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin")
    image_shape = (3, 32, 32)
    n_train = 50_000
    n_test = 10_000
    n_validation = 5_000

    def pixels(self) -> Pixels:
        return _read_cifar_set(self.paths(), self.n_train, self.n_test, self.n_validation, len(self.class_names))


@lru_cache(maxsize=4)
def _read_idx_set(paths: tuple[Path, ...], n_train: int, n_test: int, n_validation: int, n_classes: int) -> Pixels:
    images = [read_idx(path, (n, 28, 28)) for path, n in ((paths[0], n_train), (paths[2], n_test))]
    labels = [
        checked_labels(read_idx(path, (n,)), n_classes, path) for path, n in ((paths[1], n_train), (paths[3], n_test))
    ]
    return Pixels(torch.cat(images)[:, None], torch.cat(labels), n_test, n_validation)


@lru_cache(maxsize=2)
def _read_cifar_set(paths: tuple[Path, ...], n_train: int, n_test: int, n_validation: int, n_classes: int) -> Pixels:
    *training, test = paths
    parts = [read_cifar(path, n_train // len(training)) for path in training] + [read_cifar(test, n_test)]
    labels = [checked_labels(part[1], n_classes, path) for part, path in zip(parts, paths, strict=True)]
    return Pixels(torch.cat([part[0] for part in parts]), torch.cat(labels), n_test, n_validation)
