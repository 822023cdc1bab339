"""Metrics of images: one measure, one file; how far a set of images is from real ones.

They read images together with what a feature network sees in them (`core.features`), and are pure: what they draw hangs
on nothing but their parameters.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from torch import Tensor

from core.metrics import Metric


class ImageSet(NamedTuple):
    """Images [N, C, H, W] uint8, their classes [N], and what a feature network sees in them: features [N, F] float64
    and scores of classes [N, K]. None stands for what is not known."""

    images: Tensor
    labels: Tensor | None
    features: Tensor
    scores: Tensor | None

    def of_class(self, label: int) -> ImageSet:
        """The images of one class; the classes must be known."""
        assert self.labels is not None  # the caller asks for a class
        inside = self.labels == label
        scores = None if self.scores is None else self.scores[inside]
        return ImageSet(self.images[inside], self.labels[inside], self.features[inside], scores)


class Score(NamedTuple):
    """A number, its standard deviation where it is a mean over draws, and further numbers by name."""

    value: float
    std: float | None = None
    more: dict[str, float] = {}


class ImageMetric(Metric, frozen=True):
    """How far a set of images is from real ones."""

    reads: ClassVar[str] = "images"
    #: what it is measured against: ``real`` images that were held out, or the ``training`` images, without features
    against: ClassVar[str] = "real"
    #: whether it says anything of the images of one class
    per_class: ClassVar[bool] = True

    def measure(self, generated: ImageSet, real: ImageSet) -> Score:
        """The score of generated images beside real ones.

        Raises:
            SpecError: it asks for classes or for a classifier that there is not.
        """
        raise NotImplementedError  # abstract
