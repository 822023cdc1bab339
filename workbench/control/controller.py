"""Between the models and the window: what a person does becomes a change of state, what changes is shown."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PyQt6.QtCore import QObject
from PyQt6.QtGui import QGuiApplication

from core.errors import FlowscopeError
from core.trace import Trace
from core.trace.derive import snapshot
from workbench import actions as table
from workbench.control.disk.desk import Desk
from workbench.control.disk.drop import Drop
from workbench.control.disk.exporter import Exporter
from workbench.control.disk.files import Files
from workbench.control.engine_view import EngineView
from workbench.control.form import FormControl
from workbench.control.frames import FrameClock
from workbench.control.lane.analyses import Analyses
from workbench.control.lane.charts import Charts
from workbench.control.lane.images import ImageControl
from workbench.control.lane.lanes import LaneControl, read
from workbench.control.lane.scenes import Scenes
from workbench.control.lane.stage import StageControl
from workbench.control.runs import Runs
from workbench.control.shell import SHELL, Shell
from workbench.control.soon import Soon
from workbench.engine.client import EngineClient
from workbench.model.playhead import Playhead
from workbench.model.session import LaneState, Session
from workbench.views.marks import OVERLAYS, Scene
from workbench.views.theme import THEMES, Theme
from workbench.views.time_axis import time_axis
from workbench.widgets.cards.help_sheet import HelpSheet
from workbench.widgets.charts import ChartsPage, ChartsStrip
from workbench.widgets.lane.lane_states import MessageSpec
from workbench.widgets.lane.lanes import MOST_LANES, LanesView
from workbench.widgets.style import stylesheet
from workbench.widgets.timeline.transport import Transport
from workbench.widgets.window import WORK, MainWindow

_CHARTS_MS, _SCENES_MS = 300, 60
"""What arrives faster than this is shown together."""


class Controller(QObject):
    """Makes the window and keeps it true."""

    def __init__(self, session: Session, playhead: Playhead, engine: EngineClient, runs: Runs) -> None:
        super().__init__()
        self.session, self.playhead, self.engine, self.runs = session, playhead, engine, runs
        self.analyses = Analyses(engine)
        self.scenes = Scenes(session, self.analyses, lambda: runs.catalog)
        self.window = MainWindow(session.view)
        self.exporter = Exporter(self.window, session)
        self.desk = Desk(self)
        self.drop = Drop(self)
        self.files = Files(
            self.window, session, self.exporter, self.open_traces, self.desk.open_files, lambda: playhead.t
        )
        self.lane_control = LaneControl(self.window, session, runs, self.files)
        self.actions = table.build(self.window, self._handlers())
        self.lanes, self.charts, self.charts_page = LanesView(), ChartsStrip(), ChartsPage()
        self.transport = Transport(playhead, self.actions)
        self.form = FormControl(self.window, session, playhead, runs, self.actions)
        self.panel = self.form.panel
        self.images = ImageControl(session, runs, self.scenes, self.tell, self.charts)
        self.panel.add_above(self.images.panel)
        lanes = self.images.below(self.lanes)
        self.window.compose(self.actions, lanes, self.charts, self.panel, self.transport, self.charts_page)
        self._charts_timer = Soon(self.window, _CHARTS_MS, self._show_charts)
        self.chart_control = Charts(session, playhead, runs, self.charts, self.charts_page, self._charts_timer.start)
        self._scenes_timer = Soon(self.window, _SCENES_MS, self._show_scenes, at_once=True)
        self.stage_control = StageControl(
            session, playhead, self.analyses, self.scenes, self.lanes, self.actions["strip"], self._scenes_timer.start
        )
        self.shell = Shell(self)
        self._connect()
        self.engine_view = EngineView(self.window, session, self.form, runs, engine, self._charts_timer.start)
        self.clock = FrameClock(self.window, playhead, self.lanes)
        self.retheme()

    # --- wiring --------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        session, view = self.session, self.session.view
        session.lanes_changed.connect(self._lanes_changed)
        session.lane_changed.connect(lambda _key: self.refresh())
        session.selected_changed.connect(lambda _key: self.refresh())
        session.title_changed.connect(lambda text: self.window.top.title.setText(text))
        for changed in (view.events.field_kind, view.events.field_factor, view.events.image):
            changed.connect(self._restyle)
        view.events.overlays.connect(self._show_overlays)
        view.events.linked.connect(lambda linked: self.lanes.stage.set_linked(linked))
        view.events.theme.connect(self.retheme)
        self.playhead.t_changed.connect(self._cursor_moved)
        self.playhead.state_changed.connect(self._show_loop)
        self.playhead.axis_changed.connect(self._read_time)
        view.events.equations.connect(self.lanes.set_equations)
        self.lanes.equations_asked.connect(self._toggle_equations)
        self.playhead.snapshots.changed.connect(self._snapshot_moved)
        self.transport.refused.connect(lambda text: self.window.refuse(text))
        self.lanes.lane_selected.connect(lambda i: session.select(session.lanes[i].key))
        self.lanes.stage.clicked.connect(self.images.pick)
        self.lanes.menu_requested.connect(self.lane_control.fill_menu)
        self.lanes.message_action.connect(self._message_action)
        self.exporter.saved.connect(lambda path, problem: None if problem else self.desk.remember(Path(path)))
        self.window.closing.connect(self.engine.shutdown)
        self.window.place_shown.connect(self._place_shown)
        self.runs.cursor = lambda: 0.0 if self.playhead.following else self.playhead.t
        self.runs.rows_arrived.connect(self._rows_arrived)
        self.runs.failed.connect(self._failed)
        self._show_overlays(view.overlays)
        self._show_loop()

    def _handlers(self) -> dict[str, Callable[[], None]]:
        head = self.playhead
        handlers: dict[str, Callable[[], None]] = {
            "open": self.files.ask_open, "save": self.files.ask_save, "export": self.files.ask_export,
            "quit": self.window_close, "run": self.run, "stop": self.stop, "play": head.toggle,
            "reverse": lambda: head.toggle(-1),
            "step-back": lambda: head.step(-1), "step-on": lambda: head.step(1), "to-start": head.to_start,
            "to-end": head.to_end, "loop": head.next_mode, "keep-time": lambda: head.set_keep_time(not head.keep_time),
            "span-from": head.span_from, "span-to": head.span_to, "span-all": lambda: head.set_span(0.0, 1.0),
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

    # --- traces and lanes ----------------------------------------------------------------------------------------

    def open_traces(self, paths: list[Path]) -> None:
        """Open files that were checked as lanes; what cannot be shown is told, and nothing else changes."""
        traces = []
        for path in paths[: MOST_LANES - 1]:
            try:
                traces.append(read(path))
                self.runs.catalog.check(traces[-1].spec)
                self.desk.opened(traces[-1])
            except FlowscopeError as error:
                self.window.message("This file cannot be opened", str(error))
        if traces:
            self.show_traces(traces, traces[0].spec.title or paths[0].stem)
            self.desk.show_lanes()
            self.playhead.play()

    def show_traces(self, traces: list[Trace], title: str) -> None:
        """Replace the lanes by these traces, the real data beside them."""
        self.session.clear()
        for trace in traces:
            self.add_lane(trace)
        self.session.add(None, real=True)
        self.session.set_title(title)
        self.scenes.forget()
        self.refresh()

    def add_lane(self, trace: Trace) -> LaneState:
        """One more lane, with this trace; of a training with its newest snapshot."""
        training = trace if "snapshot/x" in trace else None
        shown = snapshot(trace, len(trace["snapshot/x"]) - 1) if training else trace
        lane = self.session.add(trace.spec, shown)
        lane.training = training
        self.runs.adopt(lane)
        return lane

    def _lanes_changed(self) -> None:
        self.scenes.forget()
        self.actions["add-lane"].setEnabled(len(self.session.lanes) < MOST_LANES)
        self._scenes_timer.start()

    def _rows_arrived(self, key: int) -> None:
        self.scenes.forget(key)
        self._scenes_timer.start()
        self._charts_timer.start()

    def refresh(self) -> None:
        """Show lanes, charts and form anew, soon and once."""
        self._scenes_timer.start()
        self._charts_timer.start()
        self.form.show()

    @property
    def theme(self) -> Theme:
        return THEMES[self.session.view.theme]

    def _show_scenes(self) -> None:
        lanes = self.session.lanes
        self._show_snapshots()
        snapshots = self.playhead.snapshots
        self.lanes.set_scenes(self.scenes.all(None if snapshots.following else snapshots.step), self.theme)
        self.window.overlays.show_images(any(scene is not None and scene.pixels for scene in self.scenes.shown))
        self.images.show()
        keys = [lane.key for lane in lanes]
        self.lanes.set_selected(keys.index(self.session.selected) if self.session.selected in keys else -1)
        for i, lane in enumerate(lanes):
            self.lanes.show_message(i, self._message_for(lane))
        moving = [
            (scene, lane) for scene, lane in zip(self.scenes.shown, lanes, strict=True) if scene and not lane.real
        ]
        growing = any(lane.key in self.runs.sampling for _, lane in moving)
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
        self.stage_control.show_strip()

    def _read_time(self) -> None:
        self.scenes.reading = self.playhead.axis
        self._show_axis()
        self._restyle()

    def _show_axis(self, *, growing: bool = False) -> None:
        """Slider and field read time as the working lane has it; one that grows is read by its old table."""
        lane = self.session.working_lane()
        scene = next((scene for scene, each in self._moving() if each is lane), None)
        if scene is not None and not (growing and self.playhead.axis != "t"):
            self.transport.set_axis(time_axis(self.playhead.axis, scene.lane))
        self._charts_timer.start()

    def _show_snapshots(self) -> None:
        """The training steps of the first lane that has snapshots."""
        lane = next((lane for lane in self.session.lanes if lane.training and "snapshot/x" in lane.training), None)
        steps = lane.training["snapshot/x"].axis if lane is not None and lane.training is not None else np.empty(0)
        head = self.playhead.snapshots
        if not np.array_equal(steps, head.steps):
            head.set_steps(steps, lane.training.spec.training.n_steps if lane and lane.training else 1)

    def _snapshot_moved(self) -> None:
        self.scenes.forget()
        self._scenes_timer.start()

    def _message_for(self, lane: LaneState) -> MessageSpec | None:
        if lane.status == "failed":
            kept = len(lane.trace["x"]) if lane.trace is not None and "x" in lane.trace else 0
            text, ways = lane.message, [("again", "Run again"), ("log", "Copy the log")]
            if kept:
                text = f"{text.rstrip('.')}. {kept} recorded steps are kept and can be played."
                ways.insert(1, ("dismiss", "Show it"))
            return MessageSpec("The run stopped", text, "warning", tuple(ways), error=True)
        return self.images.message(lane) or self.lane_control.message(lane)

    def _message_action(self, index: int, action: str) -> None:
        if index >= len(self.session.lanes):  # nothing is open
            self.actions["library" if action == "choose-preset" else "open"].trigger()
            return
        lane = self.session.lanes[index]
        if lane.status != "failed":
            self.lane_control.choose(lane, action, self.run)
            return
        if action == "log":
            self.shell.copy_log()
            return
        lane.status, lane.message = "ready", ""
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
        self.chart_control.show(self._moving(), self.theme)

    def _moving(self) -> list[tuple[Scene, LaneState]]:
        """Scene and state of the lanes that a chart can compare: those that sample or train."""
        pairs = zip(self.scenes.shown, self.session.lanes, strict=False)
        running = [(scene, lane) for scene, lane in pairs if scene is not None and not lane.real]
        return [(scene, lane) for scene, lane in running if lane.spec is None or lane.spec.action != "forward"]

    # --- running -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Train what needs it and sample the rest."""
        if not self.runs.ready:
            self.window.refuse("The engine is not ready yet")
            return
        self.runs.run()
        self.playhead.follow()
        self.playhead.play()
        self.refresh()

    def stop(self) -> None:
        if self.shell.plain and not self.runs.training:
            self.shell.toggle_full_screen()
        self.runs.stop()

    def _failed(self, key: int, message: str) -> None:
        logging.error("lane %s: %s", key, message)
        self.scenes.forget(key)
        if self.desk.take_back(key, message):
            return
        if self.runs.ready:  # that the engine stopped was told
            self.window.refuse(message)

    # --- the window ----------------------------------------------------------------------------------------------

    def tell(self, text: str, more: str = "") -> None:
        """A line at the bottom that goes by itself."""
        self.window.tell(text, more)

    def retheme(self) -> None:
        QGuiApplication.instance().setStyleSheet(stylesheet(self.theme))  # type: ignore[union-attr]  # it is a QApplication
        self.window.retheme(self.theme)
        self.panel.retheme(self.theme)
        self.desk.retheme()
        self.scenes.forget()
        self.refresh()

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
