"""The rail at the left edge: the places of the application, only those that exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PyQt6.QtCore import QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QAction, QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from workbench.painters import fonts
from workbench.views.theme import DARK, Theme
from workbench.widgets.icons import pixmap

WIDTH = 56
_ICON, _GAP = 18, 2


@dataclass(frozen=True)
class Place:
    """An entry of the rail, and the action that goes there."""

    icon: str
    text: str
    action: str
    bottom: bool = False


#: One row adds an entry.
PLACES = (
    Place("library", "Library", "library"),
    Place("lanes", "Lanes", "lanes"),
    Place("charts", "Charts", "charts"),
    Place("settings", "Settings", "settings", bottom=True),
    Place("help", "Help", "help", bottom=True),
)


class RailButton(QAbstractButton):
    """An icon over its name; where one is, a bar at the window's edge says so."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.setText(place.text)
        self.setAccessibleName(place.text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFixedSize(fonts.px(WIDTH) - 1, fonts.px(48))
        self._icon, self._here = place.icon, False
        self._theme: Theme = DARK

    def sizeHint(self) -> QSize:
        return self.size()

    def set_here(self, here: bool) -> None:
        """Mark the place that one is in."""
        self._here = here
        self.setAccessibleDescription("You are here" if here else "")
        self.update()

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self.setFixedSize(fonts.px(WIDTH) - 1, fonts.px(48))
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self._here or self.underMouse():
            painter.setBrush(QColor(theme.sel if self._here else theme.hover))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(2, 0, -2, 0), 6, 6)
        if self._here:
            painter.setBrush(QColor(theme.t1))
            painter.drawRoundedRect(QRectF(-2, 10, 4, self.height() - 20), 2, 2)
        colour = theme.t1 if self._here else theme.t2
        line = fonts.px(16)
        top = (self.height() - _ICON - _GAP - line) // 2 + 1  # what is above letters looks like more than it is
        icon = pixmap(self._icon, colour, _ICON, self.devicePixelRatioF())
        painter.drawPixmap((self.width() - _ICON) // 2, top, icon)
        painter.setFont(fonts.ui(12))  # "Settings" in a heavier one would touch the edges of its ground
        painter.setPen(QColor(colour))
        place = QRect(0, top + _ICON + _GAP, self.width(), line)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, self.text())


class Rail(QWidget):
    """The table of places as buttons."""

    def __init__(self, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 1, 8)
        column.setSpacing(4)
        self._buttons = {place: RailButton(place) for place in PLACES}
        for place, button in self._buttons.items():
            button.setToolTip(actions[place.action].toolTip())
            button.clicked.connect(actions[place.action].trigger)
            actions[place.action].changed.connect(
                lambda shown=button, action=actions[place.action]: shown.setToolTip(action.toolTip())
            )
        for place in (place for place in PLACES if not place.bottom):
            column.addWidget(self._buttons[place])
        column.addStretch(1)
        for place in (place for place in PLACES if place.bottom):
            column.addWidget(self._buttons[place])

    def set_here(self, action: str) -> None:
        """Say which place one is in, by its action."""
        for place, button in self._buttons.items():
            button.set_here(place.action == action)

    def retheme(self, theme: Theme) -> None:
        self.setFixedWidth(fonts.px(WIDTH))
        for button in self._buttons.values():
            button.retheme(theme)
