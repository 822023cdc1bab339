"""The lane of a 2D run: particles, trails, field and real data as marks over whole streams."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from core.trace import Stream, Trace
from core.trace.derive import Coefficients, FieldKind, field_as
from workbench.views.heat import ERROR_LABEL, ErrorMap, density_heat, density_rows, error_heat, particle_density
from workbench.views.marks import Arrows, Floats, Heat, Lane, Mark, Method, Overlay, Points, Scene, Times, Trails
from workbench.views.theme import Theme, noise_colours, rgba
from workbench.views.thinned import MOST_COUNTED, MOST_WAYS, Steps, kept, notes, positions, steps
from workbench.views.whole_ways import whole_ways
from workbench.views.words import sampler_words

#: From this many particles on they are drawn smaller and fainter.
MANY = 2000
#: Above this number of particles their density is drawn instead: the better picture, and the cheaper one.
MOST_DISCS = 50_000
_MOST_TRAILS = 2000
_FIELD_ALPHA, _EXACT_ALPHA = 0.6, 0.8
_SPAN, _SHORT_SPAN = 0.26, 0.05
_REAL_ALPHA, _REAL_SIZE = 0.15, 1.8
_PREVIEW_ALPHA = 0.6
_WHOLE = 0.72
"""Of the opacity of trails, for whole ways: 0.26 of 0.36."""
FOUR = 4
"""So many lanes in a row are small, and at the data a whole way says more than its end."""
_MOST_NOISE = 1.6
"""How far beyond the data the noise may widen the view."""


#: What a lane shows of a trace: the run, or beside it the real data, the exact field alone, the error alone.
Aspect = Literal["run", "real", "exact", "error"]
ASPECTS: dict[Aspect, str] = {"exact": "Exact field", "error": "Error map", "real": "Real data"}
"""The titles of those that are not the run."""
BASIC: frozenset[Overlay] = frozenset({"particles", "trails", "field", "real"})


_EXACT_SHOWS: frozenset[Overlay] = frozenset({"exact", "real", "particles"})
_ERROR_SHOWS: frozenset[Overlay] = frozenset({"error"})


@dataclass(frozen=True)
class Look:
    """How a lane is to be drawn, apart from what it shows."""

    theme: Theme
    field_kind: FieldKind = "velocity"
    field_factor: float = 1.0
    first: bool = False
    """The first lane carries the key to the colours."""
    overlays: frozenset[Overlay] = BASIC
    """What marks are made for; what of them is seen is for the stage to say."""
    density_top: float = 1.0
    error_top: float = 1.0
    """Where the scales of the maps end, in all lanes."""


@dataclass(frozen=True, eq=False)
class Known:
    """What analyses have found out about a trace, and in words what is still missing."""

    exact: Trace | None = None
    error: ErrorMap | None = None
    density: Floats | None = None
    notes: tuple[str, ...] = ()


NOTHING = Known()


def lane_scene(
    aspect: Aspect,
    trace: Trace,
    look: Look,
    known: Known,
    *,
    name: str = "",
    overlays: frozenset[Overlay] | None = None,
) -> Scene | None:
    """The lane that shows an aspect of a trace, under a name of its own if it has one; None where there is nothing.

    ``overlays`` are what this lane shows; None leaves that to the stage.
    """
    real = trace["x"].static.get("data")
    if aspect == "real":
        made = None if real is None else real_scene(real, data_words(trace), look, known.density)
    elif aspect == "exact":
        made = exact_scene(trace, look, known, real)
    elif aspect == "error":
        made = error_scene(trace, look, known)
    else:
        made = dataclasses.replace(scene(trace, look, real, known), overlays=overlays)
    if made is None or not name:
        return made
    return dataclasses.replace(made, lane=dataclasses.replace(made.lane, title=name))


def scene(trace: Trace, look: Look, real: Floats | None = None, known: Known = NOTHING) -> Scene:
    """The lane of a sampling trace (also one that is still growing); ``real`` [M, 2] are points of the data set."""
    x, shown = trace["x"], look.overlays
    marks: list[Mark] = []
    if known.density is not None:
        marks.append(_density(trace, known.density, look))
    if known.error is not None and "error" in shown:
        marks.append(error_heat(known.error, look.error_top))
    if real is not None and "real" in shown:
        marks.append(_cloud(real, look.theme))
    full_length = None
    if "field" in shown and "field/velocity" in trace and len(trace["field/velocity"]):
        marks.append(field := _arrows(trace["field/velocity"], x, look))
        full_length = field.full_length_at
    if "exact" in shown and known.exact is not None:
        marks.append(_exact_arrows(known.exact, look, full_length))
    marks += _particles(trace, look, shown)
    said = (
        *what_became(trace),
        *known.notes,
        *notes(x, _rows(x), None if known.density is None else len(known.density)),
    )
    return Scene(lane_of(trace, x), tuple(marks), extent(trace), colour_key=look.first, notes=said)


def what_became(trace: Trace) -> tuple[str, ...]:
    """What a run that came to its end has still to say, a sentence in a line: lanes are narrow."""
    return tuple(trace.message.rstrip(".").split(". ")) if trace.status == "finished" and trace.message else ()


def with_whole_ways(scene: Scene) -> Scene:
    """The lane as one of four in a row: at the data its trails are the whole ways."""
    marks = tuple(dataclasses.replace(mark, whole=_WHOLE) if isinstance(mark, Trails) else mark for mark in scene.marks)
    return dataclasses.replace(scene, marks=marks)


def _rows(x: Stream) -> Steps:
    """The recorded steps that a lane holds: of very many particles only a few are drawn, as trails."""
    return steps(x, _MOST_TRAILS, MOST_WAYS) if x.declared.row_shape[0] > MOST_DISCS else steps(x)


def _particles(trace: Trace, look: Look, shown: frozenset[Overlay]) -> list[Mark]:
    """Trails, previews and particles."""
    x = trace["x"]
    n, rows = x.declared.row_shape[0], _rows(x)
    held, times = kept(x, rows, n if n <= MOST_DISCS else _MOST_TRAILS), x.column("t")[rows]
    colours, glide = particle_colours(trace, look.theme)[: held.shape[1]], glides(trace)
    size = 2.4 if n >= MANY else 3.4
    marks: list[Mark] = []
    if "trails" in shown:
        # A random walk says little by its past: stochastic runs trail fewer particles, and for a shorter time.
        every = max((1 if glide else 3) * (3 if n < MANY else 6), held.shape[1] // _MOST_TRAILS)
        trail = colours[: held.shape[1] : every].copy()
        trail[:, 3] = look.theme.trail_alpha
        ways = np.ascontiguousarray(held[:, ::every])
        marks.append(Trails("trails", ways, times, trail, span=_SPAN if glide else _SHORT_SPAN, glide=glide))
    if "preview" in shown and "x1_hat" in trace and n <= MOST_DISCS:
        rings = colours.copy()
        rings[:, 3] *= _PREVIEW_ALPHA
        there = rows[rows < len(trace["x1_hat"])]
        previews = positions(trace["x1_hat"], there)
        marks.append(Points("preview", previews, times[: len(there)], rings, size + 1.2, glide=glide, line=1.0))
    if "particles" in shown and n <= MOST_DISCS:
        marks.append(Points("particles", held, times, colours, size, glide=glide))
    if "ways" in shown:
        marks += whole_ways(held, times, colours, look.theme, glide=glide, ended=trace.status != "running")
    return marks


def glides(trace: Trace) -> bool:
    """Whether its particles go on a line between recorded steps: a random walk does not."""
    return trace.meta.get("stochastic") != "true"


def _density(trace: Trace, density: Floats, look: Look) -> Heat:
    overlay: Overlay = "density" if "density" in look.overlays else "particles"
    times = trace["x"].column("t")[density_rows(trace["x"])][: len(density)]
    return density_heat(density, times, extent(trace), look.density_top, overlay, glide=glides(trace))


def _exact_arrows(exact: Trace, look: Look, full_length: float | None) -> Arrows:
    """The exact field in its own colour, on the scale of the learned one if there is one; no particles need be near."""
    stream = exact["field/exact"]
    grid, velocity = stream.static["grid"].astype(np.float32), stream[:]
    vectors = field_as(look.field_kind, velocity, grid, Coefficients.of(stream).at(slice(len(velocity))))
    axis, everywhere = np.unique(grid[:, 0]), np.ones(vectors.shape[:2], np.float32)
    return Arrows(
        "exact", grid, vectors.astype(np.float32), everywhere, stream.column("t")[: len(vectors)],
        cell=float(axis[1] - axis[0]), full_length_at=full_length or _full_length(vectors, everywhere),
        colour=rgba(look.theme.methods["exact"], _EXACT_ALPHA), factor=look.field_factor,
        reads=look.field_kind,
    )  # fmt: skip


def exact_scene(trace: Trace, look: Look, known: Known, real: Floats | None) -> Scene:
    """The exact field alone, under the particles of a run."""
    lane = _aspect(trace, "exact", ASPECTS["exact"], f"Closed form, {data_words(trace)}", "exact")
    marks: list[Mark] = [] if real is None else [_cloud(real, look.theme)]
    if known.exact is not None:
        stream = trace.streams.get("field/velocity")
        full_length = _arrows(stream, trace["x"], look).full_length_at if stream is not None and len(stream) else None
        marks.append(_exact_arrows(known.exact, look, full_length))
    marks += _particles(trace, look, frozenset({"particles"}))
    return Scene(lane, tuple(marks), extent(trace), notes=known.notes, overlays=_EXACT_SHOWS)


def error_scene(trace: Trace, look: Look, known: Known) -> Scene:
    """The error of a learned field alone."""
    lane = _aspect(trace, "error", ASPECTS["error"], ERROR_LABEL, "error")
    marks: tuple[Mark, ...] = ()
    lane = dataclasses.replace(lane, rms=np.zeros(0))
    if known.error is not None:
        marks = (error_heat(known.error, look.error_top),)
        lane = dataclasses.replace(lane, rms=np.interp(lane.times, known.error.times, known.error.rms))
    return Scene(lane, marks, extent(trace), notes=known.notes, overlays=_ERROR_SHOWS)


def _aspect(trace: Trace, method: Method, title: str, subtitle: str, equation: str) -> Lane:
    x = trace["x"]
    return Lane(
        method, title, subtitle, equation, times=x.column("t"), nfe=np.zeros(len(x), np.int64), nfe_total=0,
        alpha=x.column("alpha"), sigma=x.column("sigma"), glide=glides(trace),
    )  # fmt: skip


def data_words(trace: Trace) -> str:
    """The data set's title."""
    return trace.meta.get("data_title", trace.spec.data.name)


