"""The scenes of the session's lanes, made again only when what they show has changed."""

from __future__ import annotations

from core.trace import Trace
from core.trace.derive import snapshot
from workbench.model.session import LaneState, Session
from workbench.views import images
from workbench.views.lane2d import Look, real_scene, scene
from workbench.views.marks import Scene
from workbench.views.theme import THEMES


class Scenes:
    """A cache from lane to scene."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._limit = 1.0
        self._tops: dict[int, tuple[Trace, int, str, float]] = {}
        self._cache: dict[int, tuple[Trace | None, int, Scene]] = {}
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
        self._find_scale()
        self.shown = tuple(self._scene(lane, lane.key == first, step) for lane in self._session.lanes)
        return self.shown

    def _find_scale(self) -> None:
        """One scale of magnitudes for the images of all lanes and times; where it changes, all are made anew."""
        traces = {lane.key: lane.trace for lane in self._session.lanes if lane.trace is not None}
        tops = [self._top(key, trace) for key, trace in traces.items() if images.shows_images(trace)]
        limit = images.scale_top(tops)
        if limit != self._limit:
            self._limit = limit
            self._cache.clear()

    def _top(self, key: int, trace: Trace) -> float:
        kind, rows = self._session.view.field_kind, len(trace["x"])
        known = self._tops.get(key)
        if known is None or known[:3] != (trace, rows, kind):
            field = images.magnitude(trace, kind)
            known = self._tops[key] = (trace, rows, kind, 0.0 if field is None else field.top)
        return known[3]

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
        made = self._images(lane, trace) if images.shows_images(trace) else self._plane(lane, trace, first)
        if made is not None:
            self._cache[lane.key] = (trace, rows, made)
        return made

    def image_look(self) -> images.ImageLook:
        """How lanes of images are drawn now."""
        view = self._session.view
        return images.ImageLook(THEMES[view.theme], view.overlays, view.field_kind, self._limit, view.image)

    def _images(self, lane: LaneState, trace: Trace) -> Scene | None:
        look = self.image_look()
        if not lane.real:
            return images.scene(trace, look)
        data = trace["x"].static.get("data")
        return None if data is None else images.real_scene(data, _title(trace), look)

    def _plane(self, lane: LaneState, trace: Trace, first: bool) -> Scene | None:
        view = self._session.view
        look = Look(THEMES[view.theme], view.field_kind, view.field_factor, first=first)
        data = trace["x"].static.get("data")
        if not lane.real:
            return scene(trace, look, data)
        return None if data is None else real_scene(data, _title(trace), look)

    def _real_source(self) -> Trace | None:
        """The first lane's trace: it carries points of the data set."""
        return next((lane.trace for lane in self._session.lanes if not lane.real and lane.trace is not None), None)


def _title(trace: Trace) -> str:
    """What its data set is called."""
    return trace.meta.get("data_title", trace.spec.data.name)
