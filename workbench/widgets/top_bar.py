"""The top bar: the product's name and menu, what is open, and the actions of the whole window."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QAction, QColor, QKeySequence, QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from workbench.painters import fonts
from workbench.views.theme import DARK, Theme
from workbench.views.words import first_fitting
from workbench.widgets.controls import Elided, IconButton, label
from workbench.widgets.icons import icon, pixmap

#: Actions with a button at the right. One row adds a button.
BUTTONS = ("undo", "redo", "open", "save", "export", "theme", "panel")
_SAID = "Search actions, presets and runs"
_SEARCH, _SHORT_SEARCH, _NARROW = 280, 150, 1100
"""Widths of the field, and that of the bar below which it is short; at the usual size of type."""


class TopBar(QWidget):
    """Shows a title, which its owner sets."""

    def __init__(self, actions: Mapping[str, QAction], menu: QMenu) -> None:
        super().__init__()
        self.setObjectName("topbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(40)
        row, right = _row(), _row()
        self._logo = QToolButton()
        self._logo.setIconSize(QSize(20, 20))
        self._logo.setFixedSize(30, 30)
        self._logo.setToolTip("Menu")
        self._logo.setAccessibleName("Menu")
        self._logo.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._logo.setMenu(menu)
        self._logo.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row.addWidget(self._logo)
        row.addSpacing(7)
        row.addWidget(label("Flowscope", "brand"))
        line = QFrame()
        line.setObjectName("hairline")
        line.setFixedSize(1, 16)
        row.addSpacing(12)
        row.addWidget(line)
        row.addSpacing(12)
        self.title = Elided("")
        # a long title gives way before the buttons do
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row.addWidget(self.title, 1)
        self.place = label("")
        row.addWidget(self.place, 1)
        self.search = SearchButton(actions["palette"])
        right.addStretch(1)
        self._buttons = [IconButton(actions[name], name, 18, 28) for name in BUTTONS]
        for each in self._buttons:
            right.addSpacing(6)
            right.addWidget(each)
        whole = _row()
        whole.setContentsMargins(7, 0, 8, 0)
        row.setContentsMargins(0, 0, 12, 0)  # a title that is cut off ends before the field
        whole.addWidget(_half(row), 1)
        whole.addWidget(self.search)
        whole.addWidget(_half(right), 1)
        self.setLayout(whole)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """In a narrow window the title of what is open comes before the words of the field."""
        self.search.setFixedWidth(fonts.px(_SEARCH if self.width() >= fonts.px(_NARROW) else _SHORT_SEARCH))

    def show_place(self, name: str) -> None:
        """Beside the lanes and their charts stands their title, elsewhere the name of the place."""
        self.title.setVisible(name in ("lanes", "charts"))
        self.place.setVisible(not self.title.isVisibleTo(self))
        self.place.setText(name.capitalize())

    def retheme(self, theme: Theme) -> None:
        self._logo.setIcon(icon("logo", theme.t1, 20))
        self.search.retheme(theme)
        self._fit()
        for each in self._buttons:
            each.retheme(theme, theme.t1 if each.isCheckable() else theme.t2)


def _row() -> QHBoxLayout:
    """Without margins or gaps."""
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(0)
    return row


def _half(row: QHBoxLayout) -> QWidget:
    """As wide as its other half, whatever is in it, so that what lies between stands in the middle."""
    half = QWidget()
    half.setLayout(row)
    half.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return half


class SearchButton(QPushButton):
    """Looks like a field and opens the palette, which has the real one."""

    def __init__(self, action: QAction) -> None:
        super().__init__()
        self.setObjectName("search")
        self.setAccessibleName(_SAID)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(28)
        self.clicked.connect(action.trigger)
        self._action = action
        self._theme: Theme = DARK
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setToolTip(self._action.toolTip())
        self.update()

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        painter, theme = QPainter(self), self._theme
        painter.drawPixmap(10, 7, pixmap("search", theme.t2, 14, self.devicePixelRatioF()))
        painter.setFont(fonts.ui(12))
        place = self.rect().adjusted(32, 0, -10, 0)
        key = self._action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        metrics = painter.fontMetrics()
        room = place.width() - metrics.horizontalAdvance(key) - 12
        said = first_fitting((_SAID, _SAID.partition(" ")[0]), lambda words: metrics.horizontalAdvance(words) <= room)
        for words, side, colour in (
            (said, Qt.AlignmentFlag.AlignLeft, theme.t2),
            (key, Qt.AlignmentFlag.AlignRight, theme.t3),
        ):
            painter.setPen(QColor(colour))
            painter.drawText(place, side | Qt.AlignmentFlag.AlignVCenter, words)
