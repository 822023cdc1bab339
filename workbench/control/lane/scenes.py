"""The scenes of the session's lanes, made again only when what they show has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from core.catalog import Catalog
from core.trace import Trace
from core.trace.derive import snapshot
from workbench.control.lane.analyses import Analyses
from workbench.control.lane.densities import Densities
from workbench.control.lane.memo import Memo
from workbench.model.analyses import Kind
from workbench.model.session import LaneState, Session
from workbench.views.apart import ALIKE, Apart, names_of, told_apart
from workbench.views.formulas import with_equations
from workbench.views.heat import (
    NO_ERROR,
    ErrorMap,
    analysed,
    crowded,
    error_top,
    recorded,
)
from workbench.views.image import images
from workbench.views.lane2d import (
    BASIC,
    FOUR,
    MOST_DISCS,
    NOTHING,
    Known,
    Look,
    data_words,
    lane_scene,
    presence_on,
    real_density,
    scene,
    with_whole_ways,
)
from workbench.views.maps import round_top
from workbench.views.marks import Arrows, AxisKind, Mark, Overlay, Points, Scene
from workbench.views.theme import THEMES

_COUNTING = "Computing the density…"
_COMPUTING: dict[Kind, str] = {"exact-field": "Computing the exact field…", "error-map": "Computing the error map…"}


@dataclass(eq=False)
class _Shown:
    """What a lane shows, and what is known beside its trace; ``parts`` are what the scene is made of."""

    lane: LaneState
    trace: Trace | None
    overlays: frozenset[Overlay] = frozenset()
    known: Known = NOTHING
    parts: tuple[object, ...] = ()
    apart: Apart = ALIKE
    crowded: float = 0.0
    """Where the scale of its density ends."""


class Scenes:
    """A cache from lane to scene."""

    def __init__(self, session: Session, analyses: Analyses, catalog: Callable[[], Catalog]) -> None:
        self._session, self._analyses, self._catalog = session, analyses, catalog
        self.reading: AxisKind = "t"
        """How the lanes' equations say the time; `forget` makes them say it."""
        self._scenes, self._maps = Memo(), Memo()
        self._densities = Densities(analyses, analyses.rows_arrived.emit)
        self._arrows: dict[int, tuple[object, Arrows]] = {}
        self._limit = 1.0
        """Where the scale of magnitudes of images ends, in all lanes and at all times."""
        self.plain = False
        """Whether lanes stand alone: those of images then show the scale that the strip of key frames shows else."""
        self.title = 0.0
        """What words above grids of images need in height, in units of their plane, as it is shown now."""
        self.shown: tuple[Scene | None, ...] = ()

    def forget(self, key: int | None = None) -> None:
        """Make a lane's scene anew, or all of them."""
        self._scenes.forget(key)

    def all(self, step: float | None = None) -> tuple[Scene | None, ...]:
        """A scene for each lane; None where there is nothing to show. ``step`` picks a training snapshot."""
        lanes = self._session.lanes
        keys = {lane.key for lane in lanes}
        self._analyses.forget_lanes(keys)
        self._scenes.keep(lambda key: key in keys)
        self._densities.keep(keys)
        self._maps.keep(lambda key: not isinstance(key, tuple) or key[1] in keys)
        looked_up = [self._look_up(lane, step) for lane in lanes]
        errors = error_top([each.known.error for each in looked_up if each.known.error is not None])
        densities = round_top(max((each.crowded for each in looked_up), default=0.0))
        self._limit = images.scale_top([self._top(each) for each in looked_up])
        first = next((lane.key for lane in lanes if not lane.real and lane.trace is not None), None)
        self._tell_apart(looked_up)
        self.shown = tuple(self._scene(each, each.lane.key == first, errors, densities) for each in looked_up)
        return self.shown

    def runs_of_points(self) -> list[Scene]:
        """What the lanes show that run something, where that is points."""
        shown = zip(self._session.lanes, self.shown, strict=False)
        return [scene for lane, scene in shown if scene is not None and not lane.real and not scene.pixels]

    def forward(self) -> Scene | str:
        """The forward process of the selected lane's data and path, or in words why it is not to be seen."""
        lane, view = self._session.working_lane(), self._session.view
        if lane is None or lane.trace is None:
            return "of a lane with a run"
        finding = self._analyses.ask(lane.key, lane.trace, "forward")
        trace = finding.trace
        if trace is None or "x" not in trace or not trace["x"].complete:
            return finding.problem or "computing…"
        theme = THEMES[view.theme]
        if images.shows_images(trace):
            bare = images.ImageLook(theme, frozenset({"image"}))
            return self._maps.get("forward", (trace, view.theme), lambda: replace(images.scene(trace, bare), words=()))
        return self._maps.get("forward", (trace, view.theme), lambda: scene(trace, Look(theme)))

    def _look_up(self, lane: LaneState, step: float | None) -> _Shown:
        view = self._session.view
        trace = self._trace(lane, step)
        if trace is None or "x" not in trace or len(trace["x"]) == 0:
            return _Shown(lane, None)
        overlays = view.overlays if lane.overlays is None else lane.overlays
        if lane.aspect == "real":
            known = self._known_of_data(trace, "density" in overlays)
            what = trace["x"].static.get("data"), trace.spec.data.name
            top = 0.0 if known.density is None else crowded(known.density)
            return _Shown(lane, trace, overlays, known, (*what, known.density), crowded=top)
        if lane.aspect != "run":
            overlays = frozenset({lane.aspect})
        known, top = (NOTHING, 0.0) if images.shows_images(trace) else self._known(lane, trace, overlays)
        rows = 0 if known.exact is None else len(known.exact["field/exact"])
        return _Shown(
            lane, trace, overlays, known,
            (trace, len(trace["x"]), known.exact, rows, known.error, known.density, known.notes, trace.status),
            crowded=top,
        )  # fmt: skip

    def _top(self, shown: _Shown) -> float:
        """The largest magnitude in a lane of images."""
        trace, kind = shown.trace, self._session.view.field_kind
        if trace is None or not images.shows_images(trace):
            return 0.0

        def measured() -> float:
            field = images.magnitude(trace, kind)
            return 0.0 if field is None else field.top

        return self._maps.get(("magnitude", shown.lane.key), (trace, len(trace["x"]), kind), measured)

    # --- what is known -------------------------------------------------------------------------------------------

    def _known_of_data(self, trace: Trace, density: bool) -> Known:
        real = trace["x"].static.get("data")
        if real is None or not density or images.shows_images(trace):
            return NOTHING
        return Known(density=self._maps.get("real", (real,), lambda: real_density(real)))

    def _known(self, lane: LaneState, trace: Trace, overlays: frozenset[Overlay]) -> tuple[Known, float]:
        notes: dict[str, None] = {}
        exact = self._ask(lane, trace, "exact-field", notes) if "exact" in overlays else None
        error = self._error(lane, trace, notes) if "error" in overlays else None
        density, top = None, 0.0
        if "density" in overlays or trace["x"].declared.row_shape[0] > MOST_DISCS:
            density, top = self._densities.of(lane.key, trace) or (None, 0.0)
            if density is None:
                notes[_COUNTING] = None
        return Known(exact, error, density, tuple(notes)), top

    def _ask(self, lane: LaneState, trace: Trace, kind: Kind, notes: dict[str, None]) -> Trace | None:
        """The trace of an analysis once it has rows; until then a note says why there is none."""
        finding = self._analyses.ask(lane.key, trace, kind)
        if finding.rows:
            return finding.trace
        notes[finding.problem or _COMPUTING[kind]] = None
        return None

    def _error(self, lane: LaneState, trace: Trace, notes: dict[str, None]) -> ErrorMap | None:
        key = ("error", lane.key)
        if trace.spec.action == "train":
            if "field/velocity" not in trace:  # it comes after the samples, or the method has none
                return None
            exact = self._ask(lane, trace, "exact-field", notes)
            if exact is None:
                return None
            field, x = trace["field/velocity"], trace["x"]
            return self._maps.get(
                key,
                (trace, exact, len(exact["field/exact"])),
                lambda: recorded(field, exact["field/exact"], presence_on(field.static["grid"], x[:])),
            )
        if trace.spec.field.name == "exact" or trace.spec.action != "sample":
            notes[NO_ERROR] = None
            return None
        derived = self._ask(lane, trace, "error-map", notes)
        if derived is None:
            return None
        return self._maps.get(key, (derived, len(derived["density"])), lambda: analysed(derived))

    # --- scenes --------------------------------------------------------------------------------------------------

    def _scene(self, shown: _Shown, first: bool, errors: float, densities: float) -> Scene | None:
        lane, trace, view = shown.lane, shown.trace, self._session.view
        if trace is None:
            return None
        look = Look(
            THEMES[view.theme], view.field_kind, view.field_factor, first, BASIC | shown.overlays, densities, errors
        )
        own, data = lane.overlays is not None, lane.spec is not None and lane.spec.data.name
        four = len(self._session.lanes) == FOUR
        parts = (*shown.parts, shown.overlays, shown.apart, lane.name, own, first, four, data)
        scales = (errors, densities, self._limit, self.plain, self.title)
        return self._scenes.get(
            lane.key,
            parts + scales,
            lambda: self._with_name(shown, trace, look, four=four),
        )

    def _with_name(self, shown: _Shown, trace: Trace, look: Look, *, four: bool) -> Scene | None:
        made = (
            self._of_images(shown, trace) if images.shows_images(trace) else self._made(shown, trace, look, four=four)
        )
        if made is None:
            return None
        told, asked = told_apart(made, shown.apart, named=bool(shown.lane.name)), shown.lane.spec
        if asked is None or asked.data.name == trace.spec.data.name:
            return told
        # of the data that it had before, as long as there is nothing of those that it is to have
        return replace(told, lane=replace(told.lane, subtitle=f"{data_words(trace)}, {told.lane.subtitle}"))

    def _tell_apart(self, looked_up: list[_Shown]) -> None:
        """A word more where runs of one method would read alike."""
        runs = [(each, each.trace.spec) for each in looked_up if each.lane.aspect == "run" and each.trace is not None]
        for (each, _), name in zip(runs, names_of(self._catalog(), [spec for _, spec in runs]), strict=True):
            each.apart = name

    def image_look(self) -> images.ImageLook:
        """How lanes of images are drawn now."""
        view = self._session.view
        bar = self.plain or "keys" not in view.overlays
        return images.ImageLook(
            THEMES[view.theme], view.overlays, view.field_kind, self._limit, view.image, bar, title=self.title
        )

    def _of_images(self, shown: _Shown, trace: Trace) -> Scene | None:
        look = replace(self.image_look(), overlays=shown.overlays)
        made = images.lane_scene(shown.lane.aspect, trace, look, name=shown.lane.name)
        if made is None or shown.lane.aspect == "real":
            return made
        said = with_equations(made.lane, trace, self._catalog(), self._session.view.field_kind, self.reading)
        return replace(made, lane=said)

    def _made(self, shown: _Shown, trace: Trace, look: Look, *, four: bool) -> Scene | None:
        lane = shown.lane
        own = shown.overlays if lane.overlays is not None else None
        scene = lane_scene(lane.aspect, trace, look, shown.known, name=lane.name, overlays=own)
        if scene is None or lane.aspect != "run":
            return scene
        said = with_equations(scene.lane, trace, self._catalog(), self._session.view.field_kind, self.reading)
        scene = replace(scene, lane=said, marks=self._with_field(lane.key, trace, scene.marks))
        return with_whole_ways(scene) if four else scene

    def _with_field(self, key: int, trace: Trace, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
        """The marks with the arrows that the lane had, as long as a quick answer of the same field has none."""
        view, spec = self._session.view, trace.spec
        shown = (view.field_kind, view.field_factor, view.theme)
        what = (spec.field, spec.path, spec.data, spec.guidance, spec.label, shown)
        arrows = next((mark for mark in marks if isinstance(mark, Arrows) and mark.overlay == "field"), None)
        if arrows is not None:
            self._arrows[key] = (what, arrows)
        elif "field/velocity" not in trace and key in self._arrows and self._arrows[key][0] == what:
            below = sum(isinstance(mark, Points) and mark.overlay == "real" for mark in marks)
            return (*marks[:below], self._arrows[key][1], *marks[below:])
        return marks

    def _trace(self, lane: LaneState, step: float | None) -> Trace | None:
        """What a lane shows: its own trace, or that of the lane beside which it stands."""
        run = self._session.run_of(lane)
        if run is None:
            return None
        training = run.training
        if step is None or training is None:
            return run.trace
        steps = training["snapshot/x"].axis if "snapshot/x" in training else np.empty(0)
        if not len(steps):
            return run.trace
        k = max(0, int((steps <= step).sum()) - 1)
        return self._maps.get(("snapshot", run.key), (training, k), lambda: snapshot(training, k))
