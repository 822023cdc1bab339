"""Judge sets of images against real ones in the features of one network: overall, class by class, and the floor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import msgspec
import torch
import torch.nn.functional as F
from torch import Tensor

from core.errors import SpecError
from core.features import FeatureNetwork
from core.images.dataset import ImageDataset
from core.images.metrics import ImageMetric, ImageSet, Score
from core.images.reference import RealImages, real_sets, training_images
from core.images.sample import SHIPPED
from core.numerics.noise import normal
from core.reports import LEFT_OUT
from core.stepwise import Report, Steps, at_once, silent, within

_BLUR, _NOISE = 1.0, 25.0
"""Of the rungs: the standard deviations of a Gaussian blur in pixels, and of noise in grey levels."""
_REACH = 3
_LEAST = 2
"""Images of a class without which it has no distance."""


class Judge:
    """Two real sets of n images, looked at once: the reference, and the one that says how near two real sets are.

    Raises:
        SpecError: the data are not here or too few, or the feature network cannot be had.
    """

    def __init__(
        self,
        dataset: ImageDataset,
        network: FeatureNetwork,
        n: int,
        labels: Tensor | None,
        device: torch.device,
        report: Report = silent,
    ) -> None:
        network.check(dataset.shape)
        network.load()  # what is missing is told before anything is sampled
        self.dataset, self.network, self.device = dataset, network, device
        self._pairs, self._by_class = real_sets(dataset, n, labels), labels is not None
        self.n = n
        self._report = report

    @cached_property
    def reference(self) -> ImageSet:
        return self._seen_real(self._pairs[0])

    @cached_property
    def other(self) -> ImageSet:
        return self._seen_real(self._pairs[1])

    @cached_property
    def training(self) -> ImageSet:
        images = training_images(self.dataset)
        return ImageSet(images, None, torch.empty(len(images), 0), None)

    def seen(self, images: Tensor, labels: Tensor | None) -> ImageSet:
        """Images [N, C, H, W] uint8 with what the feature network sees in them."""
        return at_once(self.looking(images, labels), self._report)

    def looking(self, images: Tensor, labels: Tensor | None) -> Steps[ImageSet]:
        """The same some images at a time."""
        features, scores = yield from self.network.looking(images, self.device)
        return ImageSet(images, labels, features, scores if self.network.knows == self.dataset.name else None)

    def looking_at_real(self) -> Steps[None]:
        """Look at both real sets, some images at a time, so that nobody has to wait for them."""
        for i, name in enumerate(("reference", "other")):
            real = self._pairs[i]
            work = self.looking(real.images, real.labels if self._by_class else None)
            self.__dict__[name] = yield from within(work, i * self.n, 2 * self.n)  # where a cached property keeps it

    def measure(self, found: ImageSet, metrics: Sequence[ImageMetric], *, strict: bool = False) -> dict[str, Any]:
        """A row for each metric: value, and where they apply std, further numbers and the values of each class.

        A metric that does not apply is a row that says why, or, where ``strict``, a `SpecError`.
        """
        rows: dict[str, Any] = {}
        for metric in metrics:
            try:
                rows[metric.name] = self._row(metric, found)
            except SpecError as error:
                if strict:
                    raise
                rows[metric.name] = {LEFT_OUT: error.message}
        return rows

    def floor(self, metrics: Sequence[ImageMetric], *, strict: bool = False) -> dict[str, Any]:
        """The same of a second real set; beside training images, of those of it that are none themselves."""
        rows: dict[str, Any] = {}
        for metric in metrics:
            seen = self.other if metric.against == "real" else self._untrained
            if seen is None:
                rows[metric.name] = {LEFT_OUT: "All images of the second real set were trained on. Take fewer."}
            else:
                rows |= self.measure(seen, [metric], strict=strict)
        return rows

    @property
    def _untrained(self) -> ImageSet | None:
        """What the second real set holds beyond the training part, None where that is nothing."""
        new, other = ~self._pairs[1].trained, self.other
        if not new.any():
            return None
        labels, scores = (None if values is None else values[new] for values in (other.labels, other.scores))
        return ImageSet(other.images[new], labels, other.features[new], scores)

    def rungs(self, metrics: Sequence[ImageMetric]) -> dict[str, dict[str, Any]]:
        """The same of that set made worse in known ways: a blurred and a noised one."""
        made = {
            f"real, blurred, σ {_BLUR:g} pixel": blurred(self.other.images, _BLUR),
            f"real, with noise, σ {_NOISE:g} of 255": noised(self.other.images, _NOISE),
        }
        return {name: self.measure(self.seen(images, self.other.labels), metrics) for name, images in made.items()}

    def said(self) -> dict[str, Any]:
        """What a report must name: the reference set and the feature network."""
        real, network = self._pairs[0], self.network
        return {
            "reference": {
                "data": self.dataset.title,
                "n": self.n,
                "from": self._source,
                "of the training part": real.n_training,
                "classes": "as many of each as sampled" if self._by_class else "as they come",
            },
            "features": {
                "name": network.name,
                "title": network.title,
                "reference": network.reference,
                **msgspec.structs.asdict(network),
            },
        }

    @property
    def _source(self) -> str:
        real = self._pairs[0]
        if real.shipped:
            return SHIPPED
        return "the test part" if real.n_training == 0 else "the test part and, where it ends, the training part"

    def _seen_real(self, real: RealImages) -> ImageSet:
        return self.seen(real.images, real.labels if self._by_class else None)

    def _row(self, metric: ImageMetric, found: ImageSet) -> dict[str, Any]:
        real = self.reference if metric.against == "real" else self.training
        row = _plain(metric.measure(found, real))
        if metric.per_class and found.labels is not None and real.labels is not None:
            row["classes"] = {
                name: _plain(metric.measure(found.of_class(label), real.of_class(label)))
                for label, name in enumerate(self.dataset.class_names)
                if min(int((some.labels == label).sum()) for some in (found, real)) >= _LEAST  # type: ignore[union-attr]
            }
        return row


def blurred(images: Tensor, sigma: float) -> Tensor:
    """Images [N, C, H, W] uint8 under a Gaussian blur of ``sigma`` pixels, the border mirrored."""
    place = torch.arange(-_REACH, _REACH + 1)
    weights = torch.exp(-0.5 * (place / sigma) ** 2)
    weights /= weights.sum()
    n, c, height, width = images.shape
    x = F.pad(images.reshape(n * c, 1, height, width).float(), (_REACH,) * 4, mode="reflect")
    x = F.conv2d(F.conv2d(x, weights.reshape(1, 1, 1, -1)), weights.reshape(1, 1, -1, 1))
    return x.round().to(torch.uint8).reshape(images.shape)


def noised(images: Tensor, sigma: float) -> Tensor:
    """Images [N, C, H, W] uint8 with normal noise of ``sigma`` grey levels, cut to 0 to 255."""
    noise = normal(0, "data", torch.arange(len(images)), images[0].numel()).reshape(images.shape)
    return (images + sigma * noise).round().clamp(0, 255).to(torch.uint8)


def _plain(score: Score) -> dict[str, Any]:
    spread = {} if score.std is None else {"std": score.std}
    # six figures are more than any of them is good for
    return {name: float(f"{value:.6g}") for name, value in {"value": score.value, **spread, **score.more}.items()}
