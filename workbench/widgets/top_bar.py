"""The top bar: the product's name and menu, what is open, and the actions of the whole window."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from workbench.views.theme import Theme
from workbench.widgets.controls import IconButton, label
from workbench.widgets.icons import icon

#: Actions with a button at the right. One row adds a button.
BUTTONS = ("open", "save", "export", "theme", "panel")


class TopBar(QWidget):
    """Shows a title, which its owner sets."""

    def __init__(self, actions: Mapping[str, QAction], menu: QMenu) -> None:
        super().__init__()
        self.setObjectName("topbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(40)
        row = QHBoxLayout(self)
        row.setContentsMargins(7, 0, 8, 0)
        row.setSpacing(0)
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
        self.title = label("")
        # a long title gives way before the buttons do
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row.addWidget(self.title, 1)
        self.place = label("")
        row.addWidget(self.place, 1)
        self._buttons = [IconButton(actions[name], name, 18, 28) for name in BUTTONS]
        for each in self._buttons:
            row.addSpacing(6)
            row.addWidget(each)

    def show_place(self, name: str) -> None:
        """Beside the lanes stands their title, elsewhere the name of the place."""
        self.title.setVisible(name == "lanes")
        self.place.setVisible(name != "lanes")
        self.place.setText(name.capitalize())

    def retheme(self, theme: Theme) -> None:
        self._logo.setIcon(icon("logo", theme.t1, 20))
        for each in self._buttons:
            each.retheme(theme, theme.t1 if each.isCheckable() else theme.t2)
