"""Sources: where a flow starts from. One source, one file. Diffusion needs the standard normal one."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from torch import Tensor

from core.numerics.mixture import Mixture
from core.numerics.noise import Purpose


class Source(msgspec.Struct, frozen=True):
    """The distribution of x0."""

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    provides: ClassVar[tuple[str, ...]] = ()

    def draw(self, shape: tuple[int, ...], n: int, seed: int, purpose: Purpose, first: int = 0) -> Tensor:
        """x0 of samples first..first+n-1: [n, *shape] float64, the same for every method."""
        raise NotImplementedError  # abstract

    def check(self, shape: tuple[int, ...]) -> None:
        """Refuse samples of a shape to which this distribution does not lead.

        Raises:
            SpecError: it leads to others.
        """

    def mixture(self) -> Mixture | None:
        """The density as a mixture in the plane, None for the standard normal."""
        return None

    @classmethod
    def facts(cls) -> dict[str, Any]:
        return {"provides": list(cls.provides)}
