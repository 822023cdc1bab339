"""The transport bar: play, step, loop, speed, the time slider, and the typed time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QPushButton, QVBoxLayout, QWidget

from core.errors import SpecError
from workbench.model.playhead import SPEEDS, Playhead
from workbench.views.marks import Method
from workbench.views.theme import Theme
from workbench.widgets.controls import Chip, IconButton, label
from workbench.widgets.track import Ticks, Track

TIME_LABELS = ((0.0, "0 noise"), (0.25, "0.25"), (0.5, "0.5"), (0.75, "0.75"), (1.0, "1 data"))


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
        self._buttons = {
            name: IconButton(actions[name], name, 20, 32) for name in ("to-start", "reverse", "step-back", "step-on")
        }
        self.play = IconButton(actions["play"], "play", 20, 40, role="play")
        self.loop = Chip(actions["loop"], "L")
        self.speed = QPushButton("1×")
        self.speed.setObjectName("chip")
        self.speed.setAccessibleName("Speed")
        self.speed.setMenu(self._speed_menu())
        self.track = Track("Time", TIME_LABELS)
        self.time = QLineEdit()
        self.time.setFixedWidth(86)
        self.time.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.time.setAccessibleName("Time t")
        self.time.setToolTip("Type a time from 0 to 1; it snaps to the nearest recorded step")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(4)
        for name in ("to-start", "reverse", "step-back"):
            row.addWidget(self._buttons[name])
        row.addSpacing(4)
        row.addWidget(self.play)
        row.addSpacing(4)
        row.addWidget(self._buttons["step-on"])
        row.addSpacing(12)
        row.addWidget(self.loop)
        row.addWidget(self.speed)
        row.addWidget(self.track, 1)
        self.snapshots = QVBoxLayout()
        row.addLayout(self.snapshots)
        symbol = label("t", "t2")
        symbol.setStyleSheet("font-family: 'CMU Serif'; font-style: italic; font-size: 16px;")
        row.addWidget(symbol)
        row.addWidget(self.time)

    def _speed_menu(self) -> QMenu:
        menu = QMenu(self)
        for speed in SPEEDS:
            action = menu.addAction(f"{speed:g}×")
            assert action is not None  # Qt made it
            action.triggered.connect(lambda _=False, s=speed: self._playhead.set_speed(s))
        return menu

    def _connect(self) -> None:
        head = self._playhead
        head.t_changed.connect(self._show_time)
        head.state_changed.connect(self._show_state)
        self.track.moved.connect(head.seek)
        self.track.grabbed.connect(head.grab)
        self.track.released.connect(head.release)
        self.track.stepped.connect(head.step)
        self.time.editingFinished.connect(self._typed)
        self._show_time(head.t)

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        for each in self._buttons.values():
            each.retheme(theme)
        self.track.retheme(theme)
        self._show_state()

    def set_methods(self, methods: list[Method]) -> None:
        """Ticks of the lanes that have steps, in the lanes' order."""
        pairs = zip(self._playhead.steps, methods, strict=True)
        self.track.set_ticks([Ticks(np.asarray(steps), method) for steps, method in pairs if len(steps) > 1])

    def _show_time(self, t: float) -> None:
        self.track.set_place(t)
        if not self.time.hasFocus():
            self.time.setText(f"{t:.3f}")

    def _show_state(self) -> None:
        head = self._playhead
        if self._theme is not None:
            forward, backward = head.playing and head.direction > 0, head.playing and head.direction < 0
            self.play.show_icon("pause" if forward else "play", self._theme, self._theme.on_prim)
            self._buttons["reverse"].show_icon("pause" if backward else "reverse", self._theme)
        self.speed.setText(f"{head.speed:g}×")

    def _typed(self) -> None:
        if not self.time.isModified():
            return
        self.time.setModified(False)
        try:
            self._playhead.type_time(self.time.text())
        except SpecError as error:
            self.refused.emit(error.message)
        self.time.clearFocus()
        self.time.setText(f"{self._playhead.t:.3f}")
