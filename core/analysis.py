"""What can be known about a run beside what it recorded, as runs of their own: a spec goes in, events come out.

Three actions of a spec are analyses. ``exact-field`` evaluates the exact velocity on the mesh on which sampling records
the learned one. ``error-map`` gives |v - v*|, learned against exact, on a finer mesh, and the density of x_t there,

    p_t(x) = E N(x; alpha x1 + sigma n, V),  V = alpha^2 s^2 + sigma^2 r^2,

over the components (x1, s) of the data and (n, r) of the source, blurred by half a cell, which is what a mesh can show.
``forward`` draws the forward process q(x_t): pairs x_t = alpha x1 + sigma x0, from data at t = 1 to noise at t = 0.
Times are those of the spec's grid. Reference: Lipman et al. 2023, eq. 8, for the velocity of x_t given its ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from core.errors import SpecError
from core.events import Chunk, Event, RunFinished, StopRun, StreamDeclared, Tick
from core.fields import Field
from core.images.sample import stand_in
from core.numerics.mixture import Mixture
from core.run import Mesh, data_points, field_grid, started, timeline
from core.setup import Setup, resolve
from core.spec import Part, RunSpec
from core.trace.trace import SAMPLING_COLUMNS

MESH = 73
"""Points along each side of the mesh of an error map."""
LEAST_DENSITY = 1e-5
"""Where the density of x_t is lower no particle is met, and an error there says nothing."""
_MOST_PARTICLES = 2000

Work = Callable[[Setup], Iterator[StreamDeclared | Chunk]]


def analyse(spec: RunSpec) -> Generator[Event | Tick]:
    """Run an analysis.

    Raises:
        SpecError: before the first event, where the data have no exact field or the network no weights.
    """
    setup = resolve(spec)
    work, more = ANALYSES[spec.action]
    events = work(setup)
    first = next(events)  # whatever is wrong with the spec shows before anything is said
    assert isinstance(first, StreamDeclared)  # every analysis begins so
    yield started(setup, **more)
    yield first
    total, done = len(setup.times()), 0
    try:
        while True:
            with torch.inference_mode():  # left before every yield: whoever runs in between may be training
                event = next(events, None)
            if event is None:
                break
            yield event
            if isinstance(event, Chunk) and event.stream == first.name:
                done += 1
                yield Tick(done, total)
    except StopRun:
        yield RunFinished("stopped")
        return
    yield RunFinished("finished")


def _exact_field(setup: Setup) -> Iterator[StreamDeclared | Chunk]:
    exact, grid = _exact(setup), field_grid(setup)
    mesh = Mesh(setup, exact, grid)
    yield _declare(setup, "field/exact", grid.shape, ("t", "place", "xy"), "vectors", static={"grid": grid})
    for t in setup.times():
        yield _chunk(setup, "field/exact", mesh.velocity(t), t)


def _error_map(setup: Setup) -> Iterator[StreamDeclared | Chunk]:
    learned, exact = setup.field(), _exact(setup)
    grid = field_grid(setup)
    axis = np.linspace(float(grid[0, 0]), float(grid[-1, 0]), MESH)
    x, y = np.meshgrid(axis, axis)
    places = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)
    cell = float(axis[1] - axis[0])
    shape, names = (MESH, MESH), ("t", "y", "x")
    static = {"axis": axis.astype(np.float32)}
    yield _declare(setup, "error/velocity", shape, names, "map", static=static, units="1/t")
    yield _declare(setup, "density", shape, names, "map", static=static)
    for t in setup.times()[:-1]:  # a step to t = 1 takes x1_hat: no sampler reads a velocity there
        density = density_on(setup, axis, t, cell / 2)
        error = np.full(shape, np.nan, np.float32)
        here = density >= LEAST_DENSITY
        if here.any():
            both = [Mesh(setup, field, places[here.ravel()]).velocity(t) for field in (learned, exact)]
            error[here] = np.linalg.norm(both[0] - both[1], axis=1)
        yield _chunk(setup, "error/velocity", error, t)
        yield _chunk(setup, "density", density, t)


def _forward(setup: Setup) -> Iterator[StreamDeclared | Chunk]:
    n, seed = min(setup.spec.n_samples, _MOST_PARTICLES), setup.spec.seed
    x1 = (stand_in(setup.dataset, n) or setup.dataset.training(n, seed)).x
    n = len(x1)  # what ships may be fewer
    x0 = setup.source.draw(setup.shape, n, seed, "source")
    x0 = x0[setup.coupling.pair(x1, x0)]
    images = len(setup.shape) > 1
    names = ("t", "particle", "channel", "row", "column") if images else ("t", "particle", "xy")
    static = {} if images else {"data": data_points(setup)}
    yield _declare(setup, "x", (n, *setup.shape), names, "images" if images else "points", static=static)
    for t in setup.times():
        c = setup.path.at(t.double())
        yield _chunk(setup, "x", (c.alpha * x1 + c.sigma * x0).numpy(), t)


def density_on(setup: Setup, axis: np.ndarray, t: Tensor, blur: float = 0.0) -> np.ndarray:
    """The density of x_t per unit of area on the mesh of an axis [R], blurred by a standard deviation: [R, R] float32.

    Rows are y. A round Gaussian is the product of its axes, so a mesh costs a product of two matrices [R, components].
    """
    data, source = _of_class(setup), setup.source.mixture()
    c = setup.path.at(t.double().cpu())
    weights, centres = torch.softmax(_logs(data), 0), c.alpha * data.centres
    width = 1.0
    if source is not None:
        origins, width = c.sigma * source.centres, source.std
        centres = (centres[:, None] + origins).reshape(-1, data.dim)
        weights = (weights[:, None] * torch.softmax(_logs(source), 0)).reshape(-1)
    variance = float(c.alpha * data.std) ** 2 + float(c.sigma * width) ** 2 + blur**2
    away = torch.from_numpy(axis).double()[:, None, None] - centres
    parts = torch.exp(-away.square() / (2 * variance)) / math.sqrt(2 * math.pi * variance)
    density: np.ndarray = ((parts[..., 1] * weights) @ parts[..., 0].T).numpy()
    return density.astype(np.float32)


def _logs(mixture: Mixture) -> Tensor:
    n = len(mixture.centres)
    return torch.zeros(n, dtype=torch.float64) if mixture.log_weights is None else mixture.log_weights


def _of_class(setup: Setup) -> Mixture:
    """The density of the data, of one class where one is asked for."""
    assert setup.mixture is not None  # `_exact` has asked
    return setup.mixture.of_class(setup.classes[0]) if len(setup.classes) == 1 else setup.mixture


def _exact(setup: Setup) -> Field:
    """The exact field of the same set-up.

    Raises:
        SpecError: the data are images, or noise and data are not independent.
    """
    if len(setup.shape) != 1:
        raise SpecError("data", f"{setup.dataset.title} has no exact field. Choose data in the plane.")
    return resolve(setup.spec.replace(field=Part("exact"))).field()


def _declare(
    setup: Setup, name: str, row_shape: tuple[int, ...], dims: tuple[str, ...], kind: str, **more: object
) -> StreamDeclared:
    declare = partial(StreamDeclared, columns=SAMPLING_COLUMNS, capacity=len(setup.times()))
    return declare(name=name, row_shape=row_shape, dims=dims, kind=kind, **more)  # type: ignore[arg-type]  # of a partial


def _chunk(setup: Setup, name: str, row: np.ndarray, t: Tensor) -> Chunk:
    columns = {key: np.array([value]) for key, value in timeline(setup.path, t, 0).items()}
    return Chunk(name, row[None].astype(np.float32, copy=False), columns)


_STILL = {"stochastic": "false", "nfe_total": "0"}
#: action of a spec -> what it yields, and what its trace says of itself
ANALYSES: Mapping[str, tuple[Work, dict[str, str]]] = MappingProxyType({
    "exact-field": (_exact_field, _STILL | {"method": "exact", "method_title": "Exact field"}),
    "error-map": (_error_map, _STILL | {"method": "error", "method_title": "Error map"}),
    "forward": (_forward, _STILL | {"method_title": "Forward process", "equation": "forward"}),
})  # fmt: skip
