"""What stands on the stage beside the runs: how far runs and analyses are, and strips of pictures below the lanes."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QAction

from workbench.control.lane.analyses import Analyses
from workbench.control.lane.scenes import Scenes
from workbench.control.runs import Runs
from workbench.model.playhead import Playhead
from workbench.model.session import Session
from workbench.views.marks import Scene
from workbench.views.theme import THEMES
from workbench.widgets.lane.lanes import LanesView
from workbench.widgets.lane.picture_strip import EVEN, Group


class StageControl(QObject):
    """Joins analyses and lanes; ``refresh`` shows the lanes anew, soon."""

    def __init__(
        self,
        session: Session,
        playhead: Playhead,
        runs: Runs,
        analyses: Analyses,
        scenes: Scenes,
        lanes: LanesView,
        action: QAction,
        refresh: Callable[[], None],
    ) -> None:
        super().__init__(lanes)
        self._session, self._runs, self._analyses, self._scenes = session, runs, analyses, scenes
        self._lanes, self._action, self._refresh = lanes, action, refresh
        runs.sampling_progress.connect(self._show_progress)
        analyses.rows_arrived.connect(refresh)
        analyses.progressed.connect(self._show_progress)
        lanes.cancel.connect(self._cancel)
        for strip in (lanes.strip, lanes.frames):
            strip.chosen.connect(playhead.seek)
        session.view.events.strip.connect(self._strip_switched)
        session.view.events.overlays.connect(analyses.retry)

    def show_strips(self) -> None:
        """Bring the strips up to the lanes: key frames to all, the forward process to the selected one."""
        view = self._session.view
        theme, runs = THEMES[view.theme], self._scenes.runs_of_points()
        if view.strip:
            found = self._scenes.forward()
            self._lanes.strip.show_groups(found if isinstance(found, str) else [_forward(found)], theme)
        shown = "frames" in view.overlays and bool(runs)
        self._lanes.show_strip(self._lanes.frames, shown)
        if shown and not self._runs.sampling:  # what grows is pictured when it is there
            self._lanes.frames.show_groups([_key_frames(scene) for scene in runs], theme)

    def toggle_strip(self) -> None:
        self._session.view.strip = not self._session.view.strip

    def _strip_switched(self, shown: bool) -> None:
        self._action.setChecked(shown)
        self._lanes.show_strip(self._lanes.strip, shown)
        self._refresh()

    def _show_progress(self) -> None:
        """How far the sampling of each lane is, or else its analysis."""
        for i, lane in enumerate(self._session.lanes):
            sampling = self._runs.sampling_long.get(lane.key)
            told = sampling or self._analyses.progress(lane.key)
            if told is None:
                self._lanes.hide_progress(i)
            else:
                left = (told.total - told.done) / told.rate if told.rate > 0 else None
                self._lanes.show_progress(i, told.done, told.total, left, waited=sampling is not None)

    def _cancel(self, index: int) -> None:
        lane = self._session.at(index)
        if lane is None:
            return
        if lane.key in self._runs.sampling_long:
            self._runs.stop_sampling(lane.key)
        else:
            self._analyses.cancel(lane.key)


def _forward(scene: Scene) -> Group:
    return Group("Forward process", f"q(xₜ), {scene.lane.subtitle}", scene, times=EVEN)


def _key_frames(scene: Scene) -> Group:
    return Group(scene.lane.title, "key frames at their true t", scene, scene.lane.method)
