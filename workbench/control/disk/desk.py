"""The places beside the lanes, and everything that puts something new into the lanes: presets, files, recent runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QFileDialog

import resources
from core import presets
from core.checkpoint import spec_of
from core.errors import FlowscopeError, SpecError
from core.spec import Part, RunSpec
from core.trace import Trace, open_trace
from workbench import folders
from workbench.control.disk.exporter import Exporter
from workbench.control.disk.files import Files, show_dialog
from workbench.control.disk.own_data import OwnData
from workbench.control.disk.runs_folder import RunsFolder
from workbench.control.job import Job
from workbench.control.lane.lanes import read
from workbench.control.workspace import Workspace
from workbench.model import kinds, library
from workbench.model.cards import CARDS
from workbench.model.recents import Recents
from workbench.model.session import MOST_LANES
from workbench.model.settings import Store
from workbench.pages.card import CardSpec
from workbench.pages.start import StartPage
from workbench.views.marks import Method


class Desk(QObject):
    """Goes from place to place and opens things; the lanes themselves belong to the workspace."""

    help_asked = pyqtSignal()

    def __init__(self, workspace: Workspace, exporter: Exporter, settings: Store) -> None:
        super().__init__(workspace.window)
        self._workspace, self._settings = workspace, settings
        self._window, self._session, self._runs = workspace.window, workspace.session, workspace.runs
        self.files = Files(
            self._window, self._session, exporter, self.open_traces, self.open_files, lambda: workspace.playhead.t
        )
        self.own_data = OwnData(workspace)
        self.recents = Recents()
        self._runs.trained.connect(self._trained)
        self._cards: dict[str, CardSpec] = {}
        self.start: StartPage | None = None
        self.runs_folder: RunsFolder | None = None

    def handlers(self) -> dict[str, Callable[[], None]]:
        """What the actions of the table do that belong here."""
        return {"library": self.show_start, "lanes": self.show_lanes, "runs": self.show_runs,
            "charts": lambda: self._window.show_place("charts"),
        }  # fmt: skip

    # --- places --------------------------------------------------------------------------------------------------

    def show_lanes(self) -> None:
        self._window.show_place("lanes")

    def show_start(self) -> None:
        """The start page, made when it is first asked for."""
        if self.start is None:
            page = self.start = StartPage([self.card(name) for name in CARDS])
            page.preset_chosen.connect(self.open_preset)
            page.help_asked.connect(self.help_asked)
            page.open_asked.connect(self.files.ask_open)
            page.new_asked.connect(lambda: self.open_preset("default"))
            page.all_runs.connect(self.show_runs)
            page.recent_opened.connect(lambda path: self.open_files([Path(path)]))
            page.recent_lost.connect(self.find)
            self._window.add_place("library", page)
        self.recents.read()
        self.start.show_recents(self.recents.entries)
        self.retheme()
        self._window.show_place("library")
        self._workspace.playhead.pause()

    def show_runs(self) -> None:
        """All recorded runs; the page reads the folder whenever it is shown."""
        if self.runs_folder is None:
            self.runs_folder = RunsFolder(self._workspace, self.open_files)
            self.runs_folder.renamed.connect(lambda was, now, name: self.recents.moved(was, Path(now), name))
            self._window.add_place("runs", self.runs_folder.page)
        self.runs_folder.page.retheme(self._workspace.theme)
        self._window.show_place("runs")
        self._workspace.playhead.pause()

    def retheme(self) -> None:
        if self.runs_folder is not None:
            self.runs_folder.page.retheme(self._workspace.theme)
        if self.start is not None:
            self.start.retheme(self._workspace.theme, moves=not self._settings.now.still)

    def card(self, name: str) -> CardSpec:
        """What the card of a preset shows."""
        if name not in self._cards:
            preset = presets.describe(name)
            methods = dict.fromkeys(self.method(spec) for spec in presets.load(name))
            self._cards[name] = CardSpec(name, preset.title, preset.help, tuple(preset.lanes), tuple(methods))
        return self._cards[name]

    def method(self, spec: RunSpec) -> Method:
        """The method whose colour and shape a spec bears."""
        family: Method = self._runs.catalog.entry("objective", spec.objective.name).facts["family"]
        return family

    # --- opening -------------------------------------------------------------------------------------------------

    def open_files(self, paths: list[Path], *, now: bool = False) -> None:
        """Traces, weights and a spec become lanes, points or a picture become the data set of the lanes.

        ``now`` where there is no window yet that has to stay alive.
        """
        open_walked = self.files.open_now if now else self.files.open
        groups = {
            kind: [path for path in paths if path.suffix.lower() in endings]
            for kind, endings in (
                ("traces", kinds.TRACES), ("weights", kinds.WEIGHTS), ("specs", kinds.SPECS),
                ("points", kinds.POINTS), ("image", kinds.PICTURES),
            )
        }  # fmt: skip
        for path in paths:
            if not kinds.openable(path):
                self._window.message("This file cannot be opened", kinds.not_openable(path))
        if groups["traces"]:
            open_walked(groups["traces"])
        if groups["weights"]:
            open_walked(groups["weights"], self.open_weights)
        for path in groups["specs"][:1]:
            self.open_preset(str(path))
        for kind in ("points", "image"):
            for path in groups[kind][:1]:
                self._use_data(kind, path)

    def _use_data(self, kind: str, path: Path) -> None:
        if not any(lane.spec is not None for lane in self._session.lanes):
            self.open_preset("default")
        self.own_data.use(kind, path)

    def open_traces(self, paths: list[Path]) -> None:
        """Open files that were checked as lanes; what cannot be shown is told, and nothing else changes."""
        traces = []
        for path in paths[: MOST_LANES - 1]:
            try:
                trace = read(path)
                self._runs.catalog.check(trace.spec)
            except FlowscopeError as error:
                self._window.message("This file cannot be opened", str(error))
            else:
                traces.append(trace)
                self.opened(trace)
        if traces:
            self._workspace.show_traces(traces, " beside ".join(map(library.name_of, traces)))
            self.show_lanes()
            self._workspace.playhead.play()

    def open_weights(self, paths: list[Path], *, add: bool = False) -> None:
        """Open checkpoints that were checked as lanes that sample them as they were trained to be sampled.

        With ``add`` they become further lanes beside what is open.
        """
        specs = []
        for path in paths[:MOST_LANES]:
            try:
                trained = spec_of(path)
                self._runs.catalog.check(trained)
            except SpecError as error:
                self._window.message(f"{path.name} cannot be opened", error.message)
            else:
                field = Part("network", {"weights": str(path.resolve())})
                specs.append(trained.replace(action="sample", field=field))
        if add and specs:
            self._add(specs)
        elif specs:
            self._show_specs(specs, specs[0].title or paths[0].stem)
            self.show_lanes()
            self._workspace.playhead.play()

    def open_preset(self, name: str, *, add: bool = False) -> None:
        """Open a preset or a TOML file: recorded runs where they are shipped, else its set-up.

        With ``add`` its runs become further lanes beside what is open.
        """
        try:
            described, specs = presets.describe(name), presets.load(name)
            for spec in specs:
                self._runs.catalog.check(spec)
        except SpecError as error:
            self._window.message("This set-up cannot be opened", error.message)
            return
        title = described.title if described.title not in ("", name) else Path(name).stem
        if add:
            self._add([_runnable(lane, spec) for lane, spec in zip(described.lanes, specs, strict=True)])
            return
        files = [resources.path("traces", f"{lane}.h5") for lane in described.lanes]
        if all(file.is_file() for file in files):
            self._workspace.show_traces([open_trace(file) for file in files], title)
        else:
            self._show_specs([_runnable(lane, spec) for lane, spec in zip(described.lanes, specs, strict=True)], title)
            self._workspace.playhead.follow()  # what is made now, while it is made
        self.show_lanes()
        self._workspace.playhead.play()

    def _show_specs(self, specs: list[RunSpec], title: str) -> None:
        session = self._session
        session.clear()
        self._fill(specs[: MOST_LANES - 1] if len(specs) < MOST_LANES else specs[:MOST_LANES])
        if len(session.lanes) < MOST_LANES and specs[0].data.name not in _IMAGES:
            session.add(None, real=True)
        session.set_title(title)
        self._workspace.refresh()

    def _add(self, specs: list[RunSpec]) -> None:
        if self._workspace.has_room(len(specs)):
            self._fill(specs)
            self._workspace.refresh()
            self.show_lanes()

    def add_trace(self, path: Path) -> None:
        """Open a trace as one more lane."""
        if not self._workspace.has_room():
            return
        try:
            trace = read(path)
            self._runs.catalog.check(trace.spec)
        except FlowscopeError as error:
            self._window.message("This file cannot be opened", str(error))
            return
        self._session.select(self._workspace.add_lane(trace).key)
        self.opened(trace)
        self._workspace.refresh()
        self.show_lanes()

    def add_traces(self, paths: list[Path]) -> None:
        """The same for several."""
        for path in paths:
            self.add_trace(path)

    def _fill(self, specs: list[RunSpec]) -> None:
        """A lane for each spec; it samples at once where nothing has to be learned first."""
        for spec in specs:
            lane = self._session.add(spec)
            self._runs.adopt(lane)
            if not self._runs.needs_training(lane):
                self._runs.sample(lane)

    # --- recent runs ---------------------------------------------------------------------------------------------

    def opened(self, trace: Trace) -> None:
        """Remember a file that was opened or saved."""
        if trace.source is not None and trace.source.is_file():
            self.recents.add(trace.source, library.name_of(trace), self.method(trace.spec))

    def remember(self, path: Path) -> None:
        """Remember a file that was written just now."""
        try:
            trace = open_trace(path)
        except FlowscopeError:
            return  # whoever wrote it has told what went wrong
        self.opened(trace)
        trace.close()

    def _trained(self, _job: Job, _status: str, weights: str) -> None:
        """A training has ended: its record lies beside its weights."""
        self.remember(Path(weights).with_name(folders.RECORD))

    def find(self, path: str) -> None:
        """Ask where a missing file went, and open it from there."""
        dialog = QFileDialog(self._window, f"Find {Path(path).name}", "", kinds.filter_of("traces"))

        def found(name: str) -> None:
            self.recents.moved(path, Path(name))
            self.open_files([Path(name)])

        dialog.fileSelected.connect(found)
        show_dialog(dialog)


_IMAGES = ("mnist", "fashion-mnist", "cifar10", "image-folder")
"""Their real data stands beside no particles."""


def _runnable(name: str, spec: RunSpec) -> RunSpec:
    """The spec as it is opened: with the weights that ship for it, if there are some."""
    weights = presets.shipped_weights(name) if name in presets.names() else None
    return spec.replace(action="sample", field=Part("network", {"weights": weights})) if weights else spec
