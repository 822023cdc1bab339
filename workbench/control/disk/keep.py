"""What is kept between two starts: layout, how time is played and where it stood, the lanes that were open and where
they looked."""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from PyQt6.QtWidgets import QWidget

from core import spec as specs
from core.errors import FlowscopeError
from core.spec import Part, RunSpec
from core.trace import Trace, open_trace
from core.trace.derive import sampled
from workbench import folders
from workbench.control.lane.charts import Charts
from workbench.control.runs import Runs
from workbench.control.workspace import Workspace
from workbench.model.playhead import SPEEDS
from workbench.model.session import LaneState, ViewState, answers
from workbench.model.settings import KeptLane, KeptPlayhead, Store
from workbench.painters.stage import Camera, Stage

_OWN = ("theme",)
"""What of the view the settings hold under a name of its own."""


@dataclass(frozen=True)
class Shown:
    """All of which something is kept, and where."""

    workspace: Workspace
    panel: QWidget
    stage: Stage
    charts: Charts
    store: Store


def keep(shown: Shown) -> None:
    """Write down how the window stands."""
    workspace, session = shown.workspace, shown.workspace.session
    geometry, head = workspace.window.saveGeometry().data(), workspace.playhead
    shown.store.set(
        panel=shown.panel.isVisibleTo(workspace.window),
        window=base64.b64encode(geometry).decode(),
        lanes=[_kept(workspace, lane) for lane in session.lanes],
        selected=next((place for place, lane in enumerate(session.lanes) if lane.key == session.selected), 0),
        looks=[(each.x, each.y, each.scale) for each in shown.stage.looks],
        charts=shown.charts.chosen,
        title=session.title,
        view=_plain(session.view),
        playhead=KeptPlayhead(head.t, head.axis, head.mode, head.span, head.speed, head.keep_time),
    )


def restore_layout(shown: Shown) -> None:
    """Place, size and panel as they were, and how lanes and charts are drawn and time is played."""
    workspace, kept = shown.workspace, shown.store.now
    if kept.window:
        workspace.window.restoreGeometry(base64.b64decode(kept.window))
    shown.panel.setVisible(kept.panel)
    view, first = workspace.session.view, ViewState()
    for name, value in _plain(first).items():
        chosen = kept.view.get(name, value)
        setattr(view, name, frozenset(chosen) if isinstance(getattr(first, name), frozenset) else chosen)
    shown.charts.choose_again(kept.charts)
    head, played = workspace.playhead, kept.playhead
    head.set_axis(played.axis)
    head.set_mode(played.mode)
    head.set_span(*played.span)
    head.set_speed(played.speed if played.speed in SPEEDS else 1.0)
    head.set_keep_time(played.keep_time)


def restore_lanes(shown: Shown) -> bool:
    """Open what was open, at the time where it stood; False where there is nothing to open any more."""
    workspace, now = shown.workspace, shown.store.now
    session, kept, opened = workspace.session, now.lanes, dict[int, LaneState]()
    for place, each in enumerate(kept):
        try:
            opened[place] = _open(workspace, each)
        except FlowscopeError as error:
            logging.warning("a lane is not opened again: %s", error)
    if not any(lane.spec is not None for lane in opened.values()):
        session.clear()
        return False
    for place, lane in opened.items():  # the lane that one is of may stand at its right
        if kept[place].of in opened:
            lane.of = opened[kept[place].of].key
    if now.selected in opened:
        session.select(opened[now.selected].key)
    shown.stage.look_again([Camera(*look) for look in now.looks] if len(opened) == len(kept) else [])
    workspace.playhead.seek(now.playhead.t)
    session.set_title(now.title)
    workspace.refresh()
    return True


def _kept(workspace: Workspace, lane: LaneState) -> KeptLane:
    session, runs, spec = workspace.session, workspace.runs, lane.spec
    source = lane.trace.source if lane.trace is not None and not lane.shows_training else None
    source = source or runs.files.get(lane.key)
    training = _training_file(runs, lane)
    if spec is not None and runs.needs_training(lane):
        spec = spec.replace(field=Part("network"))  # whoever opens it would take its weights for those of this spec
    return KeptLane(
        str(source or ""),
        specs.to_dict(spec) if spec is not None else None,
        str(training or ""),
        lane.aspect,
        next((place for place, each in enumerate(session.lanes) if each.key == lane.of), -1),
        lane.name,
        None if lane.overlays is None else sorted(lane.overlays),
    )


def _training_file(runs: Runs, lane: LaneState) -> Path | None:
    """Where the lane's training is recorded: it may have been opened, go on, or lie beside the lane's weights."""
    opened = lane.training.source if lane.training is not None else None
    if lane.training is None or opened is not None:
        return opened
    going = next((job.directory for job in runs.training if job.lane == lane.key), None)
    weights = Path(lane.spec.field.params.get("weights", "") if lane.spec is not None else "")
    return (
        going / folders.RECORD
        if going is not None
        else weights.with_name(folders.RECORD)
        if weights.is_file()
        else None
    )


def _open(workspace: Workspace, kept: KeptLane) -> LaneState:
    session = workspace.session
    if kept.spec is None:
        aspect = kept.aspect or "real"
        lane = session.add(None) if aspect == "run" else session.add_aspect(aspect, -1)
    else:
        lane = _run(workspace, specs.from_recorded(kept.spec), _opened(kept.trace), _opened(kept.training))
    lane.name, lane.overlays = kept.name, None if kept.overlays is None else frozenset(kept.overlays)
    return lane


def _run(workspace: Workspace, spec: RunSpec, trace: Trace | None, training: Trace | None) -> LaneState:
    """A lane with its recorded run; without one with the newest snapshot of its training. It is sampled anew where that
    is not what its spec asks for: a knob may have been turned a moment before the end."""
    runs = workspace.runs
    runs.catalog.check(spec)
    if training is not None and not len(training.streams.get("snapshot/x", ())):
        training = None
    lane = workspace.session.add(spec, trace if trace is not None or training is None else sampled(training))
    lane.training = training
    runs.adopt(lane)
    if not answers(trace, spec) and not runs.needs_training(lane):
        runs.sample(lane)
    return lane


def _opened(file: str) -> Trace | None:
    return open_trace(Path(file)) if file and Path(file).is_file() else None


def _plain(view: ViewState) -> dict[str, Any]:
    """The view's fields as JSON holds them."""
    values = {each.name: getattr(view, each.name) for each in fields(ViewState) if each.name not in _OWN}
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in values.items()
        if isinstance(value, frozenset | str | int | float | bool)
    }
