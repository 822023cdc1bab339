"""Metrics: one measure, one file. Three kinds, by what they read: sets of samples, the ways of particles, or a field.

Registered metrics are named on the command line and in reports; they are pure, and what they draw depends on nothing
but their parameters. Measures of solvers stand here too, without being registered.
Metrics of images have a folder of their own (`core.images.metrics`).
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from torch import Tensor

from core.fields import Field
from core.numerics.mixture import Mixture
from core.paths import Path
from core.stepwise import Steps


class Metric(msgspec.Struct, frozen=True):
    """Base of all metrics: a number, of which less is better where nothing else is said."""

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    #: what the number counts, in the data's units of length; empty for a ratio
    unit: ClassVar[str] = ""
    better: ClassVar[str] = "lower"
    #: ``samples``, ``paths`` or ``field``
    reads: ClassVar[str]

    @property
    def steps(self) -> int:
        """How many steps a measurement has that somebody may wait for."""
        return 1

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
    #: what the run must provide
    needs: ClassVar[tuple[str, ...]] = ("field",)

    def measure(self, field: Field, real: Tensor, mixture: Mixture | None, source: Mixture | None = None) -> float:
        """The number for a field that takes float64 and held-out points [M, D].

        ``mixture`` is the data's density where it has one in closed form, ``source`` the noise's where it is not
        standard normal.

        Raises:
            SpecError: the points have too many dimensions, or the metric asks for a density that there is not.
        """
        raise NotImplementedError  # abstract

    def measuring(
        self, field: Field, real: Tensor, mixture: Mixture | None, source: Mixture | None = None
    ) -> Steps[float]:
        """The same a step at a time, of what takes seconds."""
        yield from ()
        return self.measure(field, real, mixture, source)

    def floor(self, path: Path, real: Tensor, mixture: Mixture | None) -> float | None:
        """The number for the exact field on a path, None where it is not known."""
        return None
