"""What the recorded ways of particles say over t, in numpy: distances, speed, how early the end is known, how bent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.trace import Stream

Floats = NDArray[np.float64]
Series = tuple[Floats, Floats]
"""Times, rising, and a value at each."""

_PROJECTIONS, _PARTICLES = 16, 500
_MOST_ROWS, _LEAST_ROWS, _MOST_BYTES = 51, 12, 2**26
_AT_ONCE = 2**23
"""Bytes up to which a stream is read whole: a file gives many rows faster in one go than some of them one by one."""


@dataclass(frozen=True, eq=False)
class Particles:
    """Part of a run: x [R, P, D] at times t [R], and real points to compare with [M, D]."""

    t: Floats
    x: NDArray[np.float32]
    real: NDArray[np.float32]

    @classmethod
    def of(cls, stream: Stream) -> Particles:
        """At most `_MOST_ROWS` rows, fewer where rows are large, of at most `_PARTICLES` particles."""
        n, row = len(stream), 4 * int(np.prod(stream.declared.row_shape))
        wanted = min(n, max(_LEAST_ROWS, min(_MOST_ROWS, _MOST_BYTES // max(1, row))))
        rows = np.unique(np.linspace(0, n - 1, wanted).round().astype(int))
        some = slice(_PARTICLES)
        if n * row <= _AT_ONCE:
            x = stream.part(slice(n), some)[rows]
        else:
            x = np.stack([stream.part(int(i), some) for i in rows])
        real = stream.static.get("data", np.zeros((0, 2), np.float32))
        return cls(stream.column("t")[rows], x.astype(np.float32, copy=False), np.asarray(real, np.float32))


def speed(part: Particles) -> Series:
    """The mean length of a particle's way between two rows over the time between them, in the middle of both."""
    with np.errstate(invalid="ignore", over="ignore"):
        lengths = np.sqrt(np.square(np.diff(part.x, axis=0)).sum(axis=2)).mean(axis=1)
    return (part.t[:-1] + part.t[1:]) / 2, lengths / np.diff(part.t)


def distance(part: Particles) -> Series:
    """Sliced Wasserstein-2 distance between particles and real data: the mean over fixed directions of the RMS
    distance between equal quantiles (Bonneel et al. 2015). A row with a number that is not finite has none."""
    if len(part.real) == 0 or part.x.shape[2] != 2:
        return np.zeros(0), np.zeros(0)
    angle = np.pi * (np.arange(_PROJECTIONS) + 0.5) / _PROJECTIONS
    directions = np.stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    target = np.sort((part.real @ directions).T, axis=-1)
    n, m = target.shape[-1], part.x.shape[1]
    # the sorted real points, read at the places of the particles' quantiles
    places = np.clip((np.arange(m) + 0.5) / m * n - 0.5, 0, n - 1)
    low = np.floor(places).astype(int)
    share = (places - low).astype(np.float32)
    target = target[:, low] * (1 - share) + target[:, np.minimum(low + 1, n - 1)] * share
    with np.errstate(invalid="ignore", over="ignore"):
        mine = np.sort((part.x @ directions).swapaxes(1, 2), axis=-1)
        return part.t, np.sqrt(np.square(mine - target).mean(axis=-1)).mean(axis=-1).astype(float)


def convergence(part: Particles, preview: Particles) -> Series:
    """How far the preview x1_hat is from where the particle ends up: root mean square over particles, [R]."""
    n = min(len(part.x), len(preview.x))
    if n < 2:
        return np.zeros(0), np.zeros(0)
    with np.errstate(invalid="ignore", over="ignore"):
        away = np.sqrt(np.square(preview.x[:n] - part.x[-1]).sum(axis=2).mean(axis=1))
    # the last preview is the end itself: a distance of 0 that is true of every run
    return preview.t[: n - 1], away[: n - 1].astype(float)


def bend(part: Particles) -> Series:
    """The mean squared difference between a particle's velocity and the chord of its way, in the middle of each step.

    Its integral over t is the straightness S of `core.metrics.straightness`, 0 for straight ways at constant speed.
    Reference: Liu et al., "Flow Straight and Fast" (2022), section 2.2.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        h = np.diff(part.t) / (part.t[-1] - part.t[0])
        velocity = np.diff(part.x.astype(float), axis=0) / h[:, None, None]
        away = np.square(velocity - (part.x[-1] - part.x[0])).sum(axis=2).mean(axis=1)
    return (part.t[:-1] + part.t[1:]) / 2, away


def straightness(part: Particles) -> float:
    """The integral of `bend` over the run, with the run as the unit of time."""
    h = np.diff(part.t) / (part.t[-1] - part.t[0])
    return float((h * bend(part)[1]).sum())
