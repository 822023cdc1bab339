"""The scenes of the session's lanes, made again only when what they show has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core.catalog import Catalog
from core.trace import Trace
from core.trace.derive import snapshot
from workbench.model.session import LaneState, Session
from workbench.views.formulas import with_equations
from workbench.views.lane2d import Look, real_scene, scene
from workbench.views.marks import Arrows, AxisKind, Mark, Points, Scene
from workbench.views.theme import THEMES


class Scenes:
    """A cache from lane to scene."""

    def __init__(self, session: Session, catalog: Callable[[], Catalog]) -> None:
        self._session, self._catalog = session, catalog
        self.reading: AxisKind = "t"
        """How the lanes' equations say the time; `forget` makes them say it."""
        self._cache: dict[int, tuple[Trace | None, int, Scene]] = {}
        self._arrows: dict[int, tuple[object, Arrows]] = {}
        self.shown: tuple[Scene | None, ...] = ()

    def forget(self, key: int | None = None) -> None:
        """Make a lane's scene anew, or all of them."""
        if key is None:
            self._cache.clear()
        else:
            self._cache.pop(key, None)

    def all(self, step: float | None = None) -> tuple[Scene | None, ...]:
        """A scene for each lane; None where there is nothing to show. ``step`` picks a training snapshot."""
        first = next((lane.key for lane in self._session.lanes if not lane.real), None)
        self.shown = tuple(self._scene(lane, lane.key == first, step) for lane in self._session.lanes)
        return self.shown

    def _scene(self, lane: LaneState, first: bool, step: float | None) -> Scene | None:
        trace = self._real_source() if lane.real else lane.trace
        if trace is None or "x" not in trace:
            return None
        if step is not None and lane.training is not None and not lane.real:
            steps = lane.training["snapshot/x"].axis
            trace = snapshot(lane.training, max(0, int((steps <= step).sum()) - 1)) if len(steps) else trace
        rows = len(trace["x"])
        known = self._cache.get(lane.key)
        if known is not None and known[0] is trace and known[1] == rows:
            return known[2]
        view = self._session.view
        look = Look(THEMES[view.theme], view.field_kind, view.field_factor, first=first)
        data = trace["x"].static.get("data")
        if lane.real:
            if data is None:
                return None
            made = real_scene(data, trace.meta.get("data_title", trace.spec.data.name), look)
        else:
            made = scene(trace, look, data)
            lane2d = with_equations(made.lane, trace, self._catalog(), view.field_kind, self.reading)
            made = replace(made, lane=lane2d, marks=self._with_field(lane.key, trace, made.marks))
        self._cache[lane.key] = (trace, rows, made)
        return made

    def _with_field(self, key: int, trace: Trace, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
        """The marks with the arrows that the lane had, as long as a quick answer of the same field has none."""
        view, spec = self._session.view, trace.spec
        what = (
            spec.field,
            spec.path,
            spec.data,
            spec.guidance,
            spec.label,
            view.field_kind,
            view.field_factor,
            view.theme,
        )
        arrows = next((mark for mark in marks if isinstance(mark, Arrows)), None)
        if arrows is not None:
            self._arrows[key] = (what, arrows)
        elif "field/velocity" not in trace and key in self._arrows and self._arrows[key][0] == what:
            below = sum(isinstance(mark, Points) and mark.overlay == "real" for mark in marks)
            return (*marks[:below], self._arrows[key][1], *marks[below:])
        return marks

    def _real_source(self) -> Trace | None:
        """The first lane's trace: it carries points of the data set."""
        return next((lane.trace for lane in self._session.lanes if not lane.real and lane.trace is not None), None)
