"""The set-up form: sections of rows, a view of what it is given, which says what somebody changed."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QApplication, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from workbench.model.setup import Row, Section
from workbench.painters import fonts
from workbench.views.theme import DARK, Theme
from workbench.widgets.controls import hairline, label
from workbench.widgets.icons import icon
from workbench.widgets.setup.file_row import FileRow
from workbench.widgets.setup.form_rows import ChoiceRow, RowWidget, SegmentRow
from workbench.widgets.setup.number_row import NumberRow
from workbench.widgets.sheet import wear
from workbench.widgets.turns import Turns


def widget_for(row: Row, theme: Theme) -> RowWidget:
    """The control that suits a row."""
    if row.choices:
        return ChoiceRow(row, theme)
    if "enum" in row.schema or row.schema.get("type") == "boolean":
        return SegmentRow(row, theme)
    if "file" in row.schema:
        return FileRow(row, theme)
    return NumberRow(row, theme)


class Form(QWidget):
    """A column of sections."""

    changed = pyqtSignal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("form")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 8)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._boxes: dict[str, _SectionBox] = {}
        self._turns = Turns(self)
        self._theme: Theme = DARK
        self._scale = fonts.px(100)

    @property
    def rows(self) -> dict[str, RowWidget]:
        """The rows by the field that they edit; those that were never seen are made now."""
        self._turns.hurry()
        return {field: row for box in self._boxes.values() for field, row in box.rows.items()}

    def row(self, field: str) -> Row | None:
        """What is shown of a field, if it is there."""
        return next((box.shown[field] for box in self._boxes.values() if field in box.shown), None)

    def show_sections(self, sections: Sequence[Section]) -> None:
        """Show values; widgets are made anew only where other rows are asked for, a section in a turn of the event
        loop, and all are seen together."""
        titles = [section.title for section in sections]
        gone = [self._boxes.pop(title) for title in list(self._boxes) if title not in titles]
        for i, section in enumerate(sections):
            box = self._boxes.get(section.title)
            if box is None:
                box = self._boxes[section.title] = _SectionBox(section.title, self._theme)
                box.changed.connect(self.changed)
                self._column.insertWidget(i, box)
                wear(box)
            box.show_section(section)
        pending = [box for box in self._boxes.values() if not box.complete]
        self.setUpdatesEnabled(not pending)
        self._turns.take([*(box.make_complete for box in pending), lambda: self.setUpdatesEnabled(True)])
        for box in gone:
            self._drop(box)
        window = self.window()
        if window is None or not window.isVisible():
            self._turns.hurry()

    def retheme(self, theme: Theme) -> None:
        """Colours; where type has another size, every row is made anew when it is shown next."""
        self._theme = theme
        same, self._scale = self._scale == fonts.px(100), fonts.px(100)
        for box in self._boxes.values():
            box.retheme(theme, anew=not same)

    def _drop(self, box: _SectionBox) -> None:
        self._column.removeWidget(box)
        box.hide()
        box.deleteLater()


class _SectionBox(QWidget):
    """Title, facts at its right, rows, and further rows that the title opens: made when they are first seen."""

    changed = pyqtSignal(str, object)

    def __init__(self, title: str, theme: Theme) -> None:
        super().__init__()
        self.shown: dict[str, Row] = {}
        """What it shows, by field, folded away or not."""
        self._made: dict[str, RowWidget] = {}
        self._theme = theme
        self._section: Section | None = None
        self.complete = False
        """Whether every row that is to be seen has been made."""
        self._anew = False
        """Its rows are of another size than type is now."""
        self._open = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._column = QVBoxLayout()
        self._column.setContentsMargins(16, 0, 16, 8)
        self._column.setSpacing(4)
        column.addLayout(self._head(title))
        column.addLayout(self._column)
        column.addWidget(hairline())

    def _head(self, title: str) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(16, 8, 16, 4)
        head.setSpacing(4)
        head.addWidget(label(title, "section"))
        self._more = QToolButton()
        self._more.setIconSize(QSize(14, 14))
        self._more.setFixedSize(20, 20)
        self._more.setStyleSheet("padding: 0;")
        self._more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._more.clicked.connect(self._toggle)
        head.addWidget(self._more)
        self._fact = label("", "small")
        self._fact.setFixedHeight(20)
        self._fact.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self._fact, 1)
        return head

    @property
    def rows(self) -> dict[str, RowWidget]:
        """All of them, in their order."""
        self._make(list(self.shown))
        return {field: self._made[field] for field in self.shown}

    def show_section(self, section: Section) -> None:
        if section == self._section and not self._anew:
            return
        self._section = section
        self._fact.setText(section.fact)
        self.shown = {row.field: row for row in section.rows}
        for field, widget in self._made.items():
            if self._still_suits(widget):
                widget.show_row(self.shown[field])
        self.complete = all(map(self._still_suits, self._made.values())) and set(self._wanted()) <= set(self._made)
        if self.complete:
            self._show_details()
        else:
            self._show_arrow()

    def make_complete(self) -> None:
        """Make the rows that are missing, in place of those that can be shown no longer."""
        held = self._let_go([field for field, widget in self._made.items() if not self._still_suits(widget)])
        self._anew, self.complete = False, True
        self._show_details()
        if held in self._made:  # the focus stays in the field where it was
            self._made[held].control.setFocus(Qt.FocusReason.OtherFocusReason)

    def retheme(self, theme: Theme, *, anew: bool) -> None:
        self._theme = theme
        self._anew = self._anew or anew
        for row in self._made.values():
            row.retheme(theme)

    def _still_suits(self, widget: RowWidget) -> bool:
        """Whether a row's control can show what is asked for now: making another one takes as long as ten of it."""
        row = self.shown.get(widget.row.field)
        return not self._anew and row is not None and _shape(row) == _shape(widget.row)

    def _let_go(self, fields: Sequence[str]) -> str | None:
        """Drop the rows of these fields; gives the field of the one that has the focus."""
        focus, held = QApplication.focusWidget(), None
        for field in fields:
            old = self._made.pop(field)
            if focus is not None and old.isAncestorOf(focus):
                held = field
            self._column.removeWidget(old)
            old.hide()
            old.deleteLater()
        return held

    def _make(self, fields: Sequence[str]) -> None:
        """The rows of these fields, where there are none yet, and all in the places of their order."""
        missing = [field for field in fields if field not in self._made]
        for field in missing:
            self._made[field] = widget = widget_for(self.shown[field], self._theme)
            widget.setParent(self)
            widget.hide()  # a layout shows what was not hidden
            widget.changed.connect(self.changed)
        order = [field for field in self.shown if field in self._made]
        if missing or order != list(self._made):
            self._made = {field: self._made[field] for field in order}
            for place, widget in enumerate(self._made.values()):
                there = self._column.itemAt(place)
                if there is None or there.widget() is not widget:
                    self._column.insertWidget(place, widget)
            self._chain_tabs()

    def _chain_tabs(self) -> None:
        """Tab goes through the rows after the title, in their order."""
        last: QWidget = self._more
        for row in self._made.values():
            for child in row.findChildren(QWidget):
                if child.focusPolicy() != Qt.FocusPolicy.NoFocus and child.window() is self.window():
                    QWidget.setTabOrder(last, child)
                    last = child

    def _toggle(self) -> None:
        self.make_complete()
        self._open = not self._open
        self._show_details()

    @property
    def _opened(self) -> bool:
        """Whether details are shown: what is wrong is never hidden."""
        return self._open or any(row.problem for row in self._made.values() if row.row.detail)

    def _wanted(self) -> list[str]:
        """The fields whose rows are to be seen."""
        return [row.field for row in self.shown.values() if self._opened or not row.detail]

    def _show_details(self) -> None:
        self._make(self._wanted())
        opened = self._opened
        for widget in self._made.values():  # at once: new ones would be missing from the frame in between
            widget.setVisible(opened or not widget.row.detail)
        self._show_arrow()

    def _show_arrow(self) -> None:
        details, opened = [row for row in self.shown.values() if row.detail], self._opened
        self._more.setVisible(bool(details))
        self._more.setIcon(icon("chevron-down" if opened else "chevron-right", self._theme.t2, 14))
        words = "Fewer" if opened else "More"
        self._more.setToolTip(words)
        self._more.setAccessibleName(f"{words}: {', '.join(row.title for row in details)}")
        self._column.setContentsMargins(16, 0, 16, 8 if opened or len(details) < len(self.shown) else 0)


def _shape(row: Row) -> object:
    """What a row's control is made for; the rest it can be shown."""
    return row.title, row.schema, bool(row.choices)
