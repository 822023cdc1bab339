"""Which charts are shown, and of what: the lanes with steps, read by the axis that is chosen."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from workbench.control.lane.measured import Measured
from workbench.control.lane.memo import Memo
from workbench.control.runs import Runs
from workbench.model.playhead import Playhead
from workbench.model.session import LaneState, Session
from workbench.painters.chart_page import ChartPage
from workbench.painters.keys import Key
from workbench.views.chart.chart_table import (
    MEASURED,
    OF_IMAGES,
    TABLE,
    TRAINING_IMAGES,
    WHILE_SAMPLING,
    WHILE_TRAINING,
    chart,
)
from workbench.views.chart.charts import Chart, Subject, numbered, steps_done
from workbench.views.image.images import shows_images
from workbench.views.marks import Scene
from workbench.views.theme import DARK, Theme
from workbench.views.time_axis import time_axis
from workbench.widgets.aside import Aside
from workbench.widgets.charts import ChartsPage, ChartsStrip
from workbench.widgets.turns import Turns

Occasion = Literal["sampling", "images", "training", "training images"]
_WANTED: dict[Occasion, tuple[str, ...]] = {
    "sampling": WHILE_SAMPLING, "images": OF_IMAGES, "training": WHILE_TRAINING, "training images": TRAINING_IMAGES,
}  # fmt: skip
_FURTHER: dict[Occasion, tuple[str, ...]] = {
    "sampling": (MEASURED, "preview", "straightness"),
    "images": ("preview", "log-snr", "conditioning"),
    "training": ("held-out", "distance", MEASURED, "noise"),
    "training images": ("update", "noise", "settling", "preview"),
}


def _load() -> Iterator[object]:
    """The painter of charts, half a tenth of a second's work for the window's own thread."""
    from workbench.painters import charts

    yield charts


Moving = list[tuple[Scene, LaneState]]


class Charts(QObject):
    """Keeps the strip true. While lanes train it shows the charts of training, each set as it was chosen."""

    save_asked = pyqtSignal(object, float)
    """This `ChartPage` is to be saved, with the cursor at a time or training step."""

    def __init__(
        self, session: Session, playhead: Playhead, runs: Runs, strip: ChartsStrip, page: ChartsPage,
        again: Callable[[], None],
    ) -> None:  # fmt: skip
        """``again`` asks for `show` soon."""
        super().__init__()
        self._session, self._playhead, self._runs, self._strip, self._again = session, playhead, runs, strip, again
        self._page = page
        self._turns = Turns(strip)
        self._loaded = False
        """Whether pyqtgraph is there: a thread imports it as soon as the window stands."""
        self._loader = Aside[object](strip, self._come)
        QTimer.singleShot(0, lambda: self._loader.ask(_load))
        self._measured = Measured(runs.engine)
        self._measured.changed.connect(again)
        runs.engine.hello.connect(lambda _: again())
        self._wanted = {occasion: list(keys) for occasion, keys in _WANTED.items()}
        self._further = {occasion: list(keys) for occasion, keys in _FURTHER.items()}
        """What the page shows after those of the strip."""
        self._occasion: Occasion = "sampling"
        self._newest = 0.0
        self._recalled = Memo()
        """What charts read of each lane, by (place of the lane, what it is)."""
        playhead.snapshots.changed.connect(self._show_step)
        playhead.snapshots.changed.connect(again)
        self._lanes: list[Key] = []
        self._theme = DARK
        for each in (strip, page):
            each.chosen.connect(self._choose)
            each.save_asked.connect(self._ask_save)

    def show(self, moving: Moving, theme: Theme) -> None:
        """The wanted charts of these lanes."""
        if not self._loaded:
            return  # it is asked again when they can be drawn
        subjects = [self._subject(scene, lane) for scene, lane in moving]
        training = [subject.training for subject in subjects if subject.training is not None]
        images = any(subject.trace is not None and shows_images(subject.trace) for subject in subjects)
        self._occasion = "images" if images else "sampling"
        if training and (self._runs.training or len(training) == len(subjects)):
            self._occasion = "training images" if images else "training"
        chosen = self._session.working_lane()
        reference = next((i for i, (_, lane) in enumerate(moving) if lane is chosen), 0)
        self._newest = max((steps_done(trace) for trace in training), default=0.0)
        self._show_step()
        self._recalled.keep(lambda key: isinstance(key, tuple) and key[0] < len(subjects))
        charts = [chart(key, subjects, reference, self._recalled.get) for key in self._keys()]
        self._theme = theme
        self._lanes = [
            Key(scene.lane.method, subject.variant, scene.lane.title, scene.lane.subtitle)
            for (scene, _), subject in zip(moving, numbered(subjects), strict=True)
        ]
        seen = self._page.showing(charts, self._lanes, theme) if self._page.isVisible() else []
        self._turns.take([*seen, *self._strip.showing(charts[: len(self._wanted[self._occasion])], theme)])
        for each in (self._strip, self._page):
            each.set_cursor(self._playhead.t)

    def clear(self) -> None:
        """Something else is being opened: charts of what has gone are not drawn once more."""
        self._turns.take(self._strip.showing((), self._theme))

    def _come(self, _: object) -> None:
        self._loaded = True
        self._again()

    def _show_step(self) -> None:
        """The cursor of charts over training stands where the slider of training does."""
        for each in (self._strip, self._page):
            each.set_step(min(self._step, self._newest))

    @property
    def _step(self) -> float:
        """The training step whose weights are shown; beyond all where they are the newest."""
        head = self._playhead.snapshots
        return math.inf if head.following or head.step is None else head.step

    @property
    def chosen(self) -> dict[str, list[str]]:
        """The charts of each occasion, in their order."""
        return {occasion: keys + self._further[occasion] for occasion, keys in self._wanted.items()}

    def choose_again(self, chosen: Mapping[str, list[str]]) -> None:
        """The charts that were chosen once; the usual ones where they are none, or not those of this version."""
        for occasion, first in _WANTED.items():
            usual = [*first, *_FURTHER[occasion]]
            keys = chosen.get(occasion, usual)
            if len(set(keys)) != len(usual) or not TABLE.keys() >= set(keys):
                keys = usual
            self._wanted[occasion], self._further[occasion] = list(keys[: len(first)]), list(keys[len(first) :])
        self._again()

    @property
    def measuring(self) -> bool:
        """Whether a chart that is seen waits for the engine."""
        return self._measured.busy

    def _keys(self) -> list[str]:
        """The charts that are seen now."""
        return self._wanted[self._occasion] + (self._further[self._occasion] if self._page.isVisible() else [])

    def _ask_save(self, shown: Chart, cursor: float) -> None:
        self.save_asked.emit(ChartPage(shown, self._lanes, self._theme), cursor)

    def _choose(self, place: int, key: str) -> None:
        """Show a chart in this place; where it stands elsewhere already, the two change places."""
        keys, first = self._wanted[self._occasion] + self._further[self._occasion], len(self._wanted[self._occasion])
        if key in keys:
            keys[keys.index(key)] = keys[place]
        keys[place] = key
        self._wanted[self._occasion], self._further[self._occasion] = keys[:first], keys[first:]
        self._again()

    def _subject(self, scene: Scene, lane: LaneState) -> Subject:
        measured, reason = None, ""
        if MEASURED in self._keys():
            trained = not self._runs.needs_training(lane)
            measured, reason = self._measured.of(lane, ready=self._runs.ready, trained=trained)
        axis = time_axis(self._playhead.axis, scene.lane)
        return Subject(
            scene.lane.method, lane.trace, lane.training, axis, measured, reason, apart=scene.lane.apart,
            named=not self._page.isVisible(), step=self._step,
        )  # fmt: skip
