"""The ring around a button that the keyboard has reached: 2 px wide, 2 px off, over whatever lies beside it."""

from __future__ import annotations

from PyQt6 import sip
from PyQt6.QtCore import QEvent, QObject, QRectF, Qt, QTimer
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
            control.installEventFilter(self)
            self._place()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and watched is self._around:
            if event.type() in _MOVES:
                self._place()
            elif event.type() in _ENDS:
                self._leave()
                if isinstance(event, QFocusEvent) and event.reason() in _BY_KEY:  # an arrow, among exclusive buttons
                    QTimer.singleShot(0, self.follow)
        return False

    def _leave(self) -> None:
        if self._around is not None and not sip.isdeleted(self._around):
            self._around.removeEventFilter(self)
        self._around = None
        self.hide()

    def _place(self) -> None:
        control, window = self._around, self.parentWidget()
        assert control is not None
        assert window is not None
        margin = _OFF + _WIDTH
        place = control.rect().translated(control.mapTo(window, control.rect().topLeft()))
        self.setGeometry(place.adjusted(-margin, -margin, margin, margin))
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme.t1), _WIDTH))
        half = _WIDTH / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), _RADIUS, _RADIUS)
