"""Paths: x_t = alpha(t) x1 + sigma(t) x0, from noise at t = 0 to data at t = 1. One path, one file."""

from __future__ import annotations

import math
from typing import Any, ClassVar, NamedTuple

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.numerics.per_particle import over


class Coefficients(NamedTuple):
    """alpha, sigma and their derivatives in t, each with the shape of t."""

    alpha: Tensor
    sigma: Tensor
    d_alpha: Tensor
    d_sigma: Tensor

    @property
    def lam(self) -> Tensor:
        """log(alpha / sigma), half the log signal-to-noise ratio."""
        return torch.log(self.alpha) - torch.log(self.sigma)

    def over(self, x: Tensor) -> Coefficients:
        """The same with axes of length 1 appended, so that a [B] value multiplies an [B, ...] array."""
        return Coefficients(*(over(value, x) for value in self))

    def like(self, x: Tensor) -> Coefficients:
        """The same in the precision of x as well: times may be more exact than the points."""
        return Coefficients(*(value.to(x.dtype) for value in self)).over(x)


class Blend(NamedTuple):
    """A pair on its way, all [B, ...]: x_t, the noise x0 in x_t = alpha x1 + sigma x0, and the velocity dx_t/dt."""

    x_t: Tensor
    x0: Tensor
    velocity: Tensor


class Path(msgspec.Struct, frozen=True):
    """What x_t is. Subclasses give `at`; lam must rise with t and be finite on [t_min, t_max]."""

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    #: alpha and sigma, as `workbench.views.tex` reads it
    formula: ClassVar[str] = ""
    #: what grids and samplers may ask for, such as ``discrete-path``
    provides: ClassVar[tuple[str, ...]] = ()
    #: what the source and the coupling must provide
    needs: ClassVar[tuple[str, ...]] = ()
    #: whether x_t keeps the scale of the data; elsewhere a network is shown x_t divided by its standard deviation
    bounded: ClassVar[bool] = True
    #: whether a pair draws noise of its own on its way, beside x0
    bridge: ClassVar[bool] = False

    @property
    def t_min(self) -> float:
        """First time at which lam is finite; sampling starts there, from sigma(t_min) x0."""
        raise NotImplementedError  # abstract

    @property
    def t_max(self) -> float:
        """Last time at which a network is trained or evaluated."""
        raise NotImplementedError  # abstract

    @property
    def n_discrete(self) -> int | None:
        """T of a discrete schedule, whose step k stands at t = 1 - k / T."""
        return None

    def at(self, t: Tensor) -> Coefficients:
        """Coefficients at times t of any shape, in the dtype of t."""
        raise NotImplementedError  # abstract

    def blend(self, x1: Tensor, x0: Tensor, z: Tensor | None, t: Tensor) -> Blend:
        """The pair (x1, x0) [B, ...] at times t [B]; z, standard normal, is the further noise of a bridge."""
        c = self.at(t).over(x1)
        return Blend(c.alpha * x1 + c.sigma * x0, x0, c.d_alpha * x1 + c.d_sigma * x0)

    def signal_left(self) -> float:
        """alpha / sigma where sampling starts: 0 means that x there is noise alone, as a sampler assumes."""
        return math.exp(float(self.at(torch.tensor(self.t_min, dtype=torch.float64)).lam))

    def t_of_lam(self, lam: Tensor) -> Tensor:
        """The time at which log(alpha / sigma) has a value, 0-dimensional float64; found to 1e-13 by Brent's method."""

        from scipy.optimize import brentq  # not above: half a second, for few runs

        def miss(t: float) -> float:
            return float(self.at(torch.tensor(t, dtype=torch.float64)).lam) - float(lam)

        low, high = self.t_min, self.t_max
        if miss(low) >= 0:
            return torch.tensor(low, dtype=torch.float64)
        if miss(high) <= 0:
            return torch.tensor(high, dtype=torch.float64)
        return torch.tensor(brentq(miss, low, high, xtol=1e-13), dtype=torch.float64)

    def times_of_lam(self, lam: Tensor) -> Tensor:
        """The same for many values [n] at once, float64 [n], by Chandrupatla's method."""

        from scipy.optimize.elementwise import find_root  # not above: half a second, for few runs

        def miss(t: NDArray[np.float64], lam: NDArray[np.float64]) -> NDArray[np.float64]:
            values: NDArray[np.float64] = self.at(torch.from_numpy(np.array(t))).lam.numpy() - lam
            return values

        ends = self.at(torch.tensor([self.t_min, self.t_max], dtype=torch.float64)).lam.tolist()
        found = find_root(miss, (self.t_min, self.t_max), args=(lam.double().cpu().clamp(*ends).numpy(),))
        return torch.from_numpy(np.asarray(found.x))

    @classmethod
    def facts(cls) -> dict[str, Any]:
        return {
            "provides": list(cls.provides),
            "needs": list(cls.needs),
            "formula": cls.formula,
            "signal_left": float(f"{cls().signal_left():.3g}"),
        }
