"""The moving picture of a card: a few hundred particles of each lane, or a few images, over time.

It is taken from a shipped trace where there is one, and elsewhere from a small record under resources/cards
(an .npz file with ``x_i`` [N, B, ...] and ``t_i`` [N] for each lane i).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import resources
from core.trace import open_trace
from workbench.views.marks import Floats, Mark, Points, Times, Trails
from workbench.views.theme import Theme, noise_colours

MOST_PARTICLES, MOST_IMAGES = 420, 9
_EVERY, _SPAN = 1, 0.7


@dataclass(frozen=True, eq=False)
class Film:
    """One lane of a card: x [N, B, 2] particles or [N, B, C, H, W] images in [-1, 1] at times [N]."""

    x: Floats
    times: Times
    glide: bool = True

    @property
    def images(self) -> bool:
        return self.x.ndim > 3

    def marks(self, theme: Theme) -> tuple[Mark, ...]:
        """Trails and particles, coloured by their place in the noise."""
        colour = noise_colours(self.x[0], theme, theme.particle_alpha)
        trail = colour[::_EVERY].copy()
        trail[:, 3] = 0.7 * theme.trail_alpha
        ways = np.ascontiguousarray(self.x[:, ::_EVERY])
        return (
            Trails("trails", ways, self.times, trail, span=_SPAN, glide=self.glide),
            Points("particles", self.x, self.times, colour, 2.2, glide=self.glide),
        )


def square(films: Sequence[Film]) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of the square that shows nearly all particles of some films at any time."""
    ways = [film.x.reshape(-1, 2) for film in films]
    low = np.min([np.quantile(way, 0.003, axis=0) for way in ways], axis=0)
    high = np.max([np.quantile(way, 0.997, axis=0) for way in ways], axis=0)
    half = 0.54 * float((high - low).max())
    (x, y) = (float(value) for value in (low + high) / 2)
    return (x - half, x + half, y - half, y + half)


def load(preset: str, lanes: list[str]) -> tuple[Film, ...]:
    """The films of a preset's lanes; none where nothing is shipped for it."""
    files = [resources.path("traces", f"{lane}.h5") for lane in lanes]
    if all(file.is_file() for file in files):
        return tuple(_from_trace(file) for file in files)
    record = resources.path("cards", f"{preset}.npz")
    return _from_record(record) if record.is_file() else ()


def as_bytes(x: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Images in [-1, 1] as grey values, noise beyond them cut off."""
    return np.clip(np.round(127.5 * (x + 1.0)), 0, 255).astype(np.uint8)


def _from_record(file: Path) -> tuple[Film, ...]:
    with np.load(file, allow_pickle=False) as data:
        n = sum(name.startswith("x_") for name in data)
        return tuple(_film(data[f"x_{i}"], data[f"t_{i}"]) for i in range(n))


def _film(x: NDArray[np.generic], times: NDArray[np.generic]) -> Film:
    if x.dtype == np.uint8:
        x = x.astype(np.float32) / 127.5 - 1.0
    return Film(x.astype(np.float32), times.astype(np.float64), glide=x.ndim == 3)


def _from_trace(file: Path) -> Film:
    trace = open_trace(file)
    try:
        x = trace["x"]
        n = MOST_PARTICLES if len(x.declared.row_shape) == 2 else MOST_IMAGES
        glide = trace.meta.get("stochastic") != "true"
        return Film(np.asarray(x.part(slice(None), slice(n)), np.float32), x.column("t"), glide)
    finally:
        trace.close()
