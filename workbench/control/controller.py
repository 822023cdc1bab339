"""Between the models and the window: what a person does becomes a change of state, what changes is shown."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PyQt6.QtCore import QObject

from workbench import actions as table
from workbench.control.disk.desk import Desk
from workbench.control.disk.drop import Drop
from workbench.control.disk.exporter import Exporter
from workbench.control.engine_view import EngineView
from workbench.control.form import FormControl
from workbench.control.frames import FrameClock, TrainingClock
from workbench.control.lane.analyses import Analyses
from workbench.control.lane.charts import Charts
from workbench.control.lane.images import ImageControl
from workbench.control.lane.lanes import LaneControl
from workbench.control.lane.reports import PLACE as MEASUREMENTS
from workbench.control.lane.reports import Reports
from workbench.control.lane.scenes import Scenes
from workbench.control.lane.stage import StageControl
from workbench.control.runs import Runs
from workbench.control.shell import SHELL, Shell
from workbench.control.soon import Soon
from workbench.control.workspace import Workspace
from workbench.engine.client import EngineClient
from workbench.model.playhead import Playhead
from workbench.model.session import MOST_LANES, LaneState, Session
from workbench.model.settings import Store
from workbench.views.marks import OVERLAYS, Scene
from workbench.views.time_axis import time_axis
from workbench.widgets.cards.help_sheet import HelpSheet
from workbench.widgets.charts import ChartsPage, ChartsStrip
from workbench.widgets.lane.lane_states import MessageSpec
from workbench.widgets.lane.lanes import LanesView
from workbench.widgets.timeline.transport import Transport
from workbench.widgets.window import WORK

_CHARTS_MS, _SCENES_MS, _FORM_MS = 300, 60, 30
"""What arrives faster than this is shown together; of what was opened the form comes after the lanes are painted."""
_OF_FAILURES = ("again", "dismiss", "log")
"""What can be done about a run that failed; all else is for a lane that has nothing to show."""


class Controller(QObject):
    """Makes the window and keeps it true."""

    def __init__(self, session: Session, playhead: Playhead, engine: EngineClient, runs: Runs) -> None:
        super().__init__()
        self.session, self.playhead, self.engine, self.runs = session, playhead, engine, runs
        self.analyses = Analyses(engine)
        self.scenes = Scenes(session, self.analyses, lambda: runs.catalog)
        self.workspace = workspace = Workspace(session, playhead, runs, self.scenes)
        self.window = workspace.window
        settings = Store()
        self.exporter = Exporter(self.window, session)
        self.desk = Desk(workspace, self.exporter, settings)
        self.files = self.desk.files
        self.drop = Drop(workspace, self.desk)
        self.reports = Reports(
            workspace, engine, self.files, self._moving, lambda *what: self.engine_view.when_ready(*what)
        )
        self.lane_control = LaneControl(workspace, self.files, self.reports.ask)
        self.actions = table.build(self.window, self._handlers())
        self.lanes, self.charts, self.charts_page = LanesView(), ChartsStrip(), ChartsPage()
        self.transport = Transport(playhead, self.actions)
        self.form = FormControl(self.window, session, playhead, runs, self.actions, self.files.open)
        self.panel = self.form.panel
        self.images = ImageControl(session, runs, self.scenes, self.window.refuse, self.lanes, self.charts)
        self.panel.add_above(self.images.panel)
        lanes = self.images.below()
        self.window.compose(self.actions, lanes, self.charts, self.panel, self.transport, self.charts_page)
        self._charts_timer = Soon(self.window, _CHARTS_MS, self._show_charts)
        self.chart_control = Charts(session, playhead, runs, self.charts, self.charts_page, self._charts_timer.start)
        self.chart_control.save_asked.connect(self.files.ask_save_chart)
        self._scenes_timer = Soon(self.window, _SCENES_MS, self._show_scenes, at_once=True)
        self.stage_control = StageControl(
            session, playhead, runs, self.analyses, self.scenes, self.lanes, self.actions["strip"],
            self._scenes_timer.start,
        )  # fmt: skip
        self._form_timer = Soon(self.window, _FORM_MS, self.form.show)
        self._theme_timer = Soon(self.window, 0, self.retheme)  # a reset changes theme, size and motion at once
        self.shell = Shell(
            workspace, self.actions, settings, self.desk, self.panel, self.lanes.stage, self.chart_control
        )
        self._connect()
        self.engine_view = EngineView(self.window, self.form, runs, engine, self._charts_timer.start)
        self.clock = FrameClock(self.window, playhead, self.lanes)
        self.training_clock = TrainingClock(self.window, playhead)
        self.retheme()

    # --- wiring --------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        session, view = self.session, self.session.view
        session.lanes_changed.connect(self._lanes_changed)
        session.lane_changed.connect(lambda _key: self._lane_changed())
        session.selected_changed.connect(lambda _key: self._refresh())
        self.workspace.changed.connect(self._refresh)
        session.title_changed.connect(lambda text: self.window.top.title.setText(text))
        for changed in (view.events.field_kind, view.events.field_factor, view.events.image):
            changed.connect(self._restyle)
        view.events.overlays.connect(self._show_overlays)
        view.events.linked.connect(lambda linked: self.lanes.stage.set_linked(linked))
        view.events.theme.connect(self._theme_timer.start)
        self.playhead.t_changed.connect(self._cursor_moved)
        self.playhead.state_changed.connect(self._show_loop)
        self.playhead.axis_changed.connect(self._read_time)
        view.events.equations.connect(self.lanes.set_equations)
        self.lanes.equations_asked.connect(self._toggle_equations)
        self.playhead.snapshots.changed.connect(self._snapshot_moved)
        self.transport.refused.connect(lambda text: self.window.refuse(text))
        self.lanes.lane_selected.connect(self._select)
        self.lanes.stage.clicked.connect(self.images.pick)
        self.lanes.stage.fitted.connect(self._scenes_timer.start)
        self.lanes.menu_requested.connect(self.lane_control.fill_menu)
        self.lanes.message_action.connect(self._message_action)
        self.exporter.saved.connect(lambda path, problem: None if problem else self.desk.remember(Path(path)))
        self.desk.help_asked.connect(self.actions["help"].trigger)
        self.shell.restyled.connect(self._theme_timer.start)
        self.shell.plain_switched.connect(self.lanes.set_plain)
        self.shell.plain_switched.connect(self.images.set_plain)
        self.window.closing.connect(self.engine.shutdown)
        self.window.closing.connect(self.runs.engine_gone)
        self.window.place_shown.connect(self._place_shown)
        self.runs.cursor = lambda: 0.0 if self.playhead.following else self.playhead.t
        self.runs.rows_arrived.connect(self._rows_arrived)
        self.runs.failed.connect(self._failed)
        for name in ("play-training", "remove-lane"):
            self.actions[name].setEnabled(False)
        self._show_overlays(view.overlays)
        self._show_loop()

    def _handlers(self) -> dict[str, Callable[[], None]]:
        head = self.playhead
        handlers: dict[str, Callable[[], None]] = {
            "open": self.files.ask_open, "save": self.files.ask_save, "export": self.files.ask_export,
            "quit": self.window_close, "run": self.run, "stop": self.stop, "play": head.toggle,
            "measure": self.reports.ask,
            "reverse": lambda: head.toggle(-1),
            "step-back": lambda: head.step(-1), "step-on": lambda: head.step(1), "to-start": head.to_start,
            "to-end": head.to_end, "loop": head.next_mode, "keep-time": lambda: head.set_keep_time(not head.keep_time),
            "span-from": head.span_from, "span-to": head.span_to, "span-all": lambda: head.set_span(0.0, 1.0),
            "play-training": head.snapshots.toggle,
            "next-axis": head.next_axis, "link": self._toggle_link,
            "strip": lambda: self.stage_control.toggle_strip(),
            "add-lane": self.lane_control.add, "remove-lane": self.lane_control.remove_selected,
            "home": lambda: self.lanes.stage.home(), "theme": self._toggle_theme, "panel": self._toggle_panel,
            "equations": self._toggle_equations, "help": self._show_help,
        }  # fmt: skip
        handlers |= self.desk.handlers()
        handlers |= {name: lambda name=name: self.shell.handlers()[name]() for name in SHELL}  # type: ignore[misc]
        for overlay in OVERLAYS:
            handlers[overlay] = lambda name=overlay: self._toggle_overlay(name)  # type: ignore[misc]  # a bound name
        return handlers

    # --- what is shown -------------------------------------------------------------------------------------------

    def _lanes_changed(self) -> None:
        self.scenes.forget()
        if not self.session.lanes:
            self.chart_control.clear()
        self.actions["add-lane"].setEnabled(len(self.session.lanes) < MOST_LANES)
        self.actions["remove-lane"].setEnabled(len(self.session.lanes) > 1)
        self._scenes_timer.start()

    def _rows_arrived(self, key: int) -> None:
        self.scenes.forget(key)
        self._scenes_timer.start()
        self._charts_timer.start()

    def _refresh(self) -> None:
        """Show lanes, charts and form anew, soon and once."""
        self._scenes_timer.start()
        self._charts_timer.start()
        self._form_timer.start()

    def _lane_changed(self) -> None:
        """The same, and the form at once: a row that changes the lane would take its old value for a refusal."""
        self._scenes_timer.start()
        self._charts_timer.start()
        self.form.show()

    def _show_scenes(self) -> None:
        lanes = self.session.lanes
        self._show_snapshots()
        snapshots = self.playhead.snapshots
        self.scenes.title = self.lanes.stage.line
        scenes, keys = self.scenes.all(None if snapshots.following else snapshots.step), [lane.key for lane in lanes]
        self.lanes.set_scenes(scenes, self.workspace.theme, keys)
        self.window.overlays.show_images(
            any(self._of_images(*pair) for pair in zip(self.scenes.shown, lanes, strict=True))
        )
        self.images.show()
        self.lanes.set_selected(keys.index(self.session.selected) if self.session.selected in keys else -1)
        for i, lane in enumerate(lanes):
            self.lanes.show_message(i, self._message_for(lane))
        moving = [
            (scene, lane) for scene, lane in zip(self.scenes.shown, lanes, strict=True) if scene and not lane.real
        ]
        growing = any(lane.key in self.runs.sampling for lane in lanes)  # also before its first rows
        heads = [
            float(scene.lane.times[-1])
            for scene, lane in moving
            if lane.key in self.runs.sampling and lane.trace is not None and lane.trace.status == "running"
        ]
        # a lane that is about to run anew still shows all of its last run
        head = min(heads) if heads else self.playhead.t if growing else None
        self.playhead.set_steps([scene.lane.times for scene, _ in moving], growing=growing, head=head)
        self.transport.set_methods([scene.lane.method for scene, _ in moving])
        self._show_axis(growing=growing)
        self.lanes.set_cursor(self.playhead.t)
        self.stage_control.show_strips()

    def _of_images(self, scene: Scene | None, lane: LaneState) -> bool:
        """Whether a lane shows images, or will as soon as it has some."""
        if scene is not None:
            return scene.pixels
        return lane.spec is not None and not lane.real and self.runs.kind(lane.spec) == "images"

    def _read_time(self) -> None:
        self.scenes.reading = self.playhead.axis
        self._show_axis()
        self._restyle()

    def _show_axis(self, *, growing: bool = False) -> None:
        """Slider and field read time as the working lane has it; one that grows is read by its old table."""
        lane = self.session.working_lane()
        scene = next((scene for scene, each in self._moving() if each is lane), None)
        if scene is not None and not (growing and self.playhead.axis != "t"):
            axis = time_axis(self.playhead.axis, scene.lane)
            self.transport.set_axis(axis)
            self.window.big_bar.line.set_axis(axis)
        self._charts_timer.start()

    def _show_snapshots(self) -> None:
        """The training steps of the first lane that has snapshots."""
        lane = next((lane for lane in self.session.lanes if lane.training and "snapshot/x" in lane.training), None)
        steps = lane.training["snapshot/x"].axis if lane is not None and lane.training is not None else np.empty(0)
        head = self.playhead.snapshots
        if not np.array_equal(steps, head.steps):
            head.set_steps(steps, lane.training.spec.training.n_steps if lane and lane.training else 1)

    def _snapshot_moved(self) -> None:
        self.actions["play-training"].setEnabled(len(self.playhead.snapshots.steps) > 1)
        self.scenes.forget()
        self._scenes_timer.start()

    def _message_for(self, lane: LaneState) -> MessageSpec | None:
        if lane.failure:
            kept = len(lane.trace["x"]) if lane.trace is not None and "x" in lane.trace else 0
            text, ways = lane.failure, [("again", "Run again"), ("log", "Copy the log")]
            if kept:
                text = f"{text.rstrip('.')}. {kept} recorded steps are kept and can be played."
                ways.insert(1, ("dismiss", "Show it"))
            return MessageSpec("The run stopped", text, "warning", tuple(ways), error=True)
        return self.images.message(lane) or self.lane_control.message(lane)

    def _select(self, index: int) -> None:
        lane = self.session.at(index)
        if lane is not None:
            self.session.select(lane.key)

    def _message_action(self, index: int, action: str) -> None:
        lane = self.session.at(index)
        if lane is None:  # nothing is open
            self.actions["library" if action == "choose-preset" else "open"].trigger()
        elif action not in _OF_FAILURES:
            self.lane_control.choose(lane, action, self.run)
        elif action == "log":
            self.shell.copy_log()
        elif lane.failure:  # not so at the second click of two
            lane.failure = ""
            self.session.touch(lane.key)
            if action == "again":
                self.run()

    def _restyle(self) -> None:
        self.scenes.forget()
        self._show_scenes()

    def _cursor_moved(self, t: float) -> None:
        self.lanes.set_cursor(t)
        for charts in (self.charts, self.charts_page):
            charts.set_cursor(t)
        self.images.set_cursor(t)

    def _place_shown(self, _place: str) -> None:
        self._show_loop()
        self._charts_timer.start()

    def _show_charts(self) -> None:
        self.chart_control.show(self._moving(), self.workspace.theme)

    def _moving(self) -> list[tuple[Scene, LaneState]]:
        """Scene and state of the lanes that a chart can compare: those that sample or train."""
        pairs = zip(self.scenes.shown, self.session.lanes, strict=False)
        running = [(scene, lane) for scene, lane in pairs if scene is not None and not lane.real]
        return [(scene, lane) for scene, lane in running if lane.spec is None or lane.spec.action != "forward"]

    # --- running -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Train what needs it and sample the rest."""
        self.engine_view.when_ready(self._run, "the lanes run as soon as it is ready")

    def _run(self) -> None:
        self.runs.run()
        self.playhead.follow()
        self.playhead.play()
        self._refresh()

    def stop(self) -> None:
        if self.window.place == MEASUREMENTS:
            self.reports.cancel()
            return
        if self.shell.plain and not self.runs.training and not self.runs.sampling_long:
            self.shell.toggle_full_screen()
        self.runs.stop()

    def _failed(self, key: int, message: str) -> None:
        logging.error("lane %s: %s", key, message)
        self.scenes.forget(key)
        if self.desk.own_data.take_back(key, message):
            return
        if self.runs.ready:  # that the engine stopped was told
            self.window.refuse(message)

    # --- the window ----------------------------------------------------------------------------------------------

    def retheme(self) -> None:
        # of the window, not of the application: there it is worked out for every menu that a chart hides, too
        self.window.dress(self.workspace.theme, self._dressed)

    def _dressed(self) -> None:
        theme = self.workspace.theme
        self.window.retheme(theme)
        self.panel.retheme(theme)
        self.desk.retheme()
        self.reports.retheme()
        self.shell.retheme()
        self.workspace.refresh()

    def _show_overlays(self, overlays: frozenset[Any]) -> None:
        for name in OVERLAYS:
            self.actions[name].setChecked(name in overlays)
        self.lanes.set_overlays(overlays)
        if any(scene is not None and scene.pixels for scene in self.scenes.shown):
            self._restyle()  # what is left out gives its place to the rest
        self._scenes_timer.start()

    def _show_loop(self) -> None:
        self.actions["loop"].setChecked(self.playhead.mode != "once")
        self.actions["keep-time"].setChecked(self.playhead.keep_time)
        self.actions["equations"].setChecked(self.session.view.equations)
        self.actions["link"].setChecked(self.session.view.linked)
        self.actions["panel"].setChecked(self.panel.isVisibleTo(self.window))
        self.actions["panel"].setEnabled(self.window.place in WORK)

    def _toggle_overlay(self, name: Any) -> None:
        self.session.view.overlays = self.session.view.overlays ^ {name}

    def _toggle_link(self) -> None:
        self.session.view.linked = not self.session.view.linked
        self._show_loop()

    def _toggle_equations(self) -> None:
        self.session.view.equations = not self.session.view.equations
        self._show_loop()

    def _toggle_theme(self) -> None:
        self.session.view.theme = "light" if self.session.view.theme == "dark" else "dark"

    def _toggle_panel(self) -> None:
        self.panel.setVisible(not self.panel.isVisible())
        self._show_loop()

    def _show_help(self) -> None:
        self.window.over(HelpSheet(self.actions))

    def window_close(self) -> None:
        self.window.close()
