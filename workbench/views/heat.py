"""Maps of the plane over t: the error of a learned field, and where the particles are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.trace import Stream, Trace
from workbench.views.maps import round_top
from workbench.views.marks import Floats, Heat, Overlay, Times
from workbench.views.thinned import MOST_COUNTED, MOST_MAPS, Steps, positions, steps

LEAST_DENSITY = 1e-4
"""Blank where the density of x_t is lower: no particle comes there."""
_LEVELS = (-2.0, -1.0, -0.3)
"""White lines where the density is this power of ten of its largest value at that t."""
_CELLS, _BLOCK = 72, 8
"""Of a density along an axis; and maps that are smoothed together, as many as a cache holds."""
_FADES = 0.2
"""Below this share of the scale a density fades."""
ERROR_LABEL = "|v learned − v exact|, units / time"
NO_ERROR = "No learned field here, and so no error"


@dataclass(frozen=True, eq=False)
class ErrorMap:
    """An error [N, R, C] on a mesh over ``reach`` in x and y, where it is known (``cover``), and its mean over what is
    there (``rms`` [N])."""

    error: Floats
    cover: Floats
    relief: Floats | None
    times: NDArray[Any]
    reach: tuple[float, float]
    rms: NDArray[Any]


def analysed(derived: Trace) -> ErrorMap | None:
    """The map of an ``error-map`` analysis; None before its first row."""
    errors, density = derived["error/velocity"], derived["density"]
    n = min(len(errors), len(density))
    if n == 0:
        return None
    error, p, axis = errors[:n], density[:n], errors.static["axis"]
    # across the edge cover falls with the logarithm of the density, so that the edge is a line and not a stair
    depth = np.log10(np.maximum(p, 1e-30) / LEAST_DENSITY)
    cover = np.where(np.isfinite(error), np.clip(0.5 + depth, 0.0, 1.0), 0.0).astype(np.float32)
    peak = p.max(axis=(1, 2), keepdims=True)
    relief = np.log10(np.maximum(p / np.maximum(peak, 1e-30), 1e-6)).astype(np.float32)
    known = np.nan_to_num(error)
    return ErrorMap(known, cover, relief, errors.column("t")[:n], (float(axis[0]), float(axis[-1])), _rms(known, p))


def recorded(field: Stream, exact: Stream, presence: Floats) -> ErrorMap | None:
    """The error of the velocity that a run recorded, on the mesh [G] of its arrows and at its own times.

    For a snapshot of a training, whose weights nobody keeps. ``presence`` [N, G] says where particles are.
    """
    n = min(len(field), len(exact), len(presence))
    if n == 0:
        return None
    grid = field.static["grid"]
    side = len(np.unique(grid[:, 0]))
    error, cover = np.linalg.norm(field[:n] - exact[:n], axis=2), (presence[:n] > 0.3).astype(np.float32)
    shape = (n, side, side)
    known = np.nan_to_num(error).astype(np.float32).reshape(shape)
    reach = (float(grid[0, 0]), float(grid[-1, 0]))
    rms = _rms(known, presence[:n].reshape(shape))
    return ErrorMap(known, cover.reshape(shape), None, field.column("t")[:n], reach, rms)


def _rms(error: Floats, density: Floats) -> NDArray[Any]:
    """Root mean square over the density, [N]."""
    weight = density.sum(axis=(1, 2), dtype=np.float64)
    squares = (error.astype(np.float64) ** 2 * density).sum(axis=(1, 2))
    out: NDArray[Any] = np.sqrt(squares / np.maximum(weight, 1e-30))
    return out


def error_top(maps: Sequence[ErrorMap]) -> float:
    """Where the scale of these lanes ends: one for all lanes and times, and few errors are above it."""
    present = [each.error[each.cover > 0.5] for each in maps]
    return round_top(max((float(np.quantile(each, 0.9)) for each in present if len(each)), default=0.0))


def error_heat(known: ErrorMap, top: float) -> Heat:
    """The mark of a map of errors."""
    extent = (*known.reach, *known.reach)
    return Heat(
        "error", known.error, known.cover, known.times, extent, "cividis", top, ERROR_LABEL, known.relief, _LEVELS
    )


def density_rows(x: Stream) -> Steps:
    """The steps of a run whose density is counted: all of them, but of a run of very many particles."""
    return steps(x, MOST_COUNTED, MOST_MAPS if x.declared.row_shape[0] > MOST_COUNTED else None)


def run_density(x: Stream, extent: tuple[float, float, float, float]) -> Floats:
    """The density of a run's particles at `density_rows`, [N, R, C]."""
    return particle_density(positions(x, density_rows(x), MOST_COUNTED), extent)


def particle_density(x: Floats, extent: tuple[float, float, float, float]) -> Floats:
    """Particles [N, B, 2] per unit of area, as a share of all, counted in smoothed cells: [N, R, C]."""
    x0, x1, _, _ = extent
    cell = (x1 - x0) / (_CELLS - 1)
    out = np.empty((len(x), _CELLS, _CELLS), np.float32)
    for row in range(len(x)):
        place = np.floor((x[row] - x0) / cell + 0.5)
        inside = ((place >= 0) & (place < _CELLS)).all(axis=1)
        i = place[inside].astype(np.int64)
        out[row] = np.bincount(i[:, 1] * _CELLS + i[:, 0], minlength=_CELLS**2).reshape(_CELLS, _CELLS)
    for first in range(0, len(x), _BLOCK):  # one by one they take more than twice as long
        some = slice(first, first + _BLOCK)
        out[some] = _smoothed(out[some]) / (x.shape[1] * cell**2)
    return out


def _smoothed(counts: Floats) -> Floats:
    """Binomial weights 1 4 6 4 1 along both axes of [N, R, C]: a Gaussian of one cell."""
    n, rows, columns = counts.shape
    wide = np.zeros((n, rows + 4, columns + 4), np.float32)
    wide[:, 2:-2, 2:-2] = counts
    a, b, c, d, e = (wide[:, k : k + rows] for k in range(5))
    down = (a + 4 * b + 6 * c + 4 * d + e) / np.float32(16)
    a, b, c, d, e = (down[:, :, k : k + columns] for k in range(5))
    across: Floats = (a + 4 * b + 6 * c + 4 * d + e) / np.float32(16)
    return across


def crowded(density: Floats) -> float:
    """A density that few cells are above."""
    present = density[density > LEAST_DENSITY]
    return float(np.quantile(present, 0.98)) if len(present) else 0.0


def density_top(densities: Sequence[Floats]) -> float:
    """Where the scale of these lanes' densities ends."""
    return round_top(max(map(crowded, densities), default=0.0))


def density_heat(
    density: Floats,
    times: Times,
    extent: tuple[float, float, float, float],
    top: float,
    overlay: Overlay,
    *,
    glide: bool,
) -> Heat:
    """The map of `particle_density`, which fades where there are few."""
    cover = np.clip(density / (_FADES * top), 0.0, 1.0).astype(np.float32)
    label = "share of particles / unit²"
    return Heat(overlay, density, cover, times, extent, "viridis", top, label, glide=glide, soft=True)
