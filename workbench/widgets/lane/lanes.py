"""The lanes: headers above and feet below the one canvas, and what covers a lane that has nothing to show yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QRect, QRectF, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QMenu, QWidget

from workbench.model.session import MOST_LANES
from workbench.painters.stage import Stage
from workbench.painters.stage.camera import GUTTER
from workbench.views.marks import OVERLAYS, Overlay, Scene
from workbench.views.readout import readout
from workbench.views.theme import DARK, Theme
from workbench.widgets.lane import big_lane, lane_foot, lane_header
from workbench.widgets.lane.big_lane import BigLane
from workbench.widgets.lane.lane_foot import LaneFoot
from workbench.widgets.lane.lane_header import LaneHeader
from workbench.widgets.lane.lane_states import EMPTY_LANE, PROGRESS_HEIGHT, MessagePanel, MessageSpec, ProgressStrip
from workbench.widgets.lane.picture_strip import PictureStrip
from workbench.widgets.lane.readout import Readout

_LEAST_CANVAS, _CORNER = 120, 8
"""Pixels of a canvas, and of the round corners of a lane that has nothing to show."""


class LanesView(QWidget):
    """One to four lanes in a row; None in place of a scene is an empty lane."""

    lane_selected = pyqtSignal(int)
    cancel = pyqtSignal(int)
    message_action = pyqtSignal(int, str)
    strips_changed = pyqtSignal()
    """One of the strips below the lanes came or went."""
    equations_asked = pyqtSignal()
    """All equations, or only one of each lane: a foot was double-clicked."""
    menu_requested = pyqtSignal(int, QMenu)
    """A lane's menu is about to open: add its actions."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = Stage(self)
        self.stage.lane_pressed.connect(self.lane_selected)
        self.stage.pointer_moved.connect(self._point)
        self.stage.pointer_left.connect(self._unpoint)
        self.readout = Readout(self)
        self.frames = PictureStrip(self, "Key frames", "Every lane at recorded times; a click goes there")
        self.strip = PictureStrip(self, "Forward process", "Data run to noise, read from right to left")
        for strip in (self.frames, self.strip):
            strip.hide()
        self._below: list[PictureStrip] = []
        self._pointed: tuple[int, float, float] | None = None
        self._overlays: frozenset[Overlay] = frozenset(OVERLAYS)
        self._scenes: tuple[Scene | None, ...] = ()
        self._theme = DARK
        self._cursor = 0.0
        self._selected = -1
        self._foot_height = lane_foot.HEIGHT
        self._plain = False
        self._big: list[BigLane] = []
        self._messages: dict[int, MessageSpec] = {}
        self._headers: list[LaneHeader] = []
        self._feet: list[LaneFoot] = []
        self._panels: list[MessagePanel] = []
        self._strips: list[ProgressStrip] = []
        self.setMinimumSize(320, 240)

    def set_scenes(self, scenes: tuple[Scene | None, ...], theme: Theme, keys: Sequence[int] = ()) -> None:
        """Show these lanes; cheap where the scenes hold the same arrays as before. ``keys`` tell which is which."""
        if len(scenes) > MOST_LANES:
            raise ValueError(f"at most {MOST_LANES} lanes fit, given {len(scenes)}")
        if len(scenes) != len(self._scenes):
            self._messages = {i: spec for i, spec in self._messages.items() if i < len(scenes)}
        if theme is not self._theme or len(scenes) != len(self._scenes):
            self.update()
        self._scenes, self._theme = scenes, theme
        while len(self._headers) < len(scenes):
            self._add_parts(len(self._headers))
        self.stage.set_scenes(scenes, theme, keys)
        self._refresh()
        self._arrange()
        self._read_out()

    def set_cursor(self, t: float) -> None:
        """Show all lanes at t."""
        self._cursor = t
        self.stage.set_cursor(t)
        for header, foot in zip(self._headers, self._feet, strict=True):
            header.set_cursor_t(t)
            foot.set_cursor_t(t)
        for big in self._big:
            big.set_cursor_t(t)
        for strip in (self.frames, self.strip):
            strip.set_cursor(t)
        self._read_out()

    def set_equations(self, all_of_them: bool) -> None:
        """Show all equations of each lane, or what it follows."""
        self._foot_height = lane_foot.TALL if all_of_them else lane_foot.HEIGHT
        self._arrange()

    def set_plain(self, plain: bool) -> None:
        """For large type from afar: `BigLane` instead of headers and feet, and nothing else in the canvas."""
        self._plain = plain
        self.stage.set_plain(plain)
        self._refresh()
        self._arrange()

    def set_overlays(self, overlays: frozenset[Overlay]) -> None:
        self._overlays = overlays
        self.stage.set_overlays(overlays)
        self._read_out()

    def show_strip(self, strip: PictureStrip, shown: bool) -> None:
        """Show or hide one of the strips below the lanes; where lanes stand alone both are hidden, and where there is
        room for one the newer one is shown."""
        if shown == (strip in self._below):
            return
        if shown:
            self._below.append(strip)
        else:
            self._below.remove(strip)
        self._arrange()
        self.strips_changed.emit()

    @property
    def has_strips(self) -> bool:
        """Whether any is asked for."""
        return bool(self._below)

    def set_selected(self, index: int) -> None:
        """Frame this lane; -1 for none."""
        if index == self._selected:
            return
        self._selected = index
        self.stage.set_selected(index)
        self._refresh()

    def _point(self, lane: int, x: float, y: float) -> None:
        self._pointed = (lane, x, y)
        self._read_out()

    def _unpoint(self) -> None:
        self._pointed = None
        self.readout.hide()

    def _read_out(self) -> None:
        """The values under the mouse at the cursor, where it is over a lane that shows something."""
        lane, x, y = self._pointed or (-1, 0.0, 0.0)
        scene = self._scenes[lane] if 0 <= lane < len(self._scenes) else None
        if scene is None or self._panels[lane].isVisible():
            self.readout.hide()
            return
        camera, (left, width) = self.stage.camera(lane), self.stage.spans()[lane]
        px = left + width / 2 + (x - camera.x) * camera.scale
        py = self.stage.y() + self.stage.height() / 2 - (y - camera.y) * camera.scale
        room = QRectF(left + 2, self.stage.y() + 2, width - 4, self.stage.height() - 4)
        lines = readout(scene, self._overlays, x, y, self._cursor)
        if not lines:  # between images
            self.readout.hide()
            return
        self.readout.show_lines(lines, self._theme, round(px), round(py), room)

    def show_message(self, index: int, spec: MessageSpec | None) -> None:
        """Cover a lane's canvas with words and buttons; None uncovers it."""
        if spec == self._messages.get(index):
            return
        if spec is None:
            self._messages.pop(index, None)
        else:
            self._messages[index] = spec
        self._refresh()
        self._arrange()

    def show_progress(
        self, index: int, done: int, total: int, seconds_left: float | None, *, waited: bool = False
    ) -> None:
        """How far a busy lane is; `hide_progress` ends it. Waits under 0.3 s are not shown, unless somebody has
        ``waited`` for longer before it was told."""
        if index < len(self._strips):  # a new lane stands a moment later
            self._strips[index].show_progress(done, total, seconds_left, self._theme, waited=waited)

    def hide_progress(self, index: int) -> None:
        if index < len(self._strips):
            self._strips[index].stop()

    def _add_parts(self, index: int) -> None:
        header, foot = LaneHeader(self), LaneFoot(self)
        panel, strip = MessagePanel(self), ProgressStrip(self)
        header.pressed.connect(self._emitter(self.lane_selected.emit, index))
        foot.pressed.connect(self._emitter(self.lane_selected.emit, index))
        foot.setFixedHeight(self._foot_height)
        foot.asked.connect(self.equations_asked)
        strip.cancelled.connect(self._emitter(self.cancel.emit, index))
        header.menu_requested.connect(lambda menu: self.menu_requested.emit(index, menu))
        panel.action.connect(lambda name: self.message_action.emit(index, name))
        self._headers.append(header)
        self._big.append(BigLane(self))
        self._feet.append(foot)
        self._panels.append(panel)
        self._strips.append(strip)

    @staticmethod
    def _emitter(emit: Callable[[int], None], index: int) -> Callable[[], None]:
        return lambda: emit(index)

    def _refresh(self) -> None:
        """Bring the widgets of every lane up to what is known."""
        for i, (header, foot, panel, strip) in enumerate(
            zip(self._headers, self._feet, self._panels, self._strips, strict=True)
        ):
            scene = self._scenes[i] if i < len(self._scenes) else None
            if scene is not None:
                header.show_lane(scene.lane, self._theme, self._cursor, selected=i == self._selected)
                foot.show_lane(scene.lane, self._theme, self._cursor, selected=i == self._selected)
            header.setVisible(scene is not None and not self._plain)
            foot.setVisible(scene is not None and not self._plain)
            self._big[i].show_lane(scene.lane if scene is not None and self._plain else None, self._theme, self._cursor)
            spec = self._messages.get(i, EMPTY_LANE if scene is None else None)
            if spec is not None:
                panel.show_message(spec, self._theme, whole=scene is None, big=self._plain)
            panel.setVisible(spec is not None and i < len(self._scenes))
            if i >= len(self._scenes):
                strip.stop()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        QPainter(self).fillRect(self.rect(), QColor(self._theme.win))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._arrange()

    def _arrange(self) -> None:
        whole = self.height()
        least, room = lane_header.HEIGHT + _LEAST_CANVAS + lane_foot.HEIGHT, whole
        seen: list[PictureStrip] = []
        for below in reversed([] if self._plain else self._below):
            room -= below.height() + GUTTER
            if room >= least:
                seen.append(below)
        for below in (self.strip, self.frames):
            if below in seen:
                whole -= below.height() + GUTTER
                below.setGeometry(0, whole + GUTTER, self.width(), below.height())
            below.setVisible(below in seen)
        room = whole - lane_header.HEIGHT - _LEAST_CANVAS
        foot = max(lane_foot.HEIGHT, min(self._foot_height, room))
        top, bottom = lane_header.HEIGHT, whole - foot
        if self._plain:
            top, bottom = big_lane.HEAD, whole - big_lane.FOOT
        self.stage.setGeometry(0, top, self.width(), bottom - top)
        for i, (left, width) in enumerate(self.stage.spans()):
            self._headers[i].setGeometry(left, 0, width, lane_header.HEIGHT)
            self._big[i].place(QRect(left, 0, width, whole))
            self._feet[i].setFixedHeight(foot)
            self._feet[i].setGeometry(left, bottom, width, foot)
            inside, card = QRect(left + 1, top, width - 2, bottom - top), QRect(left, 0, width, whole)
            empty = self._scenes[i] is None
            self._panels[i].setGeometry(card if empty else inside)
            self._panels[i].raise_()
            strip = card.adjusted(_CORNER, 0, -_CORNER, -_CORNER) if empty else inside
            strip.setTop(strip.bottom() + 1 - PROGRESS_HEIGHT)
            self._strips[i].setGeometry(strip)
            self._strips[i].raise_()
