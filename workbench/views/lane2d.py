"""The lane of a 2D run: particles, trails, field and real data as marks over whole streams."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from core.trace import Stream, Trace
from core.trace.derive import Coefficients, FieldKind, field_as
from workbench.views.marks import Arrows, Floats, Lane, Mark, Method, Points, Scene, Times, Trails
from workbench.views.theme import Theme, noise_colours, rgba

#: From this many particles on they are drawn smaller and fainter.
MANY = 2000
_FIELD_ALPHA = 0.6
_SPAN, _SHORT_SPAN = 0.26, 0.05
_REAL_ALPHA, _REAL_SIZE = 0.15, 1.8
_MOST_NOISE = 1.6
"""How far beyond the data the noise may widen the view."""


@dataclass(frozen=True)
class Look:
    """How a lane is to be drawn, apart from what it shows."""

    theme: Theme
    field_kind: FieldKind = "velocity"
    field_factor: float = 1.0
    first: bool = False
    """The first lane carries the key to the colours."""


def scene(trace: Trace, look: Look, real: Floats | None = None) -> Scene:
    """The lane of a sampling trace (also one that is still growing); ``real`` [M, 2] are points of the data set."""
    marks: list[Mark] = []
    x = trace["x"]
    positions, times = cast(Floats, x[:]), x.column("t")
    colours = particle_colours(trace, look.theme)
    glide = trace.meta.get("stochastic") != "true"
    if real is not None:
        marks.append(_cloud(real, look.theme))
    if "field/velocity" in trace and len(trace["field/velocity"]):
        marks.append(_arrows(trace["field/velocity"], x, look))
    # A random walk says little by its past: stochastic runs trail fewer particles, and for a shorter time.
    every = (1 if glide else 3) * (3 if positions.shape[1] < MANY else 6)
    span = _SPAN if glide else _SHORT_SPAN
    trail = colours[::every].copy()
    trail[:, 3] = look.theme.trail_alpha
    marks.append(Trails("trails", np.ascontiguousarray(positions[:, ::every]), times, trail, span=span, glide=glide))
    size = 2.4 if positions.shape[1] >= MANY else 3.4
    marks.append(Points("particles", positions, times, colours, size, glide=glide))
    return Scene(_lane(trace, x), tuple(marks), extent(trace), colour_key=look.first)


def real_scene(real: Floats, title: str, look: Look) -> Scene:
    """The lane of real data: points [M, 2] that do not move."""
    colour = np.tile(np.array(rgba(look.theme.methods["real"], 0.7), np.float32), (len(real), 1))
    mean, std = float(real.mean()), float(real.std())
    lane = Lane(
        method="real", title="Real data", subtitle=f"{title}, {len(real):,} drawn", equation="data",
        times=np.array([1.0]), nfe=np.array([0]), nfe_total=0, alpha=np.array([1.0]), sigma=np.array([0.0]),
        facts=(f"mean {_signed(mean)}", f"std {std:.2f}"),
    )  # fmt: skip
    cloud = Points("particles", real[None].astype(np.float32), np.array([1.0]), colour, 2.6, glide=False)
    return Scene(lane, (cloud,), _square(float(np.abs(real).max())))


def particle_colours(trace: Trace, theme: Theme) -> Floats:
    """Colours [B, 4] by each particle's place in the noise."""
    x = trace["x"]
    alpha = theme.particle_alpha if x.declared.row_shape[0] < MANY else 0.6
    if len(x) == 0:
        return np.zeros((x.declared.row_shape[0], 4), np.float32)
    x0 = x[0] / x.column("sigma")[0]
    return noise_colours(x0.astype(np.float32), theme, alpha)


def extent(trace: Trace) -> tuple[float, float, float, float]:
    """The square that shows noise and data: x0, x1, y0, y1, whatever an untrained network makes of them.

    Noise that is far larger than the data comes in from outside: what it becomes is what one wants to see.
    """
    x = trace["x"]
    data, noise = (_reach(points) for points in (x.static.get("data"), x[0] if len(x) else None))
    if data == 0.0:
        return _square(noise or 4.0)
    return _square(max(data, min(noise, _MOST_NOISE * data)))


def _reach(points: Floats | None) -> float:
    return 0.0 if points is None else float(np.quantile(np.abs(points), 0.998))


