"""A slider with a tick at every recorded step: the first method above the line, the second below."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from workbench.model.snapshots import SnapshotHead
from workbench.painters import fonts
from workbench.views.marks import Method
from workbench.views.theme import DARK, Theme

_MARGIN, _HEAD, _REACH = 12.0, 14.0, 15.0
_LINE, _LABELS, _LABEL_GAP = 25.0, 43.0, 6.0
_TICK, _GAP = 7.0, 4.0
_MOST_TICKS = 200
_OVERHANG = 7.0
_HANDLE, _FOOT, _NEAR_HANDLE = 11.0, 4.0, 6.0
"""The brackets around the part that is played: half their height, their feet, and how near a hand has to come."""
_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


@dataclass(frozen=True)
class Ticks:
    """The recorded places of one lane on the track, in [0, 1], in its method's colour; grey where they are nobody's."""

    places: NDArray[np.float64]
    method: Method | None = None


class Track(QWidget):
    """Emits where it is dragged to, as a place in [0, 1]; shows the place it is told.

    Where it may have a ``span``, dragging with Shift held chooses that part, its brackets can be dragged, and a double
    click chooses all again.
    """

    moved = pyqtSignal(float)
    spanned = pyqtSignal(float, float)
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
        self._span: tuple[float, float] | None = None
        self._fixed_end: float | None = None
        """The end of the span that stays while the other one is dragged."""
        self._theme: Theme = DARK
        self._pictures: tuple[QPixmap, QPixmap] | None = None
        """Ticks and labels where the head has been and where it has not: painted once, not for every frame."""

    def sizeHint(self) -> QSize:
        return QSize(560, 71)

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self._paint_anew()

    def set_labels(self, labels: tuple[tuple[float, str], ...]) -> None:
        if labels != self._labels:
            self._labels = labels
            self._paint_anew()

    def set_ticks(self, ticks: list[Ticks]) -> None:
        kept = ticks[:2]
        if [(each.method, *each.places) for each in kept] != [(each.method, *each.places) for each in self._ticks]:
            self._ticks = kept
            self._paint_anew()

    def _paint_anew(self) -> None:
        self._pictures = None
        self.update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._pictures = None

    @property
    def ticks(self) -> list[Ticks]:
        return self._ticks

    def set_place(self, place: float) -> None:
        if place != self._place:
            self._place = place
            self.update()

    @property
    def place(self) -> float:
        return self._place

    def set_span(self, low: float, high: float) -> None:
        """The part that is played, framed by brackets unless it is all."""
        if (low, high) != self._span:
            self._span = (low, high)
            self.update()

    @property
    def span(self) -> tuple[float, float] | None:
        return self._span

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
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        place = self._place_of(event.position().x())
        self._fixed_end = self._grabbed_end(event, place)
        if self._fixed_end is None:
            self.grabbed.emit()
            self.moved.emit(place)

    def _grabbed_end(self, event: QMouseEvent, place: float) -> float | None:
        """The end of the span that stays where a press begins to drag the other one; None for a press that scrubs."""
        if self._span is None:
            return None
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            return place
        x = event.position().x()
        if self._span == (0.0, 1.0) or abs(x - self.x_of(self._place)) <= _HEAD / 2 + 1:
            return None
        low, high = (abs(x - self.x_of(end)) for end in self._span)
        if min(low, high) > _NEAR_HANDLE:
            return None
        return self._span[1] if low < high else self._span[0]

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        place = self._place_of(event.position().x())
        if self._fixed_end is None:
            self.moved.emit(place)
        else:
            self.spanned.emit(min(place, self._fixed_end), max(place, self._fixed_end))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            if self._fixed_end is None:
                self.released.emit()
            self._fixed_end = None

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        if self._span is not None and self._span != (0.0, 1.0):
            self.spanned.emit(0.0, 1.0)
        else:
            self.mousePressEvent(event)

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
        if self._pictures is None or self._pictures[0].devicePixelRatio() != self.devicePixelRatioF():
            self._pictures = self._picture(1.0), self._picture(0.5)
        split = round(x) + 1
        for left, right, picture in zip((0, split), (split, self.width()), self._pictures, strict=True):
            painter.setClipRect(left, 0, right - left, self.height())
            painter.drawPixmap(0, 0, picture)
        painter.setClipping(False)
        self._draw_span(painter)
        painter.setPen(QPen(QColor(theme.prim), 2))
        painter.drawLine(QLineF(x, _LINE - _REACH, x, _LINE + _REACH))
        painter.setPen(QPen(QColor(theme.panel), 2))
        painter.setBrush(QColor(theme.prim))
        painter.drawEllipse(QPointF(x, _LINE), _HEAD / 2 + 1, _HEAD / 2 + 1)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.t1), 2))
            painter.drawEllipse(QPointF(x, _LINE), _HEAD / 2 + 3, _HEAD / 2 + 3)

    def _picture(self, alpha: float) -> QPixmap:
        """All ticks at this opacity, and the labels."""
        ratio = self.devicePixelRatioF()
        out = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        out.setDevicePixelRatio(ratio)
        out.fill(Qt.GlobalColor.transparent)
        painter = QPainter(out)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for i, ticks in enumerate(self._ticks):
            self._draw_ticks(painter, ticks, _LINE - _GAP - _TICK if i == 0 else _LINE + _GAP, alpha)
        self._draw_labels(painter)
        painter.end()
        return out

    def _draw_ticks(self, painter: QPainter, ticks: Ticks, top: float, alpha: float) -> None:
        colour = QColor(self._theme.methods[ticks.method] if ticks.method else self._theme.t2)
        colour.setAlphaF(alpha)
        painter.setPen(QPen(colour, 1.25))
        every = max(1, len(ticks.places) // _MOST_TICKS)
        for x in map(self.x_of, ticks.places[::every]):
            painter.drawLine(QLineF(x, top, x, top + _TICK))

    def _draw_span(self, painter: QPainter) -> None:
        """Brackets around the part that is played, and a veil over the rest."""
        if self._span is None or self._span == (0.0, 1.0):
            return
        veil = QColor(self._theme.panel)
        veil.setAlphaF(0.6)
        low, high = (self.x_of(end) for end in self._span)
        height = 2 * _HANDLE + 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(veil)
        painter.drawRect(QRectF(0, _LINE - height / 2, low, height))
        painter.drawRect(QRectF(high, _LINE - height / 2, self.width() - high, height))
        painter.setPen(QPen(QColor(self._theme.t1), 2))
        for x, foot in ((low, _FOOT), (high, -_FOOT)):
            painter.drawLine(QLineF(x, _LINE - _HANDLE, x, _LINE + _HANDLE))
            for y in (_LINE - _HANDLE, _LINE + _HANDLE):
                painter.drawLine(QLineF(x, y, x + foot, y))

    def _draw_labels(self, painter: QPainter) -> None:
        """Labels in the middle below their places, those at the ends flush with the line and a little beyond.

        The ends come first; one that finds no room is left out.
        """
        painter.setFont(fonts.ui(12))
        painter.setPen(QColor(self._theme.t2))
        metrics, taken = painter.fontMetrics(), list[tuple[float, float]]()
        for place, text in sorted(self._labels, key=lambda label: label[0] not in (0.0, 1.0)):
            wide = metrics.horizontalAdvance(text)
            left = self.x_of(place) - wide / 2
            if place == 0.0:
                left = self.x_of(place) - _OVERHANG
            elif place == 1.0:
                left = self.x_of(place) + _OVERHANG - wide
            if all(left > end + _LABEL_GAP or left + wide < start - _LABEL_GAP for start, end in taken):
                taken.append((left, left + wide))
                painter.drawText(QRectF(left, _LABELS, wide + 1, 16), Qt.AlignmentFlag.AlignVCenter, text)


class SnapshotTrack(Track):
    """Training steps across, a tick at each snapshot; follows the newest weights until it is touched, End again."""

    def __init__(self, head: SnapshotHead) -> None:
        super().__init__("Training step")
        self.setToolTip(
            "The training step whose weights are shown. End follows the newest ones.\n"
            "Shift and drag: play only this part. Double click: all of it again."
        )
        self._snapshots = head
        self.moved.connect(lambda place: head.seek(place * head.total))
        self.spanned.connect(head.set_span)
        self.stepped.connect(head.move)
        self.to_start.connect(lambda: head.seek(0.0))
        self.to_end.connect(head.follow)
        head.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        head = self._snapshots
        self.set_span(*head.span)
        if head.step is None:
            return
        self.set_ticks([Ticks(head.steps / head.total)])
        self.set_place(head.step / head.total)
        self.set_labels(((0.0, f"weights at step {head.step:,.0f}"), (1.0, f"{head.total:,.0f}")))