def real_scene(real: Floats, title: str, look: Look, density: Floats | None = None) -> Scene:
    """The lane of real data: points [M, 2] that do not move, and their density [1, R, C] over `real_extent`."""
    colour = np.tile(np.array(rgba(look.theme.methods["real"], 0.7), np.float32), (len(real), 1))
    mean, std = float(real.mean()), float(real.std())
    lane = Lane(
        method="real", title=ASPECTS["real"], subtitle=f"{title}, {len(real):,} drawn", equation="data",
        times=np.array([1.0]), nfe=np.array([0]), nfe_total=0, alpha=np.array([1.0]), sigma=np.array([0.0]),
        facts=(f"mean {_signed(mean)}", f"std {std:.2f}"),
    )  # fmt: skip
    cloud = Points("particles", real[None].astype(np.float32), np.array([1.0]), colour, 2.6, glide=False)
    marks: tuple[Mark, ...] = (cloud,)
    if density is not None:
        shown = density_heat(density, cloud.times, real_extent(real), look.density_top, "density", glide=False)
        marks = (shown, cloud)
    return Scene(lane, marks, real_extent(real))


def real_extent(real: Floats) -> tuple[float, float, float, float]:
    """The square that shows all of the data."""
    return _square(float(np.abs(real).max()))


def real_density(real: Floats) -> Floats:
    """The density [1, R, C] of all of the data over `real_extent`."""
    return particle_density(real[None], real_extent(real))


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
    rows = _rows(x)
    rows = rows[rows < len(stream)]
    grid = stream.static["grid"].astype(np.float32)
    velocity, c = positions(stream, rows), Coefficients.of(stream)
    vectors = field_as(look.field_kind, velocity, grid, c.at(rows))
    presence = presence_on(grid, positions(x, rows, MOST_COUNTED))
    axis = np.unique(grid[:, 0])
    return Arrows(
        "field", grid, vectors.astype(np.float32), presence, stream.column("t")[rows], cell=float(axis[1] - axis[0]),
        full_length_at=_full_length(vectors, presence), colour=rgba(look.theme.arrow, _FIELD_ALPHA),
        factor=look.field_factor, reads=look.field_kind,
    )  # fmt: skip


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
    count = np.zeros((len(positions), n + 2, n + 2), np.float32)  # with a rim, so that each has neighbours
    with np.errstate(invalid="ignore", over="ignore"):
        x, y = np.moveaxis(np.floor((positions - axis[0]) / cell + 0.5), -1, 0)
        cells = (y + 1) * (n + 2) + (x + 1)
    inside = (x >= 0) & (x < n) & (y >= 0) & (y < n)
    for row, place, there in zip(count, cells, inside, strict=True):
        row += np.bincount(place[there].astype(np.int64), minlength=row.size).reshape(row.shape)
    across = count[:, :, :-2] + count[:, :, 1:-1] + count[:, :, 2:]
    near = across[:, :-2] + across[:, 1:-1] + across[:, 2:]
    result: Floats = np.minimum(1.0, near / 3.0).reshape(len(positions), n * n)
    return result


