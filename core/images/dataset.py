"""What all sets of images have in common: parts, order, flips, and pixels in [-1, 1]."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import torch
from msgspec import Meta
from torch import Tensor

from core.datasets import Dataset, Samples
from core.errors import SpecError
from core.numerics.epochs import shuffled, split
from core.numerics.mixture import Mixture
from core.numerics.noise import uniform


@dataclass(frozen=True, eq=False)
class Pixels:
    """All of a set in memory: images [N, C, H, W] uint8, classes [N] int64 or None.

    The first N - n_test belong to training and validation, of which n_validation to validation; the rest to the test.
    Bytes take a quarter of the memory of floats; a batch is converted when it is asked for.
    """

    images: Tensor
    labels: Tensor | None
    n_test: int
    n_validation: int

    def take(self, which: Tensor) -> Samples:
        """Images of these places, x float32 in [-1, 1]."""
        images = self.images[which].float().div_(127.5).sub_(1.0)
        return Samples(images, None if self.labels is None else self.labels[which])


class ImageDataset(Dataset, frozen=True):
    """A finite set of images, split once and for all into training, validation and test part."""

    image_shape: ClassVar[tuple[int, int, int]]
    flips: ClassVar[bool] = False
    """Whether training mirrors every other image left to right, another half of them in each epoch."""

    train_on: Annotated[
        Literal["train", "all"],
        Meta(title="Train on", description="“all” takes the validation images too, as the shipped weights do"),
    ] = "train"

    @abstractmethod
    def pixels(self) -> Pixels:
        """The set, read on the first call and then kept for as long as the process runs."""

    @property
    def shape(self) -> tuple[int, ...]:
        return self.image_shape

    def mixture(self) -> Mixture | None:
        """None: images have no density in closed form."""
        return None

    def training(self, n: int, seed: int, first: int = 0) -> Samples:
        """Images first..first+n-1 of an endless sequence that runs through the training part, reordered each epoch.

        x [n, C, H, W] is float32 in [-1, 1]. Flips hang on the place in the sequence, so each epoch draws its own.
        """
        data = self.pixels()
        index = torch.arange(first, first + n)
        part = self.training_part(data)
        samples = data.take(part[shuffled(seed, index, len(part))])
        if not self.flips:
            return samples
        mirrored = uniform(seed, "data", index) < 0.5
        return samples._replace(x=torch.where(mirrored[:, :, None, None], samples.x.flip(3), samples.x))

    def held_out(self, n: int, seed: int) -> Samples:
        """n images of the validation part in an order of this seed; of the test part where training takes all.

        Raises:
            SpecError: the part holds fewer.
        """
        if self.train_on == "all":
            return self.test(n)
        data = self.pixels()
        part = split(len(data.images) - data.n_test, data.n_validation)[1]
        _check_size(n, len(part), "validation")
        return data.take(part[shuffled(seed, torch.arange(n), len(part))])

    @property
    def n_held_out(self) -> int:
        data = self.pixels()
        return data.n_test if self.train_on == "all" else data.n_validation

    def test(self, n: int) -> Samples:
        """The first n images of the test part.

        Raises:
            SpecError: the part holds fewer.
        """
        data = self.pixels()
        _check_size(n, data.n_test, "test")
        start = len(data.images) - data.n_test
        return data.take(torch.arange(start, start + n))

    def training_part(self, data: Pixels) -> Tensor:
        """Which of the set's images are trained on, in rising order."""
        n = len(data.images) - data.n_test
        return torch.arange(n) if self.train_on == "all" else split(n, data.n_validation)[0]

    @classmethod
    def facts(cls) -> dict[str, Any]:
        shape = cls().shape
        return {"dim": math.prod(shape), "shape": list(shape), "classes": list(cls.class_names)}


def _check_size(n: int, size: int, part: str) -> None:
    if n > size:
        raise SpecError("data", f"The {part} part has {size:,} images. Given {n:,}.")
