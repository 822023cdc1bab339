"""Data sets: one set, one file. Every synthetic 2D set is a Gaussian mixture, so that learned can meet exact."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from core.numerics.mixture import Mixture, Samples

__all__ = ["Dataset", "Samples"]


class Dataset(msgspec.Struct, frozen=True):
    """A set of data. A set in the plane gives its density as a mixture; a set of images overrides the rest."""

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    class_names: ClassVar[tuple[str, ...]] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample: (D,) for points, (C, H, W) for images."""
        mixture = self.mixture()
        assert mixture is not None  # sets without a density say their shape themselves
        return (mixture.dim,)

    def mixture(self) -> Mixture | None:
        """The density from which training draws fresh points, None where there is none in closed form."""
        raise NotImplementedError  # abstract

    def training(self, n: int, seed: int, first: int = 0) -> Samples:
        """Samples first..first+n-1 of the endless training sequence of a seed."""
        mixture = self.mixture()
        assert mixture is not None
        return mixture.sample_labelled(n, seed, first=first)

    @property
    def fresh(self) -> Mixture | None:
        """The density from which `training` draws every point anew, None where it goes through a finite set."""
        return self.mixture() if type(self).training is Dataset.training else None

    def held_out(self, n: int, seed: int) -> Samples:
        """n samples, none of those that a network is trained on."""
        mixture = self.mixture()
        assert mixture is not None
        return mixture.sample_labelled(n, seed, draw=1)

    @property
    def n_held_out(self) -> int | None:
        """The largest n of `held_out`, None where there is no limit."""
        return None

    @property
    def n_different(self) -> int | None:
        """How many points `held_out` gives before it begins again, None where every point is a new one."""
        return None

    @classmethod
    def facts(cls) -> dict[str, Any]:
        mixture = cls().mixture()
        assert mixture is not None
        return {
            "dim": mixture.dim,
            # one zero: which of the two a sum ends in hangs on the processor
            "mean": round(float(mixture.mean_std()[0].mean()), 4) + 0.0,
            "std": round(mixture.overall_std(), 4),
            "classes": list(cls.class_names),
        }
