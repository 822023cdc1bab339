"""Metrics: one measure, one file. Four kinds, by what they read: sets of samples, the ways of particles, a field, or
sets of images with what a feature network sees in them.

Registered metrics are named on the command line and in reports; they are pure, and what they draw depends on nothing
but their parameters. Measures of solvers and of learned flow maps stand here too, without being registered.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import msgspec
from torch import Tensor

from core.fields import Field
from core.mixture import Mixture


class Metric(msgspec.Struct, frozen=True):
    """Base of all metrics: a number, of which less is better."""

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    #: what the number counts, in the data's units of length; empty for a ratio
    unit: ClassVar[str] = ""
    better: ClassVar[str] = "lower"
    #: ``samples``, ``paths``, ``field`` or ``images``
    reads: ClassVar[str]

    @classmethod
    def facts(cls) -> dict[str, Any]:
        return {"unit": cls.unit, "better": cls.better, "reads": cls.reads}


class SampleMetric(Metric, frozen=True):
    """How far two sets of points are from each other."""

    reads: ClassVar[str] = "samples"

    def measure(self, generated: Tensor, real: Tensor) -> float:
        """The number for generated [N, D] and real [M, D].

        Raises:
            SpecError: the sets are larger than the metric can compare.
        """
        raise NotImplementedError  # abstract


class PathMetric(Metric, frozen=True):
    """What the ways of particles look like."""

    reads: ClassVar[str] = "paths"

    def measure(self, x: Tensor, t: Tensor) -> float:
        """The number for x [N + 1, B, D] at the rising times t [N + 1]."""
        raise NotImplementedError  # abstract


class FieldMetric(Metric, frozen=True):
    """How well a field explains points that it was not learned from."""

    reads: ClassVar[str] = "field"

    def measure(self, field: Field, real: Tensor, mixture: Mixture | None, source: Mixture | None = None) -> float:
        """The number for a field that takes float64 and held-out points [M, D].

        ``mixture`` is the data's density where it has one in closed form, ``source`` the noise's where it is not
        standard normal.

        Raises:
            SpecError: the points have too many dimensions, or the metric asks for a density that there is not.
        """
        raise NotImplementedError  # abstract

    def floor(self, real: Tensor, mixture: Mixture | None) -> float | None:
        """The number for the exact field, None where it is not known."""
        return None


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
