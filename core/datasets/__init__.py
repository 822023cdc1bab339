"""Data sets: one set, one file. Every synthetic 2D set is a Gaussian mixture, so that learned can meet exact."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from core.mixture import Mixture


class Dataset(msgspec.Struct, frozen=True):
    """A set of data; subclasses give its density as a mixture."""

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]

    def mixture(self) -> Mixture:
        """The density from which training draws fresh points."""
        raise NotImplementedError  # abstract

    @classmethod
    def facts(cls) -> dict[str, Any]:
        mean, std = cls().mixture().mean_std()
        overall = mean.mean()
        spread = (std.square() + (mean - overall).square()).mean().sqrt()  # over all numbers of the set
        return {"dim": len(mean), "mean": round(float(overall), 4), "std": round(float(spread), 4)}
