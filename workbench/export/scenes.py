"""The scenes of an export: the lanes of some traces in rows, and the real data beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from core import catalog
from core.errors import TraceError
from core.trace import Trace, open_trace
from core.trace.derive import FieldKind, sampled
from workbench.export.film import Shot
from workbench.export.known import compute, known
from workbench.painters.paper.page import Rows
from workbench.views.apart import names_of, told_apart
from workbench.views.heat import density_top, error_top
from workbench.views.image import images
from workbench.views.lane2d import BASIC, Known, Look, data_words, real_scene, scene
from workbench.views.marks import Arrows, Overlay, Scene
from workbench.views.theme import Theme

Layout = Literal["row", "grid"]
MORE: tuple[Overlay, ...] = ("preview", "density", "exact", "error", "arrows", "labels")
"""Overlays that are shown where somebody asks for them."""


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


def lanes(
    traces: Sequence[Trace], theme: Theme, *, real: bool = True, field_kind: FieldKind = "velocity",
    factor: float = 1.0, hidden: Collection[Overlay] = (), captions: Sequence[str] = (), more: Collection[Overlay] = (),
    scale: Scale | None = None,
) -> list[Scene]:  # fmt: skip
    """One lane per trace (a training trace shows its last snapshot), and one of real data if asked for.

    ``hidden`` overlays are left out, those of `MORE` are there where ``more`` names them; ``captions`` stand in place
    of the first lanes' titles; ``scale`` is that of the maps, made for these lanes where it is not given.
    """
    runs = list(map(sampled, traces))
    names = names_of(catalog.shipped(), [run.spec for run in runs])
    if any(map(images.shows_images, runs)):
        made = image_lanes(runs, theme, real=real, kind=field_kind, hidden=hidden, more=more, scale=scale)
        made = [*map(told_apart, made, names), *made[len(names) :]]
        return with_one_extent([*map(_captioned, made, captions), *made[len(captions) :]])
    with ExitStack() as stack:
        found = [stack.enter_context(known(run, more)) for run in runs]
        scale = scale or scale_of(runs, found, field_kind)
        look = Look(
            theme, field_kind, factor, overlays=BASIC | frozenset(more), density_top=scale.density,
            error_top=scale.error,
        )  # fmt: skip
        out = [
            told_apart(scene(run, dataclasses.replace(look, first=i == 0), run["x"].static.get("data"), each), name)
            for i, (run, each, name) in enumerate(zip(runs, found, names, strict=True))
        ]
    out = [*map(_captioned, out, captions), *out[len(captions) :]]
    out = [dataclasses.replace(lane, marks=tuple(m for m in lane.marks if m.overlay not in hidden)) for lane in out]
    data = next((t["x"].static["data"] for t in runs if "data" in t["x"].static), None)
    if real and data is not None:
        out.append(real_scene(data, data_words(traces[0]), Look(theme)))
    return with_one_extent(out)


def _captioned(scene: Scene, caption: str) -> Scene:
    return dataclasses.replace(scene, lane=dataclasses.replace(scene.lane, title=caption))


def arranged(scenes: Sequence[Scene], models: Sequence[str], layout: Layout) -> list[list[Scene]]:
    """The lanes in one row, or in a row for each model with its samples as columns.

    ``models`` names the model of each of the first lanes; a lane beyond them takes the first free place.
    """
    if layout == "row":
        return [list(scenes)]
    rows: dict[str, list[Scene]] = {}
    for model, lane in zip(models, scenes, strict=False):
        rows.setdefault(model, []).append(lane)
    out = list(rows.values())
    for lane in scenes[len(models) :]:
        most = max(len(row) for row in out)
        next((row for row in out if len(row) < most), out[0]).append(lane)
    return out


def model_of(trace: Trace) -> str:
    """What runs of one model have in common, whatever their seed, sampler and grid."""
    spec = trace.spec
    return repr((spec.data, spec.path, spec.objective, spec.network, spec.field, trace.meta.get("weights_title")))


def image_lanes(
    traces: Sequence[Trace], theme: Theme, *, real: bool = True, kind: FieldKind = "velocity",
    hidden: Collection[Overlay] = (), more: Collection[Overlay] = (), scale: Scale | None = None,
) -> list[Scene]:  # fmt: skip
    """The lanes of runs of images, on one scale of magnitudes; runs of points cannot stand beside them.

    Raises:
        TraceError: some of the traces hold points.
    """
    if not all(map(images.shows_images, traces)):
        raise TraceError("Images and points do not fit into one picture. Name traces of one kind.")
    limit = (scale or scale_of(traces, (), kind)).magnitude
    look = images.ImageLook(theme, (images.SHOWN | frozenset(more)) - frozenset(hidden), kind, limit)
    out = [images.scene(trace, look) for trace in traces]
    beside = images.real_scene(traces[0], look) if real else None
    return out if beside is None else [*out, beside]


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
    real: bool = True
    field_kind: FieldKind = "velocity"
    factor: float = 1.0
    hidden: tuple[Overlay, ...] = ()
    captions: tuple[str, ...] = ()
    layout: Layout = "row"
    more: tuple[Overlay, ...] = ()

    def rows(self, step: float = np.inf, scale: Scale | None = None) -> Rows:
        """The lanes, read from the files; those of training traces at a training step."""
        with self._opened() as traces:
            shown = [sampled(trace, step) for trace in traces]
            scenes = lanes(
                shown, self.theme, real=self.real, field_kind=self.field_kind, factor=self.factor, hidden=self.hidden,
                captions=self.captions, more=self.more, scale=scale,
            )  # fmt: skip
            return arranged(scenes, [model_of(trace) for trace in traces], self.layout)

    def scale(self, steps: Sequence[float], alive: Callable[[], None]) -> Scale:
        """One scale for the lanes at all of these training steps; ``alive`` is called at each, and may end it."""
        out = Scale(0.0, 0.0, 0.0)
        with self._opened() as traces:
            for step in steps:
                alive()
                with ExitStack() as stack:
                    runs = [sampled(trace, step) for trace in traces]
                    found = [stack.enter_context(known(run, self.more)) for run in runs]
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

    def find_out(self, tell: Callable[[str], None], alive: Callable[[], None]) -> None:
        """Make the analyses that the lanes show and that nobody has made yet, as `known.compute` does."""
        for file in self.files:
            trace = open_trace(file)
            try:
                compute(file, sampled(trace), self.more, tell, alive)
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
