"""The only sampling loop: it drives every sampler over a grid and yields what happens as events.

A row is recorded at every time of the grid: x, the preview x1_hat that the step set out from, and the velocity on a
fixed grid of points. The step to t = 1 is x = x1_hat for every sampler, since networks are least trained there.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
import platform
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version

import numpy as np
import torch
from torch import Tensor

from core import registry
from core import spec as specs
from core.checkpoint import locate, sha256
from core.errors import SpecError
from core.evaluation import ConditionedField, CountedField, block, padded
from core.events import Chunk, Event, RunFinished, RunStarted, StopRun, StreamDeclared, Tick
from core.fields import Field
from core.finite import astray, lost
from core.images.sample import SHIPPED, only_ships, stand_in
from core.machine.cores import one_thread
from core.machine.device import IN_BFLOAT16, processor
from core.numerics.noise import BrownianPath, Noise
from core.parts.making import make
from core.paths import Coefficients, Path
from core.setup import Setup, resolve
from core.spec import RunSpec
from core.trace.trace import SAMPLING_COLUMNS
from core.trained import as_trained

_CELL = 0.65
_REACH = 6.5
_LEAST_REACH = 0.6
_MOST_DATA = 2000
_MOST_IMAGES, _IMAGES_PER_CLASS = 64, 40


@dataclass(frozen=True)
class Row:
    """One recorded time of a sampling run, as numpy arrays: x and x1_hat [B, ...], and the velocity on the grid [G, D]
    of points, None for images."""

    columns: dict[str, float]
    x: np.ndarray
    x1_hat: np.ndarray
    velocity: np.ndarray | None


def field_grid(setup: Setup) -> np.ndarray:
    """The points [G, 2] at which a 2D field is recorded: a square mesh that covers noise and data, row by row."""
    assert setup.mixture is not None  # sets of points have one
    reach = max(_LEAST_REACH, float(setup.mixture.centres.abs().max()) / 4.0)
    n = math.ceil(_REACH / _CELL)
    axis = np.arange(-n, n + 1) * _CELL * reach
    x, y = np.meshgrid(axis, axis)
    return np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)


def data_points(setup: Setup) -> np.ndarray:
    """Points of the data set [M, 2] for views that compare with it: none of those that a network is trained on."""
    n = min(setup.spec.n_samples, _MOST_DATA)
    return setup.dataset.held_out(n, setup.spec.seed).x.numpy().astype(np.float32)


def rows(setup: Setup, field: Field, *, plane: bool = True) -> Iterator[Row]:
    """Sample the field: one row per time of the grid, the first at the noise, the last at t = 1.

    Without ``plane`` the field is not evaluated on the points of the plane, nor the last block of particles filled up:
    the answer comes sooner and is that of whole blocks up to rounding.
    """
    spec, path = setup.spec, setup.path
    n = padded(spec.n_samples, block(setup.shape, setup.device)) if plane else spec.n_samples
    noise = StepNoises(Noise(spec.seed, n, setup.shape, setup.device, setup.dtype))
    times = setup.times()
    counted = CountedField(field, setup.threads)
    sampled = ConditionedField(setup.wrap(counted), setup.labels(n))
    mesh = Mesh(setup, field, field_grid(setup)) if plane and len(setup.shape) == 1 else None
    x0 = setup.source.draw(setup.shape, n, spec.seed, "source").to(setup.device, setup.dtype)
    x, state = path.at(times[0]).sigma * x0, None
    for t, s in itertools.pairwise(times):
        columns = timeline(path, t, counted.nfe)
        # Left before every yield: whoever runs between two steps may be training.
        with torch.inference_mode(), one_thread():
            if s < 1.0 or setup.sampler.jumps:
                step = setup.sampler.step(sampled, x, t, s, state, noise)
                x_s, state, estimate = step.x, step.state, step.estimate
            else:
                estimate = sampled(x, t)
                x_s = estimate.x1
            velocity = None if mesh is None else mesh.velocity(t)
        yield Row(columns, _out(x, spec.n_samples), _out(estimate.x1, spec.n_samples), velocity)
        x = x_s
    last = _out(x, spec.n_samples)
    with torch.inference_mode(), one_thread():
        velocity = None if mesh is None else mesh.velocity(times[-1])
    yield Row(timeline(path, times[-1], counted.nfe), last, last, velocity)


class StepNoises:
    """What samplers draw from; the particles' Brownian paths are made when a sampler first asks."""

    def __init__(self, noise: Noise) -> None:
        self._noise = noise
        self._path: BrownianPath | None = None

    def increment(self, t: float, s: float) -> Tensor:
        if self._path is None:
            self._path = self._noise.brownian()
        return self._path.increment(t, s)

    def fresh(self, t: float, draw: int) -> Tensor:
        return self._noise.fresh(t, draw)


