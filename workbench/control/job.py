"""A run that the engine works on for a lane, and what its lane keeps of the run before it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from core.events import Event, StreamDeclared
from core.spec import RunSpec
from core.trace import Trace, TraceBuilder
from workbench.engine.commands import Progress
from workbench.model.session import LaneState


@dataclass
class Job:
    """A run that the engine works on for a lane."""

    lane: int
    spec: RunSpec
    builder: TraceBuilder = field(default_factory=TraceBuilder)
    directory: Path | None = None
    file: Path | None = None
    """Where a sampling is recorded."""
    began: float = field(default_factory=time.monotonic)
    trace: Trace | None = None
    """What it has sampled, once that can be shown."""
    shown: int = -1
    progress: Progress | None = None
    stopping: bool = False
    let_go: bool = False
    """Its lane shows something else by now: a training that ends with what it has."""

    @property
    def preview(self) -> bool:
        return self.spec.action == "preview"

    @property
    def age(self) -> float:
        """Seconds since it was asked for."""
        return time.monotonic() - self.began


def beside_what_is_shown(job: Job, lane: LaneState, event: Event) -> Event:
    """An event with the real points that its lane has already: a preview draws fewer, and they are not to change.

    Equal ones become the very same array, so that nothing is drawn or uploaded anew for them.
    """
    if not isinstance(event, StreamDeclared) or job.directory is not None or lane.trace is None:
        return event
    drawn, shown = event.static.get("data"), lane.trace["x"].static.get("data") if "x" in lane.trace else None
    before = lane.trace.spec
    if drawn is None or shown is None or (before.data, before.seed) != (job.spec.data, job.spec.seed):
        return event
    if not job.preview and not np.array_equal(drawn, shown):
        return event
    return msgspec.structs.replace(event, static=event.static | {"data": shown})
