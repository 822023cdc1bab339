"""A slider with a tick at every recorded step: the first method above the line, the second below."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from workbench.model.playhead import SnapshotHead
from workbench.painters import fonts
from workbench.views.marks import Method
from workbench.views.theme import DARK, Theme

_MARGIN, _HEAD, _REACH = 12.0, 14.0, 15.0
_LINE, _LABELS, _LABEL_WIDTH = 25.0, 43.0, 200.0
_TICK, _GAP = 7.0, 4.0
_MOST_TICKS = 200
_OVERHANG = 7.0
_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


@dataclass(frozen=True)
class Ticks:
    """The recorded places of one lane on the track, in [0, 1], in its method's colour; grey where they are nobody's."""

    places: NDArray[np.float64]
    method: Method | None = None


class Track(QWidget):
    """Emits where it is dragged to, as a place in [0, 1]; shows the place it is told."""

    moved = pyqtSignal(float)
    grabbed = pyqtSignal()
    released = pyqtSignal()
    stepped = pyqtSignal(int)
    to_start = pyqtSignal()
    to_end = pyqtSignal()

    def __init__(self, name: str, labels: tuple[tuple[float, str], ...] = ()) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 60)
        self._labels = labels
        self._ticks: list[Ticks] = []
        self._place = 0.0
        self._theme: Theme = DARK

    def sizeHint(self) -> QSize:
        return QSize(560, 71)

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_labels(self, labels: tuple[tuple[float, str], ...]) -> None:
        self._labels = labels
        self.update()

    def set_ticks(self, ticks: list[Ticks]) -> None:
        self._ticks = ticks[:2]
        self.update()

    @property
    def ticks(self) -> list[Ticks]:
        return self._ticks

    def set_place(self, place: float) -> None:
        self._place = place
        self.update()

    @property
    def place(self) -> float:
        return self._place

    def x_of(self, place: float) -> float:
        """Pixel of a place."""
        return _MARGIN + place * (self.width() - 2 * _MARGIN)

    def _place_of(self, x: float) -> float:
        return min(1.0, max(0.0, (x - _MARGIN) / (self.width() - 2 * _MARGIN)))

    # --- hands ---------------------------------------------------------------------------------------------------

    def event(self, event: QEvent | None) -> bool:
        # the arrows move the slider that has the focus, whichever shortcut they are elsewhere
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and event.key() in _KEYS:
            event.accept()
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.grabbed.emit()
            self.moved.emit(self._place_of(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self.moved.emit(self._place_of(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.released.emit()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.stepped.emit(1 if key == Qt.Key.Key_Right else -1)
        elif key == Qt.Key.Key_Home:
            self.to_start.emit()
        elif key == Qt.Key.Key_End:
            self.to_end.emit()
        else:
            super().keyPressEvent(event)

    # --- picture -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, x = self._theme, self.x_of(self._place)
        painter.setPen(Qt.PenStyle.NoPen)
        for right, colour in ((self.x_of(1), theme.line2), (x, theme.t1)):
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(_MARGIN, _LINE - 1.5, right - _MARGIN, 3), 1.5, 1.5)
        for i, ticks in enumerate(self._ticks):
            self._draw_ticks(painter, ticks, _LINE - _GAP - _TICK if i == 0 else _LINE + _GAP)
        self._draw_labels(painter)
        painter.setPen(QPen(QColor(theme.prim), 2))
        painter.drawLine(QLineF(x, _LINE - _REACH, x, _LINE + _REACH))
        painter.setPen(QPen(QColor(theme.panel), 2))
        painter.setBrush(QColor(theme.prim))
        painter.drawEllipse(QPointF(x, _LINE), _HEAD / 2 + 1, _HEAD / 2 + 1)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.t1), 2))
            painter.drawEllipse(QPointF(x, _LINE), _HEAD / 2 + 3, _HEAD / 2 + 3)

    def _draw_ticks(self, painter: QPainter, ticks: Ticks, top: float) -> None:
        colour = QColor(self._theme.methods[ticks.method] if ticks.method else self._theme.t2)
        every = max(1, len(ticks.places) // _MOST_TICKS)
        for place in ticks.places[::every]:
            colour.setAlphaF(1.0 if place <= self._place + 1e-9 else 0.5)
            painter.setPen(QPen(colour, 1.25))
            painter.drawLine(QLineF(self.x_of(place), top, self.x_of(place), top + _TICK))

    def _draw_labels(self, painter: QPainter) -> None:
        """Labels in the middle below their places, those at the ends flush with the line and a little beyond."""
        painter.setFont(fonts.ui(12))
        painter.setPen(QColor(self._theme.t2))
        for place, text in self._labels:
            x, side = self.x_of(place), Qt.AlignmentFlag.AlignHCenter
            left = x - _LABEL_WIDTH / 2
            if place == 0.0:
                left, side = x - _OVERHANG, Qt.AlignmentFlag.AlignLeft
            elif place == 1.0:
                left, side = x + _OVERHANG - _LABEL_WIDTH, Qt.AlignmentFlag.AlignRight
            painter.drawText(QRectF(left, _LABELS, _LABEL_WIDTH, 16), side | Qt.AlignmentFlag.AlignVCenter, text)


class SnapshotTrack(Track):
    """Training steps across, a tick at each snapshot; follows the newest weights until it is touched, End again."""

    def __init__(self, head: SnapshotHead) -> None:
        super().__init__("Training step")
        self.setToolTip("The training step whose weights are shown. End follows the newest ones.")
        self._snapshots = head
        self.moved.connect(lambda place: head.seek(place * head.total))
        self.stepped.connect(head.move)
        self.to_start.connect(lambda: head.seek(0.0))
        self.to_end.connect(head.follow)
        head.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        head = self._snapshots
        if head.step is None:
            return
        self.set_ticks([Ticks(head.steps / head.total)])
        self.set_place(head.step / head.total)
        self.set_labels(((0.0, f"weights at step {head.step:,.0f}"), (1.0, f"{head.total:,.0f}")))
