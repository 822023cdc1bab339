"""The transport bar: play, step, loop, speed, the sliders over time and training, the typed time and its axis."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QAction, QActionGroup, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QWidget

from core.errors import SpecError
from workbench.model.part import LoopMode
from workbench.model.playhead import SPEEDS, Playhead
from workbench.painters import fonts
from workbench.views.marks import Method
from workbench.views.theme import Theme
from workbench.views.time_axis import KINDS, PLAIN, SYMBOLS, TITLES, TimeAxis
from workbench.widgets.chip import Chip
from workbench.widgets.controls import IconButton, Segments
from workbench.widgets.timeline.time_field import TimeField
from workbench.widgets.timeline.track import SnapshotTrack, Ticks, Track

TIME_LABELS = ((0.0, "0 noise"), (0.25, "0.25"), (0.5, "0.5"), (0.75, "0.75"), (1.0, "1 data"))
_MODE_WORDS: dict[LoopMode, tuple[str, str]] = {
    "loop": ("Loop", "loop"), "ping-pong": ("Ping-pong", "ping-pong"), "once": ("Once", "once"),
}  # fmt: skip
_WIDE, _MEDIUM = 1180, 1000
"""From these widths on there is room for every axis, and for all chips; a slider over training takes its own."""
_SNAPSHOTS = 362


class Transport(QWidget):
    """A view of the playhead, and hands on it."""

    refused = pyqtSignal(str)

    def __init__(self, playhead: Playhead, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self.setObjectName("transport")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(72)
        self._playhead = playhead
        self._theme: Theme | None = None
        self.buttons = {
            name: IconButton(actions[name], name, 16, 28) for name in ("to-start", "reverse", "step-back", "step-on")
        }
        self.play = IconButton(actions["play"], "play", 16, 40, role="play")
        self.loop = Chip.of(actions["loop"], icon="loop")
        self.keep = Chip.of(actions["keep-time"])
        self.speed = Chip("Speed", menu=self._speed_menu())
        self.speed.setToolTip("At 1× it takes 5 seconds from noise to data")
        self.track = Track("Time", TIME_LABELS)
        self.track.setToolTip(
            "Drag anywhere. The arrows go from one recorded step to the next.\n"
            "Shift and drag: play only this part. Double click: all of it again."
        )
        self.track.set_span(*playhead.span)
        self.newest = Chip("Follow the newest weights", "Newest")
        self.newest.setToolTip("Follow the newest weights")
        self.newest.setCheckable(True)
        self.play_training = IconButton(actions["play-training"], "play", 16, 28)
        self.snapshots = SnapshotTrack(playhead.snapshots)
        self.time = TimeField()
        self.axes = Segments([(kind, SYMBOLS[kind]) for kind in KINDS], "Read time as")
        for kind in KINDS:
            self.axes.set_tip(kind, TITLES[kind])
        self.axis_chip = Chip("Read time as", menu=self._axis_menu())
        self.axis_chip.setToolTip("How time is read on slider and charts")
        self._axis, self._methods = PLAIN, list[Method]()
        self._shown: object = None
        self._fits: object = None
        """What the parts were chosen for that are shown."""
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 16, 0)
        row.setSpacing(4)
        for name in ("to-start", "reverse", "step-back"):
            row.addWidget(self.buttons[name])
        row.addSpacing(6)
        row.addWidget(self.play)
        row.addSpacing(6)
        row.addWidget(self.buttons["step-on"])
        row.addSpacing(4)
        row.addWidget(self.loop)
        row.addWidget(self.speed)
        row.addWidget(self.keep)
        row.addSpacing(4)
        row.addWidget(self.track, 3)
        row.addSpacing(4)
        row.addWidget(self.newest)
        row.addWidget(self.play_training)
        row.addWidget(self.snapshots, 2)
        row.addSpacing(8)
        row.addWidget(self.time)
        row.addSpacing(4)
        row.addWidget(self.axes)
        row.addWidget(self.axis_chip)
        self.loop.setMinimumWidth(max(self.loop.width_with(words) for words, _ in _MODE_WORDS.values()))

    def _speed_menu(self) -> QMenu:
        menu, group = QMenu(self), QActionGroup(self)
        self._speeds: dict[float, QAction] = {}
        for speed in SPEEDS:
            action = menu.addAction(f"{speed:g}×")
            assert action is not None  # Qt made it
            action.setCheckable(True)
            action.setActionGroup(group)
            action.triggered.connect(lambda _=False, s=speed: self._playhead.set_speed(s))
            self._speeds[speed] = action
        return menu

    def _axis_menu(self) -> QMenu:
        menu, group = QMenu(self), QActionGroup(self)
        self._axis_actions: dict[str, QAction] = {}
        for kind in KINDS:
            action = menu.addAction(TITLES[kind])
            assert action is not None  # Qt made it
            action.setCheckable(True)
            action.setActionGroup(group)
            action.triggered.connect(lambda _=False, k=kind: self._playhead.set_axis(k))
            self._axis_actions[kind] = action
        return menu

    def _connect(self) -> None:
        head = self._playhead
        head.t_changed.connect(self._show_time)
        head.state_changed.connect(self._show_state)
        head.snapshots.changed.connect(self._show_snapshots)
        head.axis_changed.connect(self._show_axis_kind)
        self.axes.chosen.connect(head.set_axis)
        self.track.moved.connect(lambda place: head.seek(self._axis.time(place)))
        self.track.spanned.connect(lambda low, high: head.set_span(self._axis.time(low), self._axis.time(high)))
        self.track.grabbed.connect(head.grab)
        self.track.released.connect(head.release)
        self.track.stepped.connect(head.step)
        self.track.to_start.connect(head.to_start)
        self.track.to_end.connect(head.to_end)
        self.newest.clicked.connect(self._toggle_newest)
        self.time.typed.connect(self._typed)
        self._show_time(head.t)
        self._show_state()
        self._show_snapshots()
        self._show_axis_kind()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Leave out what there is no room for: keys and menus reach it all the same."""
        training = len(self._playhead.snapshots.steps) > 1
        wanted = (self.width(), training, fonts.px(100), self._axis.kind, self._playhead.axis)
        if wanted == self._fits:
            return
        self._fits, room = wanted, self.width() - (_SNAPSHOTS if training else 0)
        self.axes.setVisible(room >= _WIDE)
        self.axis_chip.setVisible(room < _WIDE)
        self.keep.setVisible(room >= _MEDIUM)
        self.loop.show()
        self.speed.show()
        for each in (self.keep, self.speed, self.loop):  # beside two sliders and in large type
            if self._needed() <= self.width():
                return
            each.hide()

    def _needed(self) -> int:
        """The least width in which nothing that is shown lies over something else."""
        row = self.layout()
        assert row is not None  # it was laid out
        row.invalidate()
        return row.minimumSize().width()

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        for each in (*self.buttons.values(), self.play_training):
            each.retheme(theme, theme.t2)
        for part in (
            self.loop, self.speed, self.keep, self.newest, self.track, self.snapshots, self.time, self.axis_chip,
        ):  # fmt: skip
            part.retheme(theme)
        self._show_state()
        self._show_snapshots()  # which also fits all of it into the width that the type now needs

    def set_methods(self, methods: list[Method]) -> None:
        """Ticks of the first lane of each method that has steps, in the lanes' order."""
        self._methods = methods
        first: dict[Method, NDArray[np.float64]] = {}
        for steps, method in zip(self._playhead.steps, methods, strict=bool(methods)):
            if len(steps) > 1:
                first.setdefault(method, steps)
        self.track.set_ticks([Ticks(self._axis.places(np.asarray(steps)), each) for each, steps in first.items()])

    def set_axis(self, axis: TimeAxis) -> None:
        """Read slider and field by this lane's table from now on."""
        self._axis = axis
        self.track.set_labels(TIME_LABELS if axis.kind == "t" else axis.labels())
        self.time.set_axis(axis)
        self.set_methods(self._methods if len(self._methods) == len(self._playhead.steps) else [])
        self._show_time(self._playhead.t)
        self._show_state()
        self._fit()

    def _show_axis_kind(self) -> None:
        kind = self._playhead.axis
        self.axes.set_value(kind)
        self.axis_chip.set_words(SYMBOLS[kind])
        self._axis_actions[kind].setChecked(True)
        self._fit()

    def _show_time(self, t: float) -> None:
        self.track.set_place(self._axis.place(t))
        self.time.show_time(t)

    def _show_state(self) -> None:
        head = self._playhead
        span = (self._axis.place(head.span[0]), self._axis.place(head.span[1]))
        shown = (self._theme, head.playing, head.direction, head.mode, head.speed, span)
        if shown == self._shown:
            return
        self._shown = shown
        if self._theme is not None:
            forward, backward = head.playing and head.direction > 0, head.playing and head.direction < 0
            self.play.show_icon("pause" if forward else "play", self._theme, self._theme.on_prim)
            self.buttons["reverse"].show_icon("pause" if backward else "reverse", self._theme, self._theme.t2)
        self.loop.show_icon(_MODE_WORDS[head.mode][1])
        self.loop.set_words(_MODE_WORDS[head.mode][0])
        self.track.set_span(*span)
        self.speed.set_words(f"{head.speed:g}×")
        self._speeds[head.speed].setChecked(True)

    def _show_snapshots(self) -> None:
        head = self._playhead.snapshots
        for part in (self.newest, self.play_training, self.snapshots):
            part.setVisible(len(head.steps) > 1)
        if self._theme is not None:
            self.play_training.show_icon("pause" if head.playing else "play", self._theme, self._theme.t2)
        self.newest.setChecked(head.following)
        self._fit()

    def _toggle_newest(self) -> None:
        head = self._playhead.snapshots
        if head.following and head.step is not None:
            head.seek(head.step)
        else:
            head.follow()

    def _typed(self, text: str) -> None:
        try:
            self._playhead.jump(self._axis.parse(text))
        except SpecError as error:
            self.time.refuse()
            self.refused.emit(error.message)
