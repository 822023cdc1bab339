"""Undo and redo of what is open, how it is set up, and how it is shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any
from weakref import ref

from PyQt6.QtCore import QObject, QTimer

from core.spec import RunSpec
from core.trace import Trace
from workbench.control.runs import Runs
from workbench.model.history import History
from workbench.model.session import LaneState, Session, ViewState, answers

_QUIET_MS = 400
"""What follows faster belongs to one step: a drag of a knob is undone as a whole."""
MOST_BYTES = 8_000_000
"""Of traces in memory that earlier steps hold: what goes is sampled again when it is asked for, on the same noise; a
training that goes lies in the runs' folder."""
_VIEW = tuple(each.name for each in fields(ViewState) if each.name != "theme")
_OWN = ("real", "aspect", "of", "name", "overlays")
"""What of a lane a person chooses beside its spec."""


@dataclass(frozen=True, eq=False)
class _LaneThen:
    """A lane as it was: the lane itself, so that one that was removed comes back."""

    lane: LaneState
    spec: RunSpec | None
    own: tuple[Any, ...]
    trace: Callable[[], Trace | None]
    training: Callable[[], Trace | None]


@dataclass(frozen=True, eq=False)
class _Then:
    """All that undo brings back."""

    lanes: tuple[_LaneThen, ...]
    view: tuple[Any, ...]
    title: str
    selected: int

    @property
    def key(self) -> object:
        """What a person changes: not which lane is selected, nor the rows that the engine sends."""
        return tuple((then.lane.key, then.spec, then.own) for then in self.lanes), self.view


class Undo(QObject):
    """Watches the session and goes back in it."""

    def __init__(self, parent: QObject, session: Session, runs: Runs, changed: Callable[[], None]) -> None:
        super().__init__(parent)
        self._session, self._runs, self._changed = session, runs, changed
        self._traces: deque[Trace] = deque()
        """The newest of those that lie in memory."""
        self._history = History(self._now(), lambda then: then.key)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_QUIET_MS)
        self._timer.timeout.connect(self.record)
        for signal in (session.lanes_changed, session.lane_changed, session.title_changed, session.view.events):
            signal.connect(self._soon)

    @property
    def can_undo(self) -> bool:
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        return self._history.can_redo

    def record(self) -> None:
        """Make the present a step that one can come back to."""
        self._timer.stop()
        self._history.record(self._as_left())
        self._empty_gone(each.lane for each in self._history.now.lanes)
        if self._history.now.lanes:
            self._history.record(self._now())
        else:  # nothing was open yet: there is nothing to go back to
            self._history = History(self._now(), lambda then: then.key)
        self._changed()

    def undo(self) -> None:
        self.record()  # what has not come to rest yet is a step too
        if self._history.can_undo:
            self._show(self._history.undo())

    def redo(self) -> None:
        self.record()
        if self._history.can_redo:
            self._show(self._history.redo())

    def _soon(self, *_: object) -> None:
        self._timer.start()

    def _now(self) -> _Then:
        session = self._session
        return _Then(
            tuple(
                _LaneThen(lane, lane.spec, _own(lane), self._held(lane.trace), self._held(lane.training))
                for lane in session.lanes
            ),
            tuple(getattr(session.view, name) for name in _VIEW),
            session.title,
            session.selected,
        )

    def _as_left(self) -> _Then:
        """The last step with the rows that came since: a training tells of none, and its lane may just have gone."""
        then = self._history.now
        lanes = (
            replace(each, trace=self._held(each.lane.trace), training=self._held(each.lane.training))
            if each.spec == each.lane.spec
            else each
            for each in then.lanes
        )
        return replace(then, lanes=tuple(lanes))

    def _held(self, trace: Trace | None) -> Callable[[], Trace | None]:
        """A trace as long as it is held: one of a file for good, one in memory until newer ones need the room."""
        if trace is None or trace.source is not None:
            return lambda: trace
        if not any(trace is each for each in self._traces):
            self._traces.append(trace)
        while len(self._traces) > 1 and sum(each.n_bytes for each in self._traces) > MOST_BYTES:
            self._traces.popleft()
        return ref(trace)

    def _empty_gone(self, lanes: Iterable[LaneState]) -> None:
        """Those that are not there any more come back with what is kept of them here."""
        for lane in lanes:
            if lane not in self._session.lanes:
                lane.trace = lane.training = None

    def _show(self, then: _Then) -> None:
        session, before = self._session, list(self._session.lanes)
        for name, value in zip(_VIEW, then.view, strict=True):
            if getattr(session.view, name) != value:
                setattr(session.view, name, value)
        if [each.lane for each in then.lanes] != session.lanes:
            session.lanes = [each.lane for each in then.lanes]
            session.lanes_changed.emit()
            session.select(then.selected)
        for each in then.lanes:
            self._restore(each)
        self._empty_gone(before)
        session.set_title(then.title)
        self._timer.stop()
        self._changed()

    def _restore(self, then: _LaneThen) -> None:
        lane, same = then.lane, then.spec == then.lane.spec
        if same and _own(lane) == then.own and (lane.real or lane.trace is not None):
            return
        for name, value in zip(_OWN, then.own, strict=True):
            setattr(lane, name, value)
        if not same or lane.trace is None:
            self._restore_run(then)
        self._session.touch(lane.key)

    def _restore_run(self, then: _LaneThen) -> None:
        lane, runs = then.lane, self._runs
        lane.spec, lane.training, lane.failure = then.spec, then.training(), ""
        trace = then.trace()
        asks = then.spec is not None and not lane.real and not runs.needs_training(lane)
        if not asks or answers(trace, then.spec):
            lane.trace = trace
        if not asks:
            runs.forget_sampling(lane.key)  # it would be shown in place of what was there then
        elif not answers(trace, then.spec) or lane.key in runs.sampling:
            runs.sample(lane)  # also where a newer request is still on its way


def _own(lane: LaneState) -> tuple[Any, ...]:
    return tuple(getattr(lane, name) for name in _OWN)
