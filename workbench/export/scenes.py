"""The scenes of an export: lanes of some traces in rows, each the run or another aspect of it, as the window's are."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from core import catalog
from core.errors import FlowscopeError, TraceError
from core.trace import Trace, open_trace
from core.trace.derive import FieldKind, sampled
from workbench.export import showing
from workbench.export.film import Shot
from workbench.export.known import Analyst, compute, known
from workbench.export.moments import key_frames
from workbench.painters.paper.page import Rows
from workbench.views.apart import names_of, told_apart
from workbench.views.heat import density_top, error_top
from workbench.views.image import images
from workbench.views.lane2d import BASIC, NOTHING, Aspect, Known, Look, lane_scene, real_density
from workbench.views.marks import Arrows, Overlay, Scene
from workbench.views.theme import Theme

Layout = Literal["row", "grid", "rows", "frames"]
_MOST_IN_LINE = 16
"""Images of a lane that is a row of the page."""
_BESIDE: frozenset[Overlay] = frozenset({"image-preview", "speed"})
"""What is drawn beside images, with words of its own."""
MORE: tuple[Overlay, ...] = ("ways", "preview", "density", "exact", "error", "arrows", "labels")
"""Overlays that are shown where somebody asks for them."""
USUAL: frozenset[Overlay] = BASIC | images.SHOWN
"""Of points and of images."""


@dataclass(frozen=True)
class Scale:
    """Where the scales of densities, of errors and of magnitudes of images end: one for all lanes."""

    density: float
    error: float
    magnitude: float

    def and_of(self, other: Scale) -> Scale:
        """The scale that holds both."""
        return Scale(*map(max, dataclasses.astuple(self), dataclasses.astuple(other)))


def scale_of(runs: Sequence[Trace], found: Sequence[Known], kind: FieldKind) -> Scale:
    """The scale for some runs, and for what is known about each."""
    fields = [images.magnitude(run, kind) for run in runs if images.shows_images(run)]
    return Scale(
        density_top([each.density for each in found if each.density is not None]),
        error_top([each.error for each in found if each.error is not None]),
        images.scale_top([field.top for field in fields if field is not None]),
    )


@dataclass(frozen=True)
class Shown:
    """A lane: an aspect of one of the traces, by its place among them, with a name and overlays of its own if it has
    some."""

    trace: int = 0
    aspect: Aspect = "run"
    name: str = ""
    overlays: frozenset[Overlay] | None = None

    def of(self, usual: frozenset[Overlay]) -> frozenset[Overlay]:
        """What it shows where lanes without overlays of their own show the ``usual`` ones."""
        if self.aspect in ("exact", "error"):
            return frozenset({self.aspect})
        return usual if self.overlays is None else self.overlays


def usual_lanes(n: int, *, real: bool) -> tuple[Shown, ...]:
    """A lane for each of n traces, and one of their real data if asked for."""
    return (*map(Shown, range(n)), *([Shown(aspect="real")] if real else ()))


def lanes(
    traces: Sequence[Trace], theme: Theme, shown: Sequence[Shown] | None = None, *, real: bool = True,
    field_kind: FieldKind = "velocity", factor: float = 1.0, overlays: frozenset[Overlay] = USUAL,
    scale: Scale | None = None, in_line: bool = False, alone: bool = False,
) -> list[Scene]:  # fmt: skip
    """The lanes ``shown`` of some traces, as the window draws them: without any the usual ones.

    A training trace shows its last snapshot; ``scale`` is that of the maps, made for these lanes where it is not given.
    Lanes of images ``in_line`` show their first ones in one row, as many in each; ``alone`` they have nothing beside
    them, for which panels are too narrow.

    Raises:
        TraceError: some of the traces hold images, others points.
    """
    runs = list(map(sampled, traces))
    if len({images.shows_images(run) for run in runs}) > 1:
        raise TraceError("Images and points do not fit into one picture. Name traces of one kind.")
    shown = with_something(usual_lanes(len(runs), real=real) if shown is None else shown, runs)
    with ExitStack() as stack:
        found = [stack.enter_context(_known(lane, runs, overlays)) for lane in shown]
        scale = scale or scale_of(runs, found, field_kind)
        look = Look(theme, field_kind, factor, density_top=scale.density, error_top=scale.error)
        line = min(_MOST_IN_LINE, *(run["x"].declared.row_shape[0] for run in runs)) if in_line else 0
        beside = _BESIDE if alone else frozenset[Overlay]()
        made = [
            _scene(lane, runs[lane.trace], each, look, lane.of(overlays) - beside, scale.magnitude, line)
            for lane, each in zip(shown, found, strict=True)
        ]
    return with_one_extent(_told_apart(shown, runs, made))


def with_something(shown: Sequence[Shown], runs: Sequence[Trace]) -> list[Shown]:
    """The lanes that have something to show: of real data those that a run brings, its own or else the first."""
    out = []
    for lane in shown:
        bringing = [i for i in (lane.trace, *range(len(runs))) if "data" in runs[i]["x"].static]
        if lane.aspect != "real":
            out.append(lane)
        elif bringing:
            out.append(dataclasses.replace(lane, trace=bringing[0]))
    return out


def _known(lane: Shown, runs: Sequence[Trace], overlays: frozenset[Overlay]) -> AbstractContextManager[Known]:
    run, asked = runs[lane.trace], lane.of(overlays)
    if lane.aspect != "real":
        return known(run, asked)
    there = "density" in asked and not images.shows_images(run)
    return nullcontext(Known(density=real_density(run["x"].static["data"])) if there else NOTHING)


def _scene(
    lane: Shown, run: Trace, found: Known, look: Look, overlays: frozenset[Overlay], magnitude: float, line: int
) -> Scene:
    """One lane, with the marks that are seen of it."""
    if images.shows_images(run):
        looked = images.ImageLook(look.theme, overlays, look.field_kind, magnitude, line=line)
        made = images.lane_scene(lane.aspect, run, looked, name=lane.name)
    else:
        look = dataclasses.replace(look, overlays=BASIC | overlays)
        made = lane_scene(lane.aspect, run, look, found, name=lane.name)
    assert made is not None  # it has something to show
    made = dataclasses.replace(made, overlays=overlays if made.overlays is None else made.overlays)
    return dataclasses.replace(made, marks=made.shown)


def _told_apart(shown: Sequence[Shown], runs: Sequence[Trace], made: Sequence[Scene]) -> list[Scene]:
    """The scenes, with a word more where runs of one method would read alike; a name of its own stays."""
    names = iter(names_of(catalog.shipped(), [runs[lane.trace].spec for lane in shown if lane.aspect == "run"]))
    return [
        told_apart(scene, next(names), named=bool(lane.name)) if lane.aspect == "run" else scene
        for lane, scene in zip(shown, made, strict=True)
    ]


def arranged(scenes: Sequence[Scene], models: Sequence[str | None], layout: Layout) -> list[list[Scene]]:
    """The lanes in one row, in a row for each lane, in a row of key frames for each, or in a row for each model with
    its runs as columns.

    ``models`` names the model of each lane; one without takes the first free place.
    """
    if layout == "row":
        return [list(scenes)]
    if layout == "rows":
        return [[scene] for scene in scenes]
    if layout == "frames":
        return key_frames(scenes)
    rows: dict[str, list[Scene]] = {}
    pairs = list(zip(models, scenes, strict=True))
    for model, lane in pairs:
        if model is not None:
            rows.setdefault(model, []).append(lane)
    out = list(rows.values())
    for lane in (lane for model, lane in pairs if model is None):
        most = max(len(row) for row in out)
        next((row for row in out if len(row) < most), out[0]).append(lane)
    return out


def model_of(trace: Trace) -> str:
    """What runs of one model have in common, whatever their seed, sampler and grid."""
    spec = trace.spec
    return repr((spec.data, spec.path, spec.objective, spec.network, spec.field, trace.meta.get("weights_title")))


def with_one_extent(scenes: list[Scene]) -> list[Scene]:
    """The same scenes, each showing the part of the plane that holds all of them."""
    corners = np.array([scene.extent for scene in scenes])
    x0, y0 = corners[:, [0, 2]].min(axis=0)
    x1, y1 = corners[:, [1, 3]].max(axis=0)
    return [dataclasses.replace(scene, extent=(float(x0), float(x1), float(y0), float(y1))) for scene in scenes]


@dataclass(frozen=True)
class Choice:
    """Which lanes of some trace files are shown, and how."""

    files: tuple[Path, ...]
    theme: Theme
    shown: tuple[Shown, ...]
    field_kind: FieldKind = "velocity"
    factor: float = 1.0
    layout: Layout = "row"
    overlays: frozenset[Overlay] = USUAL

    def rows(self, step: float = np.inf, scale: Scale | None = None) -> Rows:
        """The lanes, read from the files; those of training traces at a training step."""
        with self._opened() as traces:
            runs = [sampled(trace, step) for trace in traces]
            shown = with_something(self.shown, runs)
            scenes = lanes(
                runs, self.theme, shown, field_kind=self.field_kind, factor=self.factor, overlays=self.overlays,
                scale=scale, in_line=self.layout == "rows", alone=self.layout == "frames",
            )  # fmt: skip
            models = [None if lane.aspect == "real" else model_of(traces[lane.trace]) for lane in shown]
            return arranged(scenes, models, self.layout)

    def scale(self, steps: Sequence[float], alive: Callable[[], None]) -> Scale:
        """One scale for the lanes at all of these training steps; ``alive`` is called at each, and may end it."""
        out = Scale(0.0, 0.0, 0.0)
        with self._opened() as traces:
            for step in steps:
                alive()
                with ExitStack() as stack:
                    runs = [sampled(trace, step) for trace in traces]
                    shown = with_something(self.shown, runs)
                    found = [stack.enter_context(_known(lane, runs, self.overlays)) for lane in shown]
                    out = out.and_of(scale_of(runs, found, self.field_kind))
        return out

    @contextmanager
    def _opened(self) -> Iterator[list[Trace]]:
        with ExitStack() as stack:
            traces = []
            for file in self.files:
                traces.append(open_trace(file))
                stack.callback(traces[-1].close)
            yield traces

    def check_asked(self, asked: Sequence[Overlay], hidden: Sequence[Overlay], tell: Callable[[str], None]) -> None:
        """Refuse marks that none of the traces has, to be shown or to be left out, as `showing` does."""
        with self._opened() as traces:
            runs = [sampled(trace) for trace in traces]
            showing.check(runs, asked, in_line=self.layout == "rows", tell=tell)
            showing.check_hidden(runs, hidden)

    def find_out(self, tell: Callable[[str], None], alive: Callable[[], None], *, strict: bool) -> None:
        """Make the analyses that the lanes show and that nobody has made yet, as `known.compute` does.

        Raises:
            FlowscopeError: one cannot be made, where ``strict`` asks for all; otherwise that is told.
        """
        with Analyst(alive) as analyst:
            for lane in self.shown:
                if lane.aspect == "real":
                    continue
                trace = open_trace(self.files[lane.trace])
                try:
                    more = lane.of(self.overlays)
                    for problem in compute(self.files[lane.trace], sampled(trace), more, tell, analyst):
                        if strict:
                            raise FlowscopeError(problem)
                        tell(problem)
                finally:
                    trace.close()

    def steps(self) -> tuple[float, ...]:
        """The training steps at which any of the traces has a snapshot.

        Raises:
            TraceError: none has any.
        """
        steps: set[float] = set()
        for file in self.files:
            trace = open_trace(file)
            steps.update(trace["snapshot/x"].axis.tolist() if "snapshot/x" in trace else ())
            trace.close()
        if not steps:
            raise TraceError("No trace here shows how samples changed in training; films over sampling time work.")
        return tuple(sorted(steps))


@dataclass(frozen=True)
class Training:
    """What training made of the samples at time t, from its first snapshot to its last, on one clock of steps.

    Every part shows the same extent, its maps are on one scale, and its arrows on that of the last part: what looks
    brighter or longer than before is more.
    """

    choice: Choice
    steps: tuple[float, ...]
    t: float
    extent: tuple[float, float, float, float]
    scale: Scale
    lengths: tuple[dict[Overlay, float], ...]
    """For each lane, the speed at which its arrows are longest."""

    @classmethod
    def of(cls, choice: Choice, t: float, last: Rows, alive: Callable[[], None]) -> Training:
        """``last`` are the lanes after training; ``alive`` is called now and then, and may end it by raising."""
        steps = choice.steps()
        lengths = tuple(_lengths(scene) for row in last for scene in row)
        return cls(choice, steps, t, last[0][0].extent, choice.scale(steps, alive), lengths)

    def shot(self, place: float) -> Shot:
        step = self.steps[0] + place * (self.steps[-1] - self.steps[0])
        part = max(0, int(np.searchsorted(self.steps, step + 1e-9, side="right")) - 1)
        return Shot(part, self.t, f"training step {self.steps[part]:,.0f}")

    def rows(self, part: int) -> Rows:
        lengths = iter(self.lengths)
        rows = self.choice.rows(self.steps[part], self.scale)
        return [[_comparable(scene, self.extent, next(lengths)) for scene in row] for row in rows]


def _lengths(scene: Scene) -> dict[Overlay, float]:
    return {mark.overlay: mark.full_length_at for mark in scene.marks if isinstance(mark, Arrows)}


def _comparable(scene: Scene, extent: tuple[float, float, float, float], lengths: dict[Overlay, float]) -> Scene:
    marks = tuple(
        dataclasses.replace(mark, full_length_at=lengths.get(mark.overlay, mark.full_length_at))
        if isinstance(mark, Arrows) else mark
        for mark in scene.marks
    )  # fmt: skip
    return dataclasses.replace(scene, extent=extent, marks=marks)