def lane_of(trace: Trace, x: Stream) -> Lane:
    """What header and foot say of a sampling trace."""
    meta = trace.meta
    times: Times = x.column("t")
    return Lane(
        method=cast(Method, meta.get("method", "flow")),
        title=meta.get("method_title", trace.spec.objective.name),
        subtitle=_words(trace),
        equation=meta.get("equation", "ode"),
        times=times,
        nfe=x.column("nfe").astype(np.int64),
        nfe_total=int(meta.get("nfe_total", 0)),
        alpha=x.column("alpha"),
        sigma=x.column("sigma"),
        status="" if trace.status in ("running", "finished") else trace.status,
        glide=glides(trace),
        sampler="" if trace.spec.action == "forward" else _sampler_words(trace),
        ddpm_steps=int(trace.spec.path.params.get("T", 1000)),
    )


def _words(trace: Trace) -> str:
    """What the lane runs: ``Heun 25, linear path``."""
    meta, spec = trace.meta, trace.spec
    if spec.action == "forward":
        words = f"{data_words(trace)} to noise, {_path_words(meta)}"
        return ", ".join(filter(None, (words, meta.get("data_from"))))
    words = f"{_sampler_words(trace)}, {meta.get('weights_title') or _path_words(meta)}"
    return words + (", exact field" if spec.field.name != "network" and spec.action == "sample" else "")


def _sampler_words(trace: Trace) -> str:
    steps = trace.spec.sampler.params.get("n_steps", trace["x"].declared.capacity - 1)
    return sampler_words(trace.meta.get("sampler_title", trace.spec.sampler.name), steps)


def _path_words(meta: dict[str, str]) -> str:
    """``linear path``, ``VP path``: the first word of the path's title."""
    title = meta.get("path_title", "")
    first = title.split(",")[0]
    return f"{first if first.isupper() else first.lower()} path"


def _signed(value: float) -> str:
    text = f"{value:.2f}"
    return text.replace("-", "−") if not math.isclose(float(text), 0.0) else "0.00"
