"""The transport bar: play, step, loop, speed, the sliders over time and training, and the typed time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PyQt6.QtCore import QRect, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QActionGroup, QColor, QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QWidget

from core.errors import SpecError
from workbench.model.playhead import SPEEDS, Playhead
from workbench.painters import fonts
from workbench.views.marks import Method
from workbench.views.theme import DARK, Theme
from workbench.widgets.chip import Chip
from workbench.widgets.controls import IconButton
from workbench.widgets.style import mark
from workbench.widgets.track import SnapshotTrack, Ticks, Track

TIME_LABELS = ((0.0, "0 noise"), (0.25, "0.25"), (0.5, "0.5"), (0.75, "0.75"), (1.0, "1 data"))


class TimeField(QLineEdit):
    """The time as a number; what is typed is said once, on Return or when the focus leaves."""

    typed = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(86)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setTextMargins(16, 0, 2, 0)
        self.setFont(fonts.ui(13, 500))
        self.setAccessibleName("Time t")
        self.setToolTip("Type a time from 0 to 1: it goes to the nearest recorded step")
        self.returnPressed.connect(self._commit)
        self.textEdited.connect(lambda _: mark(self, wrong=False))
        self._t = 0.0
        self._theme: Theme = DARK

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def show_time(self, t: float) -> None:
        self._t = t
        if not self.hasFocus():
            self.setText(f"{t:.3f}")

    def refuse(self) -> None:
        """Mark what was typed; it stays to be mended as long as the field has the focus."""
        mark(self, wrong=self.hasFocus())
        self.selectAll()

    def _commit(self) -> None:
        self.setModified(False)
        self.typed.emit(self.text())
        if not self.property("wrong"):
            self.clearFocus()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        super().focusOutEvent(event)
        if self.isModified():
            self.setModified(False)
            self.typed.emit(self.text())
        mark(self, wrong=False)
        self.setText(f"{self._t:.3f}")

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.setModified(False)
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setFont(fonts.maths(16, italic=True))
        painter.setPen(QColor(self._theme.t3))
        painter.drawText(QRect(11, 0, 20, self.height() - 2), Qt.AlignmentFlag.AlignVCenter, "t")


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
        self.speed = Chip("Speed", menu=self._speed_menu())
        self.speed.setToolTip("At 1× it takes 5 seconds from noise to data")
        self.track = Track("Time", TIME_LABELS)
        self.track.setToolTip("Drag anywhere. The arrows go from one recorded step to the next.")
        self.newest = Chip("Follow the newest weights", "Newest")
        self.newest.setToolTip("Follow the newest weights")
        self.newest.setCheckable(True)
        self.snapshots = SnapshotTrack(playhead.snapshots)
        self.time = TimeField()
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
        row.addSpacing(4)
        row.addWidget(self.track, 3)
        row.addSpacing(4)
        row.addWidget(self.newest)
        row.addWidget(self.snapshots, 2)
        row.addSpacing(8)
        row.addWidget(self.time)

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

    def _connect(self) -> None:
        head = self._playhead
        head.t_changed.connect(self._show_time)
        head.state_changed.connect(self._show_state)
        head.snapshots.changed.connect(self._show_snapshots)
        self.track.moved.connect(head.seek)
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

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        for each in self.buttons.values():
            each.retheme(theme, theme.t2)
        for part in (self.loop, self.speed, self.newest, self.track, self.snapshots, self.time):
            part.retheme(theme)
        self._show_state()

    def set_methods(self, methods: list[Method]) -> None:
        """Ticks of the lanes that have steps, in the lanes' order."""
        pairs = zip(self._playhead.steps, methods, strict=True)
        self.track.set_ticks([Ticks(np.asarray(steps), method) for steps, method in pairs if len(steps) > 1])

    def _show_time(self, t: float) -> None:
        self.track.set_place(t)
        self.time.show_time(t)

    def _show_state(self) -> None:
        head = self._playhead
        if self._theme is not None:
            forward, backward = head.playing and head.direction > 0, head.playing and head.direction < 0
            self.play.show_icon("pause" if forward else "play", self._theme, self._theme.on_prim)
            self.buttons["reverse"].show_icon("pause" if backward else "reverse", self._theme, self._theme.t2)
        self.speed.set_words(f"{head.speed:g}×")
        self._speeds[head.speed].setChecked(True)

    def _show_snapshots(self) -> None:
        head = self._playhead.snapshots
        for part in (self.newest, self.snapshots):
            part.setVisible(len(head.steps) > 1)
        self.newest.setChecked(head.following)

    def _toggle_newest(self) -> None:
        head = self._playhead.snapshots
        if head.following and head.step is not None:
            head.seek(head.step)
        else:
            head.follow()

    def _typed(self, text: str) -> None:
        try:
            self._playhead.type_time(text)
        except SpecError as error:
            self.time.refuse()
            self.refused.emit(error.message)