def _square(reach: float) -> tuple[float, float, float, float]:
    half = max(1.0, 1.12 * reach)
    return (-half, half, -half, half)


def _cloud(real: Floats, theme: Theme) -> Points:
    colour = np.tile(np.array(rgba(theme.methods["real"], _REAL_ALPHA), np.float32), (len(real), 1))
    return Points("real", real[None].astype(np.float32), np.array([1.0]), colour, _REAL_SIZE, glide=False)


def _arrows(stream: Stream, x: Stream, look: Look) -> Arrows:
    n = min(len(stream), len(x))
    grid = stream.static["grid"].astype(np.float32)
    vectors = field_as(look.field_kind, stream[:n], grid, _first(Coefficients.of(stream), n))
    presence = presence_on(grid, x[:n])
    axis = np.unique(grid[:, 0])
    return Arrows(
        "field", grid, vectors.astype(np.float32), presence, stream.column("t")[:n], cell=float(axis[1] - axis[0]),
        full_length_at=_full_length(vectors, presence), colour=rgba(look.theme.arrow, _FIELD_ALPHA),
        factor=look.field_factor,
    )  # fmt: skip


def _first(c: Coefficients, n: int) -> Coefficients:
    return Coefficients(c.alpha[:n], c.sigma[:n], c.d_alpha[:n], c.d_sigma[:n])


def _full_length(vectors: NDArray[Any], presence: Floats) -> float:
    """The 90th percentile of |v| where particles are, over all recorded t: one scale for the whole run."""
    speed = np.linalg.norm(vectors, axis=2)
    here = speed[(presence > 0.5) & np.isfinite(speed)]
    return (float(np.quantile(here, 0.9)) if len(here) else 0.0) or 1.0


def presence_on(grid: Floats, positions: NDArray[Any]) -> Floats:
    """How much of each grid point's surroundings holds particles, [N, G] in [0, 1].

    Particles are counted in the cell of each grid point, and a cell also sees its eight neighbours.
    """
    axis = np.unique(grid[:, 0])
    n, cell = len(axis), float(axis[1] - axis[0])
    out = np.zeros((len(positions), n, n), np.float32)
    with np.errstate(invalid="ignore"):
        places = np.floor((positions - axis[0]) / cell + 0.5)
    for row, place in zip(out, places, strict=True):
        inside = ((place >= 0) & (place < n)).all(axis=1)
        i = place[inside].astype(np.int64)
        row += np.bincount(i[:, 1] * n + i[:, 0], minlength=n * n).reshape(n, n)
    wide = np.pad(out, ((0, 0), (1, 1), (1, 1)))
    near = sum(wide[:, dy : dy + n, dx : dx + n] for dy in range(3) for dx in range(3))
    result: Floats = np.minimum(1.0, near / 3.0).reshape(len(positions), n * n).astype(np.float32)
    return result


def _lane(trace: Trace, x: Stream) -> Lane:
    meta = trace.meta
    times: Times = x.column("t")
    steps = trace.spec.sampler.params.get("n_steps", x.declared.capacity - 1)
    sampler = meta.get("sampler_title", trace.spec.sampler.name)
    words = f"{sampler} {steps}, {meta.get('weights_title') or _path_words(meta)}"
    if trace.spec.field.name != "network" and trace.spec.action == "sample":
        words += ", exact field"
    return Lane(
        method=cast(Method, meta.get("method", "flow")),
        title=meta.get("method_title", trace.spec.objective.name),
        subtitle=words,
        equation=meta.get("equation", "ode"),
        times=times,
        nfe=x.column("nfe").astype(np.int64),
        nfe_total=int(meta.get("nfe_total", 0)),
        alpha=x.column("alpha"),
        sigma=x.column("sigma"),
        status="" if trace.status in ("running", "finished") else trace.status,
        glide=trace.meta.get("stochastic") != "true",
        ddpm_steps=int(trace.spec.path.params.get("T", 1000)),
    )


def _path_words(meta: dict[str, str]) -> str:
    """``linear path``, ``VP path``: the first word of the path's title."""
    title = meta.get("path_title", "")
    first = title.split(",")[0]
    return f"{first if first.isupper() else first.lower()} path"


def _signed(value: float) -> str:
    text = f"{value:.2f}"
    return text.replace("-", "−") if not math.isclose(float(text), 0.0) else "0.00"
