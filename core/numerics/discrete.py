"""Turn a discrete schedule of DDPM into a path in continuous time.

The schedule gives abar_k at k = 0 (data, abar = 1) to k = T (noise); step k stands at t = 1 - k / T. Between the steps
log abar is a cubic spline in float64, and alpha = sqrt(abar), sigma = sqrt(1 - abar) take their derivatives from it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.numerics.numbers import widest
from core.paths import Coefficients, Path


class DiscretePath(Path, frozen=True):
    """A variance-preserving path through the steps of a discrete schedule; subclasses give ``betas``."""

    provides: ClassVar[tuple[str, ...]] = ("discrete-path",)

    def betas(self) -> NDArray[np.float64]:
        """beta_k for k = 1..T, each in (0, 1)."""
        raise NotImplementedError  # abstract

    @property
    def n_discrete(self) -> int:
        return len(_schedule(self))

    @property
    def t_min(self) -> float:
        return 0.0

    @property
    def t_max(self) -> float:
        return 1.0 - 1.0 / self.n_discrete

    def alpha_bar(self, k: int) -> float:
        """abar after k steps of noise, the product of (1 - beta) over the first k."""
        return float(np.exp(np.log1p(-_schedule(self))[:k].sum()))

    def at(self, t: Tensor) -> Coefficients:
        if t.ndim == 0 and t.device.type == "cpu" and not t.requires_grad:
            # a sampler asks for the same few times again and again, and a dozen small operations cost more than a step
            # of arithmetic on all particles
            return Coefficients(*(torch.tensor(value, dtype=t.dtype) for value in _moment(self, float(t))))
        return self._at(t)

    def _at(self, t: Tensor) -> Coefficients:
        wide = widest(t.device)
        coefficients = _spline(self).to(t.device, wide)
        n = coefficients.shape[1]
        place = (1.0 - t.to(wide)) * n
        knot = place.detach().floor().clamp(0, n - 1)
        c3, c2, c1, c0 = coefficients[:, knot.long()]
        w = place - knot
        log_abar = ((c3 * w + c2) * w + c1) * w + c0
        slope = -n * ((3 * c3 * w + 2 * c2) * w + c1)  # d log abar / dt
        alpha = torch.exp(0.5 * log_abar)
        sigma = torch.sqrt(-torch.expm1(log_abar))
        d_alpha = 0.5 * slope * alpha
        # sigma falls to 0 like a square root at t = 1, where its derivative has no finite value: the end stands in.
        d_sigma = -0.5 * slope * alpha**2 / sigma.clamp_min(self._sigma_end())
        return Coefficients(*(value.to(t.dtype) for value in (alpha, sigma, d_alpha, d_sigma)))

    def _sigma_end(self) -> float:
        return float(np.sqrt(_schedule(self)[0]))


@lru_cache(maxsize=8192)
def _moment(path: DiscretePath, t: float) -> tuple[float, ...]:
    """The coefficients at one time, in double precision."""
    return tuple(float(value) for value in path._at(torch.tensor(t, dtype=torch.float64)))


@lru_cache(maxsize=64)
def _schedule(path: DiscretePath) -> NDArray[np.float64]:
    return path.betas()


@lru_cache(maxsize=64)
def _spline(path: DiscretePath) -> Tensor:
    """Polynomial coefficients [4, T] of log abar in units of one step, the highest power first.

    A cubic whose slopes keep log abar falling where a schedule bends sharply, as at the clipped end of the cosine: the
    harmonic means of the slopes on both sides, and at the ends that of a parabola unless it rises. This is PCHIP for
    steps of one length; scipy's takes as long to import as a quarter of torch, and every diffusion would wait for it.
    Source: Fritsch and Butland, "A method for constructing local monotone piecewise cubic interpolants" (1984).
    """
    falls = np.log1p(-_schedule(path))
    log_abar = np.concatenate([[0.0], np.cumsum(falls)])
    inner = 2.0 * falls[:-1] * falls[1:] / (falls[:-1] + falls[1:])
    first, last = np.minimum(0.0, 1.5 * falls[[0, -1]] - 0.5 * falls[[1, -2]])
    slopes = np.concatenate([[first], inner, [last]])
    left, right = slopes[:-1], slopes[1:]
    return torch.from_numpy(
        np.stack([left + right - 2.0 * falls, 3.0 * falls - 2.0 * left - right, left, log_abar[:-1]])
    )
