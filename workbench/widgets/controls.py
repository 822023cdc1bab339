"""Small controls that the bars and forms are made of."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QPainter, QPaintEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QToolButton,
    QWidget,
)

from workbench.views.theme import Theme
from workbench.widgets.icons import icon


def label(text: str, role: str = "", parent: QWidget | None = None) -> QLabel:
    """Text in one of the roles of the style sheet: t2, t3, small, name, section, title."""
    out = QLabel(text, parent)
    out.setObjectName(role)
    return out


_LEAST_LETTERS = 5
"""Of a text that is cut off, with what stands for the rest."""


class Elided(QLabel):
    """A line with dots where there is no room for all of it, and left out where a few letters would say nothing; the
    tooltip has the whole. No word of it is markup."""

    def __init__(self, text: str = "", where: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__()
        self._where = where
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    @property
    def seen(self) -> str:
        """What of it is shown now."""
        text = self.fontMetrics().elidedText(self.text(), self._where, self.width())
        return text if text == self.text() or len(text) > _LEAST_LETTERS else ""

    def setText(self, text: str | None) -> None:
        super().setText(text)
        self.setToolTip(f"<p>{html.escape(text)}</p>" if text and "<" in text else text or "")

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, a0: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.seen)


def ruled(table: QTableView, name: str) -> tuple[QHeaderView, QHeaderView]:
    """Make a table of lines alone: no grid, no numbers, widths that the page gives; its headers of rows and columns."""
    table.setAccessibleName(name)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    rows, columns = table.verticalHeader(), table.horizontalHeader()
    assert rows is not None  # every table has both
    assert columns is not None
    rows.hide()
    columns.setHighlightSections(False)
    columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    return rows, columns


def button(text: str, on_click: Callable[[], None], *, role: str = "") -> QPushButton:
    out = QPushButton(text)
    out.setObjectName(role)
    out.setAccessibleName(text)
    out.clicked.connect(lambda: on_click())
    return out


def hairline() -> QFrame:
    out = QFrame()
    out.setObjectName("hairline")
    out.setFixedHeight(1)
    return out


class IconButton(QToolButton):
    """A button that shows an action by its icon; `retheme` colours it."""

    def __init__(self, action: QAction, name: str, px: int = 18, size: int = 30, role: str = "") -> None:
        super().__init__()
        self._name, self._px = name, px
        self.setObjectName(role)
        self.setIconSize(QSize(px, px))
        self.setFixedSize(size, size)
        self.setCheckable(action.isCheckable())
        self.setChecked(action.isChecked())
        self.setToolTip(action.toolTip())
        self.setAccessibleName(action.text())
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(action.trigger)
        action.toggled.connect(self.setChecked)
        action.changed.connect(lambda: self._follow(action))
        self._follow(action)

    def _follow(self, action: QAction) -> None:
        """The action's key or what it can do has changed."""
        self.setToolTip(action.toolTip())
        self.setEnabled(action.isEnabled())

    def show_icon(self, name: str, theme: Theme, colour: str | None = None) -> None:
        self._name = name
        self.retheme(theme, colour)

    def retheme(self, theme: Theme, colour: str | None = None) -> None:
        self.setIcon(icon(self._name, colour or theme.t1, self._px))


class Segments(QWidget):
    """A few exclusive choices side by side."""

    chosen = pyqtSignal(str)

    def __init__(self, choices: Sequence[tuple[str, str]], name: str) -> None:
        """``choices`` are (value, text)."""
        super().__init__()
        self.setAccessibleName(name)
        self._buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for i, (value, text) in enumerate(choices):
            segment = QPushButton(text)
            segment.setObjectName("segment")
            segment.setCheckable(True)
            segment.setAccessibleName(f"{name}: {text}")
            places = ("only",) if len(choices) == 1 else ("first", *["middle"] * (len(choices) - 2), "last")
            segment.setProperty("place", places[i])
            segment.clicked.connect(lambda _=False, v=value: self.chosen.emit(v))
            self._group.addButton(segment)
            self._buttons[value] = segment
            row.addWidget(segment)

    def set_tip(self, value: str, text: str) -> None:
        self._buttons[value].setToolTip(text)

    def set_value(self, value: str) -> None:
        self._buttons[value].setChecked(True)

    def value(self) -> str:
        return next((value for value, segment in self._buttons.items() if segment.isChecked()), "")
