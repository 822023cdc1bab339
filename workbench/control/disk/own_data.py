"""A file of somebody's own as the data set of every lane, and the way back where it proves to hold none."""

from __future__ import annotations

from pathlib import Path

from core.errors import SpecError
from core.spec import Part, RunSpec
from workbench.control.workspace import Workspace
from workbench.model import setup
from workbench.model.titles import titles


class OwnData:
    """Gives the lanes a file as their data."""

    def __init__(self, workspace: Workspace) -> None:
        self._window, self._session, self._runs = workspace.window, workspace.session, workspace.runs
        self._before: dict[int, RunSpec] = {}
        """What the lanes were before a file became their data, until it has proved to hold some."""
        self._title = self._file = ""
        self._runs.rows_arrived.connect(self._answered)

    def use(self, kind: str, path: Path) -> None:
        """Make a file the data set of every lane, with the exact field of it, which needs no training."""
        session = self._session
        try:
            changes = [(lane, self._with_data(lane.spec, kind, path)) for lane in session.lanes if lane.spec]
        except SpecError as error:
            self._window.message("This file cannot become a data set", error.message)
            return
        self._before = {lane.key: lane.spec for lane, _ in changes if lane.spec is not None}
        self._title, self._file = session.title, path.name
        for lane, spec in changes:
            lane.spec = spec
            self._runs.sample(lane)
            session.touch(lane.key)
        session.set_title(path.stem)
        self._window.show_place("lanes")

    def take_back(self, key: int, problem: str) -> bool:
        """Give the lanes the data back that they had, where a lane failed over a file that has just become theirs."""
        session, runs, before = self._session, self._runs, self._before
        if key not in before or not runs.ready:
            return False
        self._before = {}
        failed = session.lane(key).spec
        for lane in session.lanes:
            if lane.key in before:
                lane.spec, lane.failure = before[lane.key], ""
                if not runs.needs_training(lane):
                    runs.sample(lane, whole=True)  # what is on its way with the file is dropped
                session.touch(lane.key)
        session.set_title(self._title)
        assert failed is not None  # it was sampled
        named = {title for name, title in titles(runs.catalog, failed).items() if name.startswith("data.")}
        field, _, why = problem.partition(": ")  # the message's own title says of what it is
        self._window.message("This file cannot become a data set", why if field in named else problem)
        return True

    def _answered(self, key: int) -> None:
        lane = self._session.lane(key)
        if self._before and lane.trace is not None and lane.spec is not None and lane.trace.spec.data == lane.spec.data:
            self._before = {}
            self._window.tell(f"{self._file} is the data set", "exact field, no training")

    def _with_data(self, spec: RunSpec, kind: str, path: Path) -> RunSpec:
        catalog = self._runs.catalog
        spec = setup.set_value(catalog, spec.replace(action="sample", label=""), "data.name", kind)
        spec = spec.replace(data=Part(kind, {"file": str(path.resolve())}))
        return setup.set_value(catalog, spec, "field.name", "exact")
