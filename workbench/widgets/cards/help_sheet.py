"""The help sheet: every shortcut, from the table of actions; in a small window it scrolls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QAction, QKeySequence, QResizeEvent
from PyQt6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from workbench import actions
from workbench.widgets.controls import label

#: The groups of each column.
_COLUMNS: tuple[tuple[actions.Group, ...], ...] = (("Play", "Go to"), ("Overlays", "Run", "Help"), ("View", "File"))


_BESIDE, _ABOVE, _GAP = 24, 20, 48
"""Pixels at the sides, at the top, and between columns."""


class HelpSheet(QWidget):
    """Three columns of actions with their keys; where that is too wide, two and the third below."""

    def __init__(self, given: Mapping[str, QAction]) -> None:
        super().__init__()
        self.setAccessibleName("Shortcuts")
        self.setObjectName("dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._lead = label("Shortcuts", "lead")
        self._columns = [QWidget() for _ in _COLUMNS]
        for groups, column in zip(_COLUMNS, self._columns, strict=True):
            column.setLayout(_column(groups, given))
        body = QWidget()
        self._grid = QGridLayout(body)
        self._grid.setContentsMargins(_BESIDE, 0, _BESIDE, _BESIDE)
        self._grid.setHorizontalSpacing(_GAP)
        self._area = QScrollArea()
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setStyleSheet("QScrollArea { background: transparent; }")
        self._area.setWidgetResizable(True)
        self._area.setWidget(body)
        body.setAutoFillBackground(False)  # a scroll area fills what it holds
        viewport = self._area.viewport()
        assert viewport is not None  # every scroll area has one
        viewport.setAutoFillBackground(False)
        self.setFocusProxy(self._area)  # so that the keys scroll
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, _ABOVE, 0, 0)
        head = QHBoxLayout()
        head.setContentsMargins(_BESIDE, 0, _BESIDE, 0)
        head.addWidget(self._lead)
        whole.addLayout(head)
        whole.addWidget(self._area)
        self._arrange(len(_COLUMNS))

    def _arrange(self, across: int) -> None:
        for i, column in enumerate(self._columns):
            self._grid.addWidget(column, i // across, i % across, Qt.AlignmentFlag.AlignTop)

    def sizeHint(self) -> QSize:
        """All of it side by side, whatever there is room for."""
        hints = [column.sizeHint() for column in self._columns]
        wide = sum(hint.width() for hint in hints) + _GAP * (len(hints) - 1) + 2 * _BESIDE
        layout = self.layout()
        assert layout is not None  # made with one
        above = _ABOVE + self._lead.sizeHint().height() + layout.spacing()
        return QSize(wide, above + max(hint.height() for hint in hints) + _BESIDE)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._arrange(len(_COLUMNS) if self.width() >= self.sizeHint().width() else 2)


def _column(groups: tuple[actions.Group, ...], given: Mapping[str, QAction]) -> QGridLayout:
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(4)
    table = actions.groups()
    row, told = 0, set[tuple[str, str]]()
    for group in groups:
        grid.setRowMinimumHeight(row, 32)
        grid.addWidget(label(group, "heading"), row, 0, Qt.AlignmentFlag.AlignBottom)
        for spec in (spec for spec in table[group] if given[spec.id].shortcuts()):
            words = (spec.text, given[spec.id].shortcut().toString())
            if words in told:  # the same for lanes of points and of images
                continue
            told.add(words)
            row += 1
            grid.addWidget(label(spec.text.rstrip("…"), "t2"), row, 0)
            grid.addLayout(_keys(given[spec.id].shortcuts()), row, 1)
        row += 1
    grid.setRowStretch(row, 1)
    return grid


def _keys(keys: Sequence[QKeySequence]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(4)
    row.addStretch(1)
    for key in keys:
        row.addWidget(label(key.toString(QKeySequence.SequenceFormat.NativeText), "key"))
    return row
