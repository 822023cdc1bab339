"""The set-up form: shows the selected lane's spec, and makes what somebody changes a change of the spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QAction, QGuiApplication

from core import spec as specs
from core.catalog import Catalog
from core.checkpoint import spec_of
from core.errors import SpecError
from core.spec import RunSpec
from workbench.control.disk.files import Opener
from workbench.control.lane.answers import Answers
from workbench.control.lane.memo import Memo
from workbench.control.runs import Runs
from workbench.model import setup
from workbench.model.command import as_command
from workbench.model.facts import size_question
from workbench.model.playhead import Playhead
from workbench.model.session import Session
from workbench.model.setup import Section
from workbench.widgets.setup.setup_panel import SetupPanel
from workbench.widgets.window import MainWindow

_COUNTS = {
    1: "one method",
    2: "two methods on one noise",
    3: "three methods on one noise",
    4: "four methods on one noise",
}
_PARTS = {
    "data": "data set", "source": "noise", "coupling": "pairing", "path": "path", "objective": "method",
    "network": "network", "training": "training set-up", "optimiser": "optimiser", "schedule": "schedule",
}  # fmt: skip
_MANNER = ("training", "optimiser", "schedule")
"""How is told where it is all that differs."""


class FormControl(QObject):
    """Owns the set-up panel."""

    def __init__(
        self, window: MainWindow, session: Session, playhead: Playhead, runs: Runs, actions: Mapping[str, QAction],
        open_: Callable[[list[Path], Opener], None],
    ) -> None:  # fmt: skip
        """``open_`` hands on the files that it has found sound."""
        super().__init__(window)
        self._open = open_
        self._window, self._session, self._playhead, self._runs = window, session, playhead, runs
        self.devices: list[str] = ["cpu"]
        self.panel = SetupPanel(
            actions["run"],
            actions["stop"],
            self._action("Reset to defaults", self._reset),
            [
                self._action("Copy as TOML", lambda: self._copy(specs.to_toml)),
                self._action("Copy as command", lambda: self._copy(as_command)),
            ],
        )
        self.panel.form.changed.connect(self._changed)
        self._memo = Memo()
        self._sizes = Answers(runs.engine)
        self._sizes.changed.connect(self.show)

    def _action(self, text: str, call: Callable[[], None]) -> QAction:
        action = QAction(text, self)
        action.triggered.connect(lambda: call())
        return action

    def show(self) -> None:
        """The form of the selected lane, and what its button would do."""
        lane = self._session.working_lane()
        if lane is None or lane.spec is None:
            return
        try:
            sections = self._sections(self._runs.catalog, lane.spec)
        except SpecError as error:  # a trace of another installation names parts that are not here
            self._window.refuse(f"The set-up cannot be shown: {error.message}")
            return
        self.panel.form.show_sections(sections)
        objective = self._runs.catalog.entry("objective", lane.spec.objective.name)
        self.panel.show_lane(objective.title, objective.facts["family"])
        misfits = [self._runs.misfits(each) for each in self._session.lanes]
        can = self._runs.ready or self._runs.engine.gone  # it starts one where none would come by itself
        self.panel.show_buttons(running=bool(self._runs.training), needs_training=any(misfits), enabled=can)
        self.panel.say_why("" if self._runs.training else _why(misfits))

    def _sections(self, catalog: Catalog, spec: RunSpec) -> list[Section]:
        """Made once of a spec: what changes in every lane is told of each."""
        devices, parameters = self.devices, self._parameters(spec)
        parts = (catalog, spec, tuple(devices), parameters)
        return self._memo.get("sections", parts, lambda: setup.sections(catalog, spec, devices, parameters))

    def _parameters(self, spec: RunSpec) -> int | None:
        """Of the spec's network, where the engine has counted them; it is asked where the catalog does not know."""
        question = size_question(self._runs.catalog, spec) if spec.field.name == "network" else None
        answer = self._sizes.to(question, ready=self._runs.ready) if question is not None else None
        return None if answer is None or answer.trace is None else int(answer.trace.meta["parameters"])

    def _changed(self, field: str, value: object) -> None:
        lane = self._session.working_lane()
        if lane is None:
            return
        self._playhead.snapshots.follow()
        if self._is_file_of_weights(field, value):
            self._open([Path(str(value)).expanduser()], lambda paths: self._take_weights(lane.key, field, paths[0]))
        else:
            self._change(lane.key, field, value)

    def _is_file_of_weights(self, field: str, value: object) -> bool:
        """Weights of somebody else's, which a child process walks first."""
        row = self.panel.form.row(field)
        is_weights = row is not None and row.schema.get("file") == "weights"
        return is_weights and bool(value) and not str(value).startswith(specs.SHIPPED)

    def _take_weights(self, key: int, field: str, file: Path) -> None:
        try:
            spec_of(file)
        except SpecError as error:
            self._window.message("This file cannot be opened", error.message)
        else:
            self._change(key, field, str(file.resolve()))

    def _change(self, key: int, field: str, value: object) -> None:
        try:
            self._runs.change(key, field, value)
        except SpecError as error:
            self._window.refuse(error.message)
            self.show()
            return
        if field == "data.name":
            self._session.set_title(self._title())

    def _title(self) -> str:
        """What the lanes compare, in words."""
        runs = [lane.spec for lane in self._session.lanes if lane.spec is not None]
        methods = {spec.objective.name for spec in runs if spec.action != "forward"}
        data = self._runs.catalog.entry("data", runs[0].data.name).title
        return f"{data}, {_COUNTS.get(len(methods), '')}".rstrip(", ")

    def _reset(self) -> None:
        lane = self._session.working_lane()
        if lane is not None and lane.spec is not None:
            self._runs.reset(lane.key)

    def _copy(self, render: Callable[[RunSpec], str]) -> None:
        lane, clipboard = self._session.working_lane(), QGuiApplication.clipboard()
        if lane is not None and lane.spec is not None and clipboard is not None:
            clipboard.setText(render(lane.spec))
            self._window.tell("Copied")


def _why(misfits: list[list[str]]) -> str:
    """Why lanes need training, in words; empty where none does."""
    parts = [part for part in _PARTS if any(part in lane for lane in misfits)]
    if not parts:
        return ""
    if len(parts) == len(_PARTS):
        return "There are no weights for this yet. Train to see it."
    what = [part for part in parts if part not in _MANNER] or parts
    *first, last = (_PARTS[part] for part in what)
    named = f"{', '.join(first)} and {last}" if first else last
    return f"The weights were trained with another {named}. Train to see this one."
