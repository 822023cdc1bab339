"""What is dropped on the window: runs open as further lanes beside those in sight, or with Ctrl in their place."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from core import presets
from core.errors import SpecError
from workbench.control.disk.desk import Desk
from workbench.control.workspace import Workspace
from workbench.model import kinds
from workbench.model.session import MOST_LANES, MOST_SAID
from workbench.widgets.window import WORK


class Drop:
    """Says what a drop would do while files are dragged, and does it."""

    def __init__(self, workspace: Workspace, desk: Desk) -> None:
        self._window, self._session, self._desk = workspace.window, workspace.session, desk
        self._window.files_dropped.connect(self.drop)
        self._window.drop_words = self.words

    def words(self, paths: list[Path], replace: bool) -> tuple[str, str]:
        """What dropping these files would do, and how something else is done."""
        count = lanes_in(paths)
        if not count:
            return "Use as the data set of every lane", ""
        if not self._beside():
            return "Open", ""
        if not self._fits(count):
            return "Replace what is open", MOST_SAID
        if replace:
            return "Replace what is open", "Let go of Ctrl to open beside it"
        return "Open as a new lane" if count == 1 else f"Open as {count} new lanes", "Hold Ctrl to replace what is open"

    def drop(self, paths: list[Path], replace: bool) -> None:
        """Open files, runs as further lanes where they find room and are not to replace what is open."""
        desk, count = self._desk, lanes_in(paths)
        if replace or not count or not self._beside() or not self._fits(count):
            desk.open_files(paths)
            return
        traces = [path for path in paths if path.suffix.lower() in kinds.TRACES]
        if traces:
            desk.files.open(traces, desk.add_traces)
        weights = [path for path in paths if path.suffix.lower() in kinds.WEIGHTS]
        if weights:
            desk.files.open(weights, partial(desk.open_weights, add=True))
        for path in paths:
            if path.suffix.lower() in kinds.SPECS:
                desk.open_preset(str(path), add=True)

    def _beside(self) -> bool:
        """There are lanes in sight beside which something can be opened."""
        return self._window.place in WORK and any(lane.spec is not None for lane in self._session.lanes)

    def _fits(self, count: int) -> bool:
        return count <= MOST_LANES - len(self._session.lanes)


def lanes_in(paths: list[Path]) -> int:
    """How many lanes files become: one for a trace or for weights, and those of a set-up."""
    single = sum(path.suffix.lower() in (*kinds.TRACES, *kinds.WEIGHTS) for path in paths)
    return single + sum(_specs_in(path) for path in paths if path.suffix.lower() in kinds.SPECS)


def _specs_in(path: Path) -> int:
    try:
        return len(presets.load(str(path)))
    except (SpecError, OSError):
        return 1  # opening it tells what is wrong
