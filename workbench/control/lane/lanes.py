"""What a person does with lanes: add, remove, copy, move, name, fill with a preset or a trace, look at another side."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, QPoint, Qt
from PyQt6.QtGui import QAction, QCursor
from PyQt6.QtWidgets import QLineEdit, QMenu

from core import presets
from core.errors import FlowscopeError, TraceError
from core.spec import Part, RunSpec
from core.trace import Trace, open_trace
from core.trace.derive import sampled
from workbench import actions as table
from workbench.control.disk.files import Files
from workbench.control.workspace import Workspace
from workbench.model.analyses import analysis_spec
from workbench.model.session import MOST_LANES, LaneState
from workbench.model.setup import reason_not
from workbench.views.lane2d import ASPECTS, Aspect
from workbench.views.marks import OVERLAYS, Overlay
from workbench.widgets.cards.dialogs import Message
from workbench.widgets.lane.lane_states import MessageSpec
from workbench.widgets.sheet import wear

_TITLES = {spec.id: spec.text for spec in table.TABLE}


def read(path: Path) -> Trace:
    """A trace that a lane can show.

    Raises:
        FlowscopeError: it cannot be read, or holds no samples.
    """
    trace = open_trace(path)
    try:
        sampled(trace)
    except TraceError:
        trace.close()
        raise
    return trace


class LaneControl(QObject):
    """Menus and messages of lanes, and what they do."""

    def __init__(self, workspace: Workspace, files: Files, measure: Callable[[], None]) -> None:
        """``measure`` measures what the lanes show."""
        super().__init__(workspace.window)
        self._workspace, self._files, self._measure = workspace, files, measure
        self._window, self._session, self._runs = workspace.window, workspace.session, workspace.runs

    # --- which lanes there are -----------------------------------------------------------------------------------

    def add(self) -> None:
        """An empty lane at the right end, which asks what it is to show."""
        if self._workspace.has_room():
            self._session.select(self._session.add(None).key)

    def remove(self, key: int) -> None:
        """Take a lane away; its training ends with what it has. The last one stays."""
        if len(self._session.lanes) > 1:
            self._runs.let_go(key)
            self._session.remove(key)

    def remove_selected(self) -> None:
        self.remove(self._session.selected)

    def duplicate(self, key: int) -> LaneState | None:
        """The same lane once more, to change one thing about."""
        if not self._workspace.has_room():
            return None
        lane = self._session.duplicate(key)
        self._session.select(lane.key)
        return lane

    def add_aspect(self, aspect: Aspect, of: int) -> None:
        """A lane beside another one, on the same trace."""
        if self._workspace.has_room():
            self._session.add_aspect(aspect, of)

    def add_forward(self, of: int) -> None:
        """A lane with the forward process of another one's data and path."""
        spec = self._session.lane(of).spec
        if spec is not None and self._workspace.has_room():
            lane = self._session.add(analysis_spec(spec, "forward"))
            self._runs.sample(lane)

    # --- what a lane shows ---------------------------------------------------------------------------------------

    def show_trace(self, key: int, path: Path) -> None:
        """Show a trace in this lane, in place of what it showed."""
        try:
            trace = read(path)
        except FlowscopeError as error:
            self._window.message("This file cannot be opened", str(error))
            return
        lane = self._emptied(key)
        lane.spec, lane.trace = trace.spec, sampled(trace)
        lane.training = None if lane.trace is trace else trace
        self._runs.adopt(lane)
        self._session.touch(key)

    def show_preset(self, key: int, name: str) -> None:
        """Set this lane up from a preset: it samples the weights that come with it, or waits to be trained."""
        spec = presets.load_one(name)
        weights = presets.shipped_weights(name)
        if weights is not None:
            spec = spec.replace(field=Part("network", {"weights": weights}))
        lane = self._emptied(key)
        lane.spec = spec
        self._runs.adopt(lane)
        if not self._runs.needs_training(lane):
            self._runs.sample(lane)
        self._session.touch(key)
        if not self._others(key):
            self._session.set_title(presets.describe(name).title)

    def _emptied(self, key: int) -> LaneState:
        lane = self._session.lane(key)
        self._runs.let_go(key)
        lane.real, lane.aspect, lane.of, lane.name, lane.overlays = False, "run", -1, "", None
        lane.trace = lane.training = lane.spec = None
        lane.failure = ""
        return lane

    def rename(self, key: int) -> None:
        """Ask for a name that stands in the header; an empty one gives the lane's own back."""
        lane = self._session.lane(key)
        card = Message("Rename lane", "Leave it empty for the method's own name.", ("Cancel", "Rename"))
        field = QLineEdit(lane.name)
        field.setAccessibleName("Name")
        field.setMaxLength(60)
        card.body.addWidget(field)
        scrim = self._window.over(card)

        def done(button: str) -> None:
            scrim.close_()
            if button == "Rename":
                lane.name = field.text().strip()
                self._session.touch(key)

        card.done.connect(done)

    def set_overlay(self, key: int, overlay: Overlay) -> None:
        """Show or hide an overlay in this lane alone."""
        lane = self._session.lane(key)
        lane.overlays = frozenset(self._effective(lane) ^ {overlay})
        self._session.touch(key)

    def follow_bar(self, key: int) -> None:
        """Let a lane show again what the bar says."""
        self._session.lane(key).overlays = None
        self._session.touch(key)

    def _effective(self, lane: LaneState) -> frozenset[Overlay]:
        return self._session.view.overlays if lane.overlays is None else lane.overlays

    # --- menus ---------------------------------------------------------------------------------------------------

    def fill_menu(self, index: int, menu: QMenu) -> None:
        """The menu of a lane's header."""
        lane, lanes = self._session.at(index), self._session.lanes
        if lane is None:
            return
        room, run = len(lanes) < MOST_LANES, lane.spec is not None
        _add(menu, "Duplicate lane", lambda: self.duplicate(lane.key), enabled=room)
        _add(menu, "Move left", lambda: self._session.move(lane.key, -1), enabled=index > 0)
        _add(menu, "Move right", lambda: self._session.move(lane.key, 1), enabled=index < len(lanes) - 1)
        _add(menu, "Rename…", lambda: self.rename(lane.key))
        menu.addSeparator()
        if run:
            beside = _submenu(menu, "Beside it")
            for aspect, title in ASPECTS.items():
                _add(beside, title, partial(self.add_aspect, aspect, lane.key), enabled=room)
            _add(beside, "Forward process", lambda: self.add_forward(lane.key), enabled=room)
            self._fill_overlays(_submenu(menu, "Overlays"), lane)
            menu.addSeparator()
        self._fill_presets(_submenu(menu, "Replace by a preset"), lane.key)
        _add(menu, "Replace by a trace…", lambda: self._ask_trace(lane.key))
        if run:
            _add(menu, "Measure", self._measure, enabled=lane.trace is not None)
            _add(menu, "Save trace…", lambda: self._files.ask_save(lane.key), enabled=lane.trace is not None)
        menu.addSeparator()
        _add(menu, "Remove lane", lambda: self.remove(lane.key), enabled=len(lanes) > 1)

    def _fill_overlays(self, menu: QMenu, lane: LaneState) -> None:
        shown = self._effective(lane)
        for overlay in OVERLAYS:
            action = _add(menu, _TITLES[overlay], partial(self.set_overlay, lane.key, overlay))
            action.setCheckable(True)
            action.setChecked(overlay in shown)
        menu.addSeparator()
        _add(menu, "As in all lanes", lambda: self.follow_bar(lane.key), enabled=lane.overlays is not None)

    def _fill_presets(self, menu: QMenu, key: int) -> None:
        """Runs that can stand beside the other lanes: points beside points, images beside images; alone, each."""
        beside = {self._runs.kind(spec) for spec in self._others(key)}
        runs = [name for name in presets.names() if presets.describe(name).lanes == [name]]
        for kind, title in (("points", "Points"), ("images", "Images")):
            if beside and kind not in beside:
                continue
            part = menu if beside else _submenu(menu, title)
            for name in runs:
                if self._runs.kind(presets.load_one(name)) == kind:
                    _add(part, presets.describe(name).title, partial(self.show_preset, key, name))

    def _others(self, key: int) -> list[RunSpec]:
        """What runs beside a lane."""
        return [lane.spec for lane in self._session.lanes if lane.key != key and lane.spec is not None]

    def _ask_trace(self, key: int) -> None:
        self._files.ask_open(lambda paths: self.show_trace(key, paths[0]), several=False)

    # --- words over a lane ---------------------------------------------------------------------------------------

    def message(self, lane: LaneState) -> MessageSpec | None:
        """What covers a lane that has nothing to show."""
        if lane.real and lane.aspect != "run" and self._session.run_of(lane) is None and self._session.working_lane():
            return MessageSpec(ASPECTS[lane.aspect], "It comes with the first samples", "lanes")
        if lane.real or lane.trace is not None:
            return None
        if lane.spec is None:
            return MessageSpec("Empty lane", "Start from a preset or open a trace", "lanes", self._choices())
        if self._runs.needs_training(lane):
            if any(job.lane == lane.key for job in self._runs.training):
                return MessageSpec("Training begins", "", "lanes")
            if reason_not(self._runs.catalog, lane.spec, "field", "exact"):
                return MessageSpec("Not trained yet", "", "lanes", (("train", "Train"),))
            text = "Train it, or look at what a perfect network would do"
            return MessageSpec("Not trained yet", text, "lanes", (("train", "Train"), ("exact", "Exact field")))
        if lane.key in self._runs.sampling:
            return MessageSpec("Sampling begins", "", "lanes")
        if self._runs.ready:
            return MessageSpec("Not sampled yet", "", "lanes", (("run", "Run"),))
        return MessageSpec("Waiting for the engine", "It samples as soon as it is ready", "engine")

    def _choices(self) -> tuple[tuple[str, str], ...]:
        first = (("choose-preset", "Choose preset"), ("open-trace", "Open trace…"))
        if self._session.working_lane() is None:
            return (*first, ("remove", "Remove"))
        return (*first, ("copy", "Copy a lane"), ("more", "More"))

    def _more(self, key: int, model: LaneState) -> QMenu:
        """What else an empty lane may become beside another one."""
        menu = QMenu(self._window)
        for action, title in (
            ("forward", "Forward process"),
            *((f"aspect-{each}", title) for each, title in ASPECTS.items()),
        ):
            _add(menu, title, partial(self._become, key, model, action))
        menu.addSeparator()
        _add(menu, "Remove lane", partial(self.remove, key), enabled=len(self._session.lanes) > 1)
        return menu

    def choose(self, lane: LaneState, action: str, run: Callable[[], None]) -> None:
        """What somebody chose in a lane that has nothing to show; ``run`` trains."""
        key, model = lane.key, self._session.working_lane()
        if action == "choose-preset":
            menu = QMenu(self._window)
            self._fill_presets(menu, key)
            _popup(menu)
        elif action == "open-trace":
            self._ask_trace(key)
        elif action in ("train", "run"):
            run()
        elif action == "exact":
            self._runs.change(key, "field.name", "exact")
        elif action == "remove":
            self.remove(key)
        elif action == "more" and model is not None:
            _popup(self._more(key, model))
        elif action == "copy" and model is not None:
            self._become(key, model, action)

    def _become(self, key: int, model: LaneState, action: str) -> None:
        """An empty lane becomes a copy, or an aspect, of another one; it stays in its place."""
        lane = self._emptied(key)
        if action == "copy":
            lane.spec, lane.trace, lane.training = model.spec, model.trace, model.training
        elif action == "forward" and model.spec is not None:
            lane.spec = analysis_spec(model.spec, "forward")
            self._runs.sample(lane)
        else:
            aspect = next(each for each in ASPECTS if action == f"aspect-{each}")
            lane.real, lane.aspect, lane.of = True, aspect, model.key
        self._session.touch(key)


def _popup(menu: QMenu) -> None:
    wear(menu)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.popup(QCursor.pos() + QPoint(-20, 8))


def _submenu(menu: QMenu, text: str) -> QMenu:
    made = menu.addMenu(text)
    assert made is not None  # Qt made it
    return made


def _add(menu: QMenu, text: str, call: Callable[[], object], *, enabled: bool = True) -> QAction:
    action = menu.addAction(text)
    assert action is not None  # Qt made it
    action.triggered.connect(lambda: call())
    action.setEnabled(enabled)
    return action
