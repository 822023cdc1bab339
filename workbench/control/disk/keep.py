"""What is kept between two starts: layout, and the lanes that were open."""

from __future__ import annotations

import base64
import logging
from dataclasses import fields
from pathlib import Path
from typing import Any

from PyQt6.QtWidgets import QWidget

from core import spec as specs
from core.errors import FlowscopeError
from core.spec import Part
from core.trace import open_trace
from workbench.control.workspace import Workspace
from workbench.model.session import LaneState, ViewState
from workbench.model.settings import KeptLane, Store

_OWN = ("theme",)
"""What of the view the settings hold under a name of its own."""


def keep(workspace: Workspace, panel: QWidget, store: Store) -> None:
    """Write down how the window stands."""
    geometry = workspace.window.saveGeometry().data()
    store.set(
        panel=panel.isVisibleTo(workspace.window),
        window=base64.b64encode(geometry).decode(),
        lanes=[_kept(workspace, lane) for lane in workspace.session.lanes],
        title=workspace.session.title,
        view=_plain(workspace.session.view),
    )


def restore_layout(workspace: Workspace, panel: QWidget, store: Store) -> None:
    """Place, size and panel as they were."""
    if store.now.window:
        workspace.window.restoreGeometry(base64.b64decode(store.now.window))
    panel.setVisible(store.now.panel)
    view, first = workspace.session.view, ViewState()
    for name, value in _plain(first).items():
        kept = store.now.view.get(name, value)
        setattr(view, name, frozenset(kept) if isinstance(getattr(first, name), frozenset) else kept)


def restore_lanes(workspace: Workspace, store: Store) -> bool:
    """Open what was open; False where there is nothing to open any more."""
    opened = False
    for lane in store.now.lanes:
        try:
            opened |= _open(workspace, lane)
        except FlowscopeError as error:
            logging.warning("a lane is not opened again: %s", error)
    if not opened:
        workspace.session.clear()
        return False
    workspace.session.set_title(store.now.title)
    workspace.refresh()
    return True


def _kept(workspace: Workspace, lane: LaneState) -> KeptLane:
    source = lane.trace.source if lane.trace is not None and lane.training is None else None
    source = source or workspace.runs.files.get(lane.key)
    spec = lane.spec
    if spec is not None and workspace.runs.needs_training(lane):
        spec = spec.replace(field=Part("network"))  # whoever opens it would take its weights for those of this spec
    return KeptLane(str(source) if source else "", specs.to_dict(spec) if spec is not None else None)


def _open(workspace: Workspace, kept: KeptLane) -> bool:
    if kept.spec is None:
        workspace.session.add(None, real=True)
        return False
    spec = specs.from_dict(kept.spec)
    workspace.runs.catalog.check(spec)
    trace = open_trace(Path(kept.trace)) if kept.trace and Path(kept.trace).is_file() else None
    lane = workspace.session.add(spec, trace)
    workspace.runs.adopt(lane)
    if trace is None and not workspace.runs.needs_training(lane):
        workspace.runs.sample(lane)
    return True


def _plain(view: ViewState) -> dict[str, Any]:
    """The view's fields as JSON holds them."""
    values = {each.name: getattr(view, each.name) for each in fields(ViewState) if each.name not in _OWN}
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in values.items()
        if isinstance(value, frozenset | str | int | float | bool)
    }
