"""The ring around a button that the keyboard has reached: 2 px wide, 2 px off, over whatever lies beside it."""

from __future__ import annotations

from PyQt6 import sip
from PyQt6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, QTimer
from PyQt6.QtGui import QColor, QFocusEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractButton, QSlider, QWidget

from workbench.views.theme import DARK, Theme

_OFF, _WIDTH, _RADIUS = 2, 2, 8
_MOVES = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show)
_ENDS = (QEvent.Type.FocusOut, QEvent.Type.Hide)
_BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class FocusRing(QWidget):
    """One ring for a whole window. It is shown for keyboard focus only: a click needs none."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._theme: Theme = DARK
        self._around: QWidget | None = None
        self._watched: list[QWidget] = []
        """The control and all that it lies in: where one of them moves, so does the control."""
        self.hide()

    @property
    def around(self) -> QWidget | None:
        """The control that was reached by Tab and still has the focus."""
        return self._around

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def follow(self) -> None:
        """Tab was pressed: go to where the focus is now. Fields and the track show it by themselves."""
        self._leave()
        window = self.window()
        control = window.focusWidget() if window is not None else None
        if isinstance(control, QAbstractButton | QSlider):
            self._around = control
            self._watched = _up_to(control, self.parentWidget())
            for each in self._watched:
                each.installEventFilter(self)
            self._place()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and self._around is not None:
            if event.type() in _MOVES:
                QTimer.singleShot(0, self._place)  # when all that moves with it has its place
            elif watched is self._around and event.type() in _ENDS:
                self._leave()
                if isinstance(event, QFocusEvent) and event.reason() in _BY_KEY:  # an arrow, among exclusive buttons
                    QTimer.singleShot(0, self.follow)
        return False

    def _leave(self) -> None:
        for each in self._watched:
            if not sip.isdeleted(each):
                each.removeEventFilter(self)
        self._around, self._watched = None, []
        self.hide()

    def _place(self) -> None:
        control, window = self._around, self.parentWidget()
        if control is None or sip.isdeleted(control):
            return
        assert window is not None  # made with one
        margin = _OFF + _WIDTH
        place = control.rect().translated(control.mapTo(window, control.rect().topLeft()))
        self.setGeometry(place.adjusted(-margin, -margin, margin, margin))
        self.setVisible(_is_seen(control, self._watched))
        self.raise_()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme.t1), _WIDTH))
        half = _WIDTH / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), _RADIUS, _RADIUS)


def _up_to(control: QWidget, top: QWidget | None) -> list[QWidget]:
    """A control and the widgets around it, as far as the one that holds the ring."""
    out: list[QWidget] = []
    each: QWidget | None = control
    while each is not None and each is not top:
        out.append(each)
        each = each.parentWidget()
    return out


def _is_seen(control: QWidget, around: list[QWidget]) -> bool:
    """Whether some of the control lies inside all that is around it: it may be scrolled away."""
    return control.isVisible() and all(
        each.rect().intersects(control.rect().translated(control.mapTo(each, QPoint(0, 0)))) for each in around
    )
