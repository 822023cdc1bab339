"""The help sheet: every shortcut, from the table of actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from workbench import actions
from workbench.widgets.controls import label

#: The groups of each column.
_COLUMNS: tuple[tuple[actions.Group, ...], ...] = (("Play", "Go to"), ("Overlays", "Run", "Help"), ("View", "File"))


class HelpSheet(QWidget):
    """Three columns of actions with their keys."""

    def __init__(self, given: Mapping[str, QAction]) -> None:
        super().__init__()
        self.setAccessibleName("Shortcuts")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setObjectName("dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 20, 24, 24)
        whole.addWidget(label("Shortcuts", "lead"))
        columns = QHBoxLayout()
        columns.setSpacing(48)
        for column in _COLUMNS:
            columns.addLayout(_column(column, given))
        whole.addLayout(columns)


def _column(groups: tuple[actions.Group, ...], given: Mapping[str, QAction]) -> QGridLayout:
    grid = QGridLayout()
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