class Mesh:
    """The field at places [G, D] of the plane; where all particles have one class, that class's."""

    def __init__(self, setup: Setup, field: Field, places: np.ndarray) -> None:
        grid = torch.from_numpy(places).to(setup.device, setup.dtype)
        self._n = len(grid)
        self._x = torch.cat([grid, grid.new_zeros(padded(len(grid)) - len(grid), grid.shape[1])])
        labels = setup.labels(len(self._x)) if len(setup.classes) == 1 else None
        self._field = ConditionedField(setup.wrap(CountedField(field, setup.threads)), labels)

    def velocity(self, t: Tensor) -> np.ndarray:
        """[G, 2] at t, or at the last time at which the path has one."""
        path = self._field.path
        inside = t.clamp(max=path.t_max)
        return _out(self._field(self._x, inside).velocity(path.at(inside)), self._n)


def _out(values: Tensor, n: int) -> np.ndarray:
    array: np.ndarray = values[:n].detach().cpu().numpy()
    return array


def coefficients(path: Path, t: Tensor) -> Coefficients:
    """alpha and sigma at t, their derivatives at the last time at which all of them have finite values."""
    here, inside = path.at(t), path.at(t.clamp(max=path.t_max))
    return Coefficients(here.alpha, here.sigma, inside.d_alpha, inside.d_sigma)


def timeline(path: Path, t: Tensor, nfe: int) -> dict[str, float]:
    """One row of the sampling timeline."""
    c = coefficients(path, t)
    values: tuple[Tensor | int, ...] = (t, c.alpha, c.sigma, c.d_alpha, c.d_sigma, nfe)
    return dict(zip(SAMPLING_COLUMNS, map(float, values), strict=True))


def started(setup: Setup, **more: str) -> RunStarted:
    """The first event of a run: the spec with every part, and what a reader needs to name and to repeat it."""
    spec = setup.spec
    objective = registry.find("objective", spec.objective.name)
    meta = {
        "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "flowscope": version("flowscope"),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "python": platform.python_version(),
        "device": str(setup.device),
        "precision": spec.precision + (IN_BFLOAT16 if setup.samples_in_bfloat16 else ""),
        "threads": str(setup.threads),
        "processor": processor(setup.device),
        "method": objective.family,
        "method_title": objective.title,
        "predicts": make("objective", spec.objective).predicts,
        "data_title": setup.dataset.title,
        "class_names": ", ".join(setup.dataset.class_names),
        "network_title": registry.find("network", spec.network.name).title,
        "path_title": setup.path.title,
        "sampler_title": setup.sampler.title,
        "field_title": setup.field_spec.title,
        "equation": setup.sampler.equation,
        "stochastic": str(setup.sampler.draws).lower(),
        "nfe_total": str(setup.nfe_after(setup.sampler.n_steps)),
        "signal_left": f"{setup.path.signal_left():.3g}",
    }
    if only_ships(setup.dataset):
        meta["data_from"] = SHIPPED
    weights = spec.field.params.get("weights")
    if weights:
        meta["weights_sha256"] = sha256(locate(weights))
    return RunStarted(specs.to_json(spec), meta | more)


