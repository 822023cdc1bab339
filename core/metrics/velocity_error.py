"""How far a learned velocity is from the exact one over q(x_t): as a share of its size, or in its units at each t."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from core.errors import SpecError
from core.fields import Field
from core.metrics import FieldMetric
from core.numerics.mixture import Mixture, MixtureField
from core.numerics.noise import normal
from core.paths import Path
from core.registry import register

_T = (0.05, 0.95)
_SEED = 0


@register("metric")
class VelocityError(FieldMetric, frozen=True):
    """Root mean square error of the velocity over that of the exact one."""

    name = "velocity-error"
    title = "Velocity error"
    reference = ""
    unit: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ("field", "independent-pairs")

    def measure(self, field: Field, real: Tensor, mixture: Mixture | None, source: Mixture | None = None) -> float:
        if mixture is None:
            raise SpecError("metrics", "These data have no exact field with which a velocity could be compared.")
        exact = MixtureField(mixture, field.path, real.device, source)
        return velocity_error(field, exact, mixture, _SEED, source=source, dtype=torch.float64)

    def floor(self, path: Path, real: Tensor, mixture: Mixture | None) -> float | None:
        return 0.0


def velocity_error(
    learned: Field,
    exact: MixtureField,
    mixture: Mixture,
    seed: int,
    n: int = 4096,
    *,
    source: Mixture | None = None,
    dtype: torch.dtype = torch.float32,
) -> float:
    """The relative error over t in [0.05, 0.95], estimated with n pairs (x1, x0) at evenly spread times.

    0 is perfect, 1 as bad as zero. The pairs are none of those a network is trained on: they come from other draws of
    the same seed. x0 is of the ``source``, standard normal where none is given; the field is shown the ``dtype``.
    """
    x1, x0 = (values.to(exact.device, dtype) for values in _pairs(mixture, seed, n, source))
    t = _T[0] + (_T[1] - _T[0]) * (torch.arange(n) + 0.5) / n
    wrong, whole = _squares(learned, exact, x1, x0, t)
    return float((wrong / whole).sqrt())


def velocity_error_over_t(
    learned: Field,
    exact: MixtureField,
    mixture: Mixture,
    seed: int,
    times: Tensor,
    n: int = 1024,
    *,
    source: Mixture | None = None,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """sqrt(E |v - v*|^2) at each of the times [T] with n pairs, the same at all of them: [T] float64, in units / time.

    It is not divided by the exact velocity, which vanishes near noise on paths that start at rest.
    """
    x1, x0 = (values.to(exact.device, dtype) for values in _pairs(mixture, seed, n, source))
    squares = [_squares(learned, exact, x1, x0, t.expand(n))[0] for t in times]
    return torch.stack(squares).sqrt().double().cpu()


def _pairs(mixture: Mixture, seed: int, n: int, source: Mixture | None) -> tuple[Tensor, Tensor]:
    """x1 and x0 [n, D] float64."""
    x1 = mixture.sample(n, seed, draw=1)
    if source is None:
        return x1, normal(seed, "pair", torch.arange(n), mixture.dim, draw=2)
    return x1, source.sample(n, seed, "pair", draw=2)


def _squares(learned: Field, exact: MixtureField, x1: Tensor, x0: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """Means of |v - v*|^2 and of |v*|^2 at t [n]."""
    c = exact.path.at(t.to(x1)).over(x1)
    x_t = c.alpha * x1 + c.sigma * x0
    reference = exact(x_t, t.to(x1)).velocity(c)
    difference = learned(x_t, t.to(x1)).velocity(c) - reference
    return difference.square().sum(1).mean(), reference.square().sum(1).mean()
