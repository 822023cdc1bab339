"""One noise, two routes, in one dimension: quantiles of p_t for two paths to the same three clusters.

In one dimension the flow of a path is monotone, so a particle keeps its quantile q for all t and stands at
F_t^{-1}(q). For a mixture sum_k w_k N(mu_k, s^2) and x_t = alpha x1 + sigma x0 the distribution at t is
F_t(y) = sum_k w_k Phi((y - alpha mu_k) / sqrt(alpha^2 s^2 + sigma^2)): no solver is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from statistics import NormalDist
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from workbench.views.marks import Method
from workbench.views.theme import Theme, noise_colours

Floats64 = NDArray[np.float64]

Value = TypeVar("Value", float, Floats64)

N_LINES, N_TIMES = 150, 161
PAD, _SIDE = 8.0, 3.2
"""Pixels left and right of the lines, and what half a route's height stands for."""
CENTRES, WEIGHTS, STD = np.array([1.5, -0.1, -1.35]), np.array([0.34, 0.33, 0.33]), 0.13
_BETA_0, _BETA_1 = 0.1, 20.0
_TOP, _BOTTOM = 3.9, -0.75
"""Angles on the circle of noise colours for the highest and the lowest line."""
NAMES: dict[Method, str] = {"diffusion": "Diffusion, VP path", "flow": "Flow matching"}
"""The routes in words, from the upper one down."""


@dataclass(frozen=True)
class Route:
    """Lines [N_TIMES, N_LINES] over times [N_TIMES]: where each quantile of the noise is."""

    method: Method
    times: Floats64
    lines: Floats64


@cache
def routes() -> tuple[Route, Route]:
    """Diffusion on the VP path (beta from 0.1 to 20, Song et al. 2021, eq. 32) and flow matching on the linear one."""
    t = np.linspace(0.0, 1.0, N_TIMES)
    back = 1.0 - t
    alpha = np.exp(-0.25 * back**2 * (_BETA_1 - _BETA_0) - 0.5 * back * _BETA_0)
    return (
        Route("diffusion", t, _quantiles(alpha, np.sqrt(1.0 - alpha**2))),
        Route("flow", t, _quantiles(t, 1.0 - t)),
    )


def colours(theme: Theme) -> NDArray[np.float32]:
    """The colour of each line [N_LINES, 4], by its place in the noise."""
    angle = np.linspace(_BOTTOM, _TOP, N_LINES)
    return noise_colours(1.6 * np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32), theme)


def y_of(row: int, value: Value, height: float) -> Value:
    """Where a value of a route stands in a picture of that height, both routes one above the other."""
    half = height / 2
    return half * (row + 0.5) - value / _SIDE * (half / 2 - 4)


def ink(theme: Theme, width: float, height: float, ratio: float, opacity: float) -> NDArray[np.uint8]:
    """All lines over nothing, in a picture of that size: RGBA with premultiplied alpha, [H, W, 4] device pixels.

    Each has the opacity for itself: where many meet they add up, and shine. They go column by column, since pieces of a
    polyline that is seen through would leave dots where they meet.
    """
    wide, high = round(width * ratio), round(height * ratio)
    out = np.zeros((high + 2, wide, 4), np.float32)
    columns = np.arange(round(PAD * ratio), round((width - PAD) * ratio))
    t = ((columns + 0.5) / ratio - PAD) / (width - 2 * PAD)
    for row, route in enumerate(routes()):
        for line, colour in zip(route.lines.T, colours(theme), strict=True):
            middle = ratio * y_of(row, np.interp(t, route.times, line), height) - 0.5
            upper = np.clip(np.floor(middle).astype(int), 0, high)
            share = np.clip(middle - upper, 0.0, 1.0).astype(np.float32)
            for rows, part in ((upper, 1.0 - share), (upper + 1, share)):
                alpha = (opacity * part)[:, None]
                out[rows, columns] = out[rows, columns] * (1.0 - alpha) + alpha * np.append(colour[:3], 1.0)
    return np.ascontiguousarray((255.0 * out[:high]).round().astype(np.uint8))


def _normal() -> tuple[Floats64, Floats64]:
    """Places and Phi there, straight in between within 1e-6; scipy's takes longer to import than the page."""
    z, phi = np.linspace(-8.0, 8.0, 6401), NormalDist().cdf
    return z, np.array([phi(each) for each in z])


def _quantiles(alpha: Floats64, sigma: Floats64) -> Floats64:
    y = np.linspace(-3.4, 3.4, 1201)
    spread = np.sqrt((alpha * STD) ** 2 + sigma**2)
    # along y, where they rise: places are found three times as fast as in the order of the centres
    z = (y - alpha[:, None, None] * CENTRES[:, None]) / spread[:, None, None]
    cdf = WEIGHTS @ np.interp(z, *_normal())
    q = (np.arange(N_LINES) + 0.5) / N_LINES
    return np.stack([np.interp(q, row, y) for row in cdf])