def sample(spec: RunSpec, *, plane: bool = True) -> Generator[Event | Tick]:
    """Run a sampling spec; without ``plane`` the particles alone are recorded, which is the quicker answer.

    A run whose last row is not finite, or far from all data, has finished all the same: its message says so, and what
    would work.

    Raises:
        SpecError: before the first event, where the spec cannot run.
    """
    setup = resolve(spec)
    field = setup.field()  # what is wrong with its weights comes first
    setup = replace(setup, spec=as_trained(spec))
    yield started(setup)
    yield from _declare(setup, plane=plane)
    try:
        samples = yield from _chunks(setup, field, plane=plane)
    except StopRun:
        yield RunFinished("stopped")
        return
    yield RunFinished("finished", lost(setup, samples) or astray(setup, samples))


def _declare(setup: Setup, *, plane: bool) -> Iterator[StreamDeclared]:
    n_rows = setup.sampler.n_steps + 1
    declare = partial(StreamDeclared, columns=SAMPLING_COLUMNS, capacity=n_rows)
    shape = (setup.spec.n_samples, *setup.shape)
    if len(setup.shape) > 1:
        images = partial(declare, row_shape=shape, dims=("t", "particle", "channel", "row", "column"), kind="images")
        yield images(name="x", static=_static(setup))
        yield images(name="x1_hat")
        return
    grid, names = field_grid(setup), ("t", "particle", "xy")
    yield declare(
        name="x", row_shape=shape, dims=names, kind="points", static={"data": data_points(setup)} | _static(setup)
    )
    yield declare(name="x1_hat", row_shape=shape, dims=names, kind="points")
    if not plane:
        return
    yield declare(
        name="field/velocity", row_shape=grid.shape, dims=("t", "place", "xy"), kind="vectors", units="1/t",
        static={"grid": grid},
    )  # fmt: skip


def _static(setup: Setup) -> dict[str, np.ndarray]:
    """The class of each particle, where classes are asked for, and real images to compare with."""
    labels = setup.labels(setup.spec.n_samples)
    out = {} if labels is None else {"label": labels.cpu().numpy()}
    return out | (real_images(setup) if len(setup.shape) > 1 else {})


def real_images(setup: Setup) -> dict[str, np.ndarray]:
    """Images of the data set [M, C, H, W], each of the class of the particle at its place, as far as they reach.

    None of them was trained on, those apart that ship and stand in for a set that is not on this machine; nothing where
    none ship: samples need weights alone.
    """
    n = min(setup.spec.n_samples, _MOST_IMAGES)
    labels = setup.labels(n)
    # by chance a class has fewer than its share: so many that each has enough
    wanted = n if labels is None else _IMAGES_PER_CLASS * max(n, len(setup.dataset.class_names))
    try:
        real = stand_in(setup.dataset, wanted) or setup.dataset.held_out(wanted, setup.spec.seed)
    except SpecError:
        return {}
    if labels is None or real.labels is None:
        return {"data": real.x[:n].numpy()}
    # the k-th particle of a class stands beside the k-th image of that class
    left = {label: iter(torch.nonzero(real.labels == label).flatten().tolist()) for label in set(labels.tolist())}
    which = list(itertools.takewhile(lambda i: i >= 0, (next(left[label], -1) for label in labels.tolist())))
    return {"data": real.x[which].numpy()}


def _chunks(setup: Setup, field: Field, *, plane: bool) -> Generator[Event | Tick, None, np.ndarray]:
    """What a run records; returns its samples [B, ...]."""
    n_rows = setup.sampler.n_steps + 1
    for done, row in enumerate(rows(setup, field, plane=plane)):
        columns = {name: np.array([value]) for name, value in row.columns.items()}
        for name, data in (("x", row.x), ("x1_hat", row.x1_hat), ("field/velocity", row.velocity)):
            if data is not None:
                yield Chunk(name, _recorded(data)[None], columns)
        yield Tick(min(done, n_rows - 1), n_rows - 1)
    return _recorded(row.x)


def _recorded(data: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # what is too large for a trace is told at the end
        return data.astype(np.float32, copy=False)
