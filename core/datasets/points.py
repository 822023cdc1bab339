"""Points of a file as a data set: a finite set, for which the exact field is "exact for these points".

A fifth of the points is held out, chosen by hash (`core.numerics.epochs.split`): networks are trained on the rest, in
a new order each epoch, and the density is theirs, each point blurred by the stated width.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import torch
from msgspec import Meta
from torch import Tensor

from core.datasets import Dataset, Samples
from core.errors import SpecError
from core.machine.local_file import find, stamp
from core.numerics.epochs import shuffled, split
from core.numerics.mixture import Mixture
from core.numerics.noise import normal
from core.parts.classes import named
from core.plane.curves import STD
from core.plane.points_file import read_points
from core.registry import register

_MOST_CENTRES = 100_000
_HELD_OUT = 5
"""One point in this many."""


class _Parts(NamedTuple):
    """Training and held-out points, in the units that the run sees, and the names of the classes."""

    training: Samples
    held_out: Samples
    names: tuple[str, ...]


@register("data")
class Points(Dataset, frozen=True):
    """Points of yours, from a CSV or NPY file."""

    name = "points"
    title = "Points from a file"
    reference = ""
    class_names = named(lambda self: self.parts().names if self.file else ())

    file: Annotated[
        str,
        Meta(
            title="File", description="CSV or NPY with the columns x and y, and a third with the class if there is one",
            extra_json_schema={"file": "points"},
        ),
    ] = ""  # fmt: skip
    scale: Annotated[
        Literal["std 2", "none"],
        Meta(title="Scale", description="“std 2” moves the points to the origin and scales both axes alike"),
    ] = "std 2"
    width: Annotated[float, Meta(ge=0, le=1, title="Width", description="Blur of the points; 0 leaves them")] = 0.0

    @property
    def shape(self) -> tuple[int, ...]:
        return (2,)

    def parts(self) -> _Parts:
        """Both parts; read on the first call, and again when the file has changed.

        Raises:
            SpecError: no file is named, or it holds no points in the plane.
        """
        path = find(self.file, "Choose a file with points: CSV or NPY, with the columns x and y.")
        return _read(path, stamp(path), self.scale)

    def mixture(self) -> Mixture:
        """The training points, the first 100,000 of them where there are more: still an even choice, by hash."""
        (points, labels), _, names = self.parts()
        labels = None if labels is None else labels[:_MOST_CENTRES]
        return Mixture(points[:_MOST_CENTRES], self.width, labels=labels, n_known=len(names))

    def training(self, n: int, seed: int, first: int = 0) -> Samples:
        """Points first..first+n-1 of an endless sequence that runs through the training part, reordered each epoch."""
        part, index = self.parts().training, torch.arange(first, first + n)
        samples = _take(part, shuffled(seed, index, len(part.x)))
        return samples._replace(x=samples.x + self.width * normal(seed, "data", index, 2))

    def held_out(self, n: int, seed: int) -> Samples:
        """n points of the held-out part as they are, reordered and begun again where it holds fewer."""
        part = self.parts().held_out
        return _take(part, shuffled(seed, torch.arange(n), len(part.x)))

    @property
    def n_different(self) -> int | None:
        return len(self.parts().held_out.x)

    @classmethod
    def facts(cls) -> dict[str, Any]:
        """What is known before a file is chosen."""
        return {"dim": 2}


@lru_cache(maxsize=4)
def _read(path: Path, _: tuple[int, int], scale: str) -> _Parts:
    x, labels, names = read_points(path)
    if scale == "std 2":
        x = x - x.mean(axis=0)
        spread = float((x**2).mean() ** 0.5)
        if spread == 0.0:
            raise SpecError(
                "data.scale", f"All points of {path.name} are in one place. Choose others, or the scale “none”."
            )
        x = x / spread * STD
    whole = Samples(torch.from_numpy(x), None if labels is None else torch.from_numpy(labels))
    training, held_out = split(len(x), max(1, len(x) // _HELD_OUT))
    return _Parts(_take(whole, training), _take(whole, held_out), names)


def _take(samples: Samples, which: Tensor) -> Samples:
    return Samples(samples.x[which], None if samples.labels is None else samples.labels[which])
