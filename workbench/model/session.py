"""The session: which lanes there are, what each shows, and how. Evented state without Qt; widgets are views of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from psygnal import Signal, SignalGroupDescriptor

from core.spec import RunSpec
from core.trace import Trace
from workbench.views.lane2d import Aspect
from workbench.views.marks import Overlay
from workbench.views.theme import ThemeName

FieldKind = Literal["velocity", "score", "noise"]
MOST_LANES = 4
MOST_SAID = "Four lanes are the most"


@dataclass(eq=False)
class LaneState:
    """One lane. ``trace`` is what it shows; while a network trains, ``training`` is the run that trains it."""

    key: int
    spec: RunSpec | None
    trace: Trace | None = None
    training: Trace | None = None
    failure: str = ""
    """Why its last run failed; empty where it did not."""
    real: bool = False
    """The lane runs nothing: it shows real data, or an aspect of another lane."""
    aspect: Aspect = "run"
    of: int = -1
    """The lane beside which one that runs nothing stands; without it that is the first that runs something."""
    name: str = ""
    """A name that somebody gave it."""
    overlays: frozenset[Overlay] | None = None
    """What this lane shows; None where it shows what all lanes show."""

    @property
    def shows_training(self) -> bool:
        """Whether its trace is a snapshot of its training: those bear the spec of the training itself."""
        return self.trace is not None and self.training is not None and self.trace.spec == self.training.spec


def answers(trace: Trace | None, spec: RunSpec | None) -> bool:
    """Whether a trace is the sampling that a spec asks for."""
    if trace is None or spec is None:
        return False
    return trace.spec.replace(action="sample") == spec.replace(action="sample")


@dataclass
class ViewState:
    """How lanes are drawn; changing a field emits ``events.<field>`` and ``events``."""

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()
    overlays: frozenset[Overlay] = frozenset(
        {"particles", "trails", "field", "real", "image", "image-preview", "speed", "keys"}
    )
    field_kind: FieldKind = "velocity"
    field_factor: float = 1.0
    linked: bool = True
    image: int = 0
    """The image that is looked at, the same in every lane."""
    strip: bool = False
    """The forward process stands as a strip below the lanes."""
    theme: ThemeName = "dark"
    equations: bool = False
    """All equations stand below each lane, not only what it follows."""


@dataclass(eq=False)
class Session:
    """Lanes in order and the selected one. Mutate through the methods: they tell who listens."""

    lanes_changed = Signal()
    lane_changed = Signal(int)
    selected_changed = Signal(int)
    title_changed = Signal(str)

    lanes: list[LaneState] = field(default_factory=list)
    view: ViewState = field(default_factory=ViewState)
    selected: int = -1
    title: str = ""
    _next_key: int = 0

    def add(self, spec: RunSpec | None, trace: Trace | None = None, *, real: bool = False) -> LaneState:
        """A new lane at the right end; it becomes the selected one if it is the first."""
        lane = LaneState(self._next_key, spec, trace, real=real, aspect="real" if real else "run")
        return self._insert(lane)

    def add_aspect(self, aspect: Aspect, of: int) -> LaneState:
        """A lane that shows an aspect of another one, at its right."""
        lane = LaneState(self._next_key, None, real=True, aspect=aspect, of=of)
        return self._insert(lane, of)

    def duplicate(self, key: int) -> LaneState:
        """The same once more, at its right."""
        return self._insert(dataclasses.replace(self.lane(key), key=self._next_key, failure=""), key)

    def at(self, place: int) -> LaneState | None:
        """The lane at a place on the screen, which may still show one that has just gone."""
        return self.lanes[place] if place < len(self.lanes) else None

    def _insert(self, lane: LaneState, after: int | None = None) -> LaneState:
        self._next_key += 1
        keys = [each.key for each in self.lanes]
        self.lanes.insert(keys.index(after) + 1 if after in keys else len(keys), lane)
        self.lanes_changed.emit()
        if self.selected < 0:
            self.select(lane.key)
        return lane

    def remove(self, key: int) -> None:
        self.lanes = [lane for lane in self.lanes if lane.key != key]
        self.lanes_changed.emit()
        if self.selected == key:
            self.select(self.lanes[0].key if self.lanes else -1)

    def move(self, key: int, by: int) -> None:
        """Move a lane some places to the right, or to the left where ``by`` is negative."""
        at = [lane.key for lane in self.lanes].index(key)
        to = min(max(at + by, 0), len(self.lanes) - 1)
        if to != at:
            self.lanes.insert(to, self.lanes.pop(at))
            self.lanes_changed.emit()

    def clear(self) -> None:
        self.lanes = []
        self.selected = -1
        self.lanes_changed.emit()

    def lane(self, key: int) -> LaneState:
        return next(lane for lane in self.lanes if lane.key == key)

    def working_lane(self) -> LaneState | None:
        """The selected lane that runs something; where the real data is selected, the first that does."""
        lanes = [lane for lane in self.lanes if not lane.real and lane.spec is not None]
        return next((lane for lane in lanes if lane.key == self.selected), lanes[0] if lanes else None)

    def run_of(self, lane: LaneState) -> LaneState | None:
        """The lane whose trace a lane shows: its own, or that beside which it stands; None where none has a trace."""
        lanes = [each for each in self.lanes if not each.real and each.trace is not None]
        if not lane.real:
            return lane if lane in lanes else None
        return next((each for each in lanes if each.key == lane.of), lanes[0] if lanes else None)

    def select(self, key: int) -> None:
        if key != self.selected:
            self.selected = key
            self.selected_changed.emit(key)

    def touch(self, key: int) -> None:
        """Say that a lane's trace, status or spec has changed."""
        self.lane_changed.emit(key)

    def set_title(self, title: str) -> None:
        self.title = title
        self.title_changed.emit(title)
