"""What is open, and the window it is shown in: all that the parts of the control share, and none of them."""

from __future__ import annotations

from psygnal import Signal

from core.trace import Trace
from core.trace.derive import sampled
from workbench.control.lane.scenes import Scenes
from workbench.control.runs import Runs
from workbench.model.playhead import Playhead
from workbench.model.session import MOST_LANES, MOST_SAID, LaneState, Session
from workbench.views.theme import THEMES, Theme
from workbench.widgets.window import MainWindow


class Workspace:
    """The lanes, their scenes, time and runs, in one window; who shows them listens to `changed`."""

    changed = Signal()
    """Lanes, charts and form are to be shown anew."""

    def __init__(self, session: Session, playhead: Playhead, runs: Runs, scenes: Scenes) -> None:
        self.session, self.playhead, self.runs, self.scenes = session, playhead, runs, scenes
        self.window = MainWindow(session.view)

    @property
    def theme(self) -> Theme:
        return THEMES[self.session.view.theme]

    def refresh(self) -> None:
        """Make every scene anew, and have all of it shown."""
        self.scenes.forget()
        self.changed.emit()

    def show_traces(self, traces: list[Trace], title: str) -> None:
        """Replace the lanes by these traces, the real data beside them."""
        self.session.clear()
        for trace in traces:
            self.add_lane(trace)
        self.session.add(None, real=True)
        self.session.set_title(title)
        self.refresh()

    def has_room(self, n: int = 1) -> bool:
        """Whether n more lanes fit; a message says that they do not."""
        fit = len(self.session.lanes) + n <= MOST_LANES
        if not fit:
            self.window.refuse(MOST_SAID, "remove one first")
        return fit

    def add_lane(self, trace: Trace) -> LaneState:
        """One more lane, with this trace; of a training with its newest snapshot."""
        shown = sampled(trace)
        lane = self.session.add(trace.spec, shown)
        lane.training = None if shown is trace else trace
        self.runs.adopt(lane)
        return lane
