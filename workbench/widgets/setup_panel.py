"""The set-up panel: the form of the selected lane, and the button that runs it."""

from __future__ import annotations

import random
from collections.abc import Sequence

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from workbench.model.setup import Section
from workbench.views.marks import Method
from workbench.views.theme import GLYPHS, Theme
from workbench.widgets.controls import button, hairline, label
from workbench.widgets.form_rows import NumberRow, RowWidget, widget_for
from workbench.widgets.icons import icon, pixmap


class Form(QWidget):
    """Sections of rows; a view of what it is given, which says what somebody changed."""

    changed = pyqtSignal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("form")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 4, 16, 12)
        self._column.setSpacing(6)
        self._shape: list[tuple[str, tuple[str, ...]]] = []
        self._facts: list[QLabel] = []
        self.rows: dict[str, RowWidget] = {}
        self._colour = "#AAB1BB"

    def show_sections(self, sections: Sequence[Section]) -> None:
        """Show values; the widgets are made anew only when other rows are asked for."""
        shape = [(section.title, tuple(row.field for row in section.rows)) for section in sections]
        if shape != self._shape:
            self._rebuild(sections)
            self._shape = shape
            return
        for section, fact in zip(sections, self._facts, strict=True):
            fact.setText(section.fact)
            for row in section.rows:
                self.rows[row.field].show_value(row)

    def retheme(self, theme: Theme) -> None:
        self._colour = theme.t2
        self._shape = []

    def _rebuild(self, sections: Sequence[Section]) -> None:
        self._clear()
        for i, section in enumerate(sections):
            if i:
                self._column.addSpacing(4)
                self._column.addWidget(hairline())
            head = QHBoxLayout()
            head.addWidget(label(section.title, "section"))
            fact = label(section.fact, "small")
            fact.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            head.addWidget(fact, 1)
            self._facts.append(fact)
            holder = QWidget()
            holder.setFixedHeight(28)
            head.setContentsMargins(0, 4, 0, 0)
            holder.setLayout(head)
            self._column.addWidget(holder)
            for row in section.rows:
                widget = widget_for(row)
                if row.field == "seed" and isinstance(widget, NumberRow):
                    widget.add_dice(lambda: random.SystemRandom().randrange(1000), self._colour)
                widget.changed.connect(self.changed)
                self.rows[row.field] = widget
                self._column.addWidget(widget)
        self._column.addStretch(1)

    def _clear(self) -> None:
        self.rows.clear()
        self._facts.clear()
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()


class TrainingBox(QWidget):
    """How far training is, while it goes on: amount, time left, speed, loss, and pause."""

    paused = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 4)
        column.setSpacing(8)
        head = QHBoxLayout()
        self._amount, self._left = label("", "name"), label("", "t2")
        head.addWidget(self._amount)
        head.addStretch(1)
        head.addWidget(self._left)
        column.addLayout(head)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        column.addWidget(self._bar)
        row = QHBoxLayout()
        self._speed = label("", "small")
        row.addWidget(self._speed, 1)
        self.pause = button("Pause", self.paused.emit, role="small")
        row.addWidget(self.pause)
        column.addLayout(row)
        column.addWidget(hairline())
        self.hide()

    def show_progress(self, done: int, total: int, rate: float, loss: float | None, *, paused: bool) -> None:
        self._amount.setText(f"{done:,} of {total:,} steps")
        self._left.setText("paused" if paused else f"{(total - done) / rate:.0f} s left" if rate > 0 else "")
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        words = f"{rate:.0f} steps a second" if rate > 0 else ""
        self._speed.setText(words + (f", loss {loss:.3f}" if loss is not None else ""))
        self.pause.setText("Go on" if paused else "Pause")
        self.show()


class SetupPanel(QWidget):
    """Header, training progress, scrolled form, and the buttons below."""

    def __init__(self, run: QAction, stop: QAction, reset: QAction, copies: Sequence[QAction]) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme: Theme | None = None
        self._method: Method = "flow"
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._header(reset))
        column.addWidget(hairline())
        self.training = TrainingBox()
        column.addWidget(self.training)
        self.form = Form()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self.form)
        column.addWidget(area, 1)
        column.addWidget(hairline())
        column.addLayout(self._footer(run, stop, copies))

    def _header(self, reset: QAction) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(8)
        self._glyph, self._name = QLabel(), label("", "title")
        row.addWidget(self._glyph)
        row.addWidget(self._name)
        row.addWidget(label("set-up", "t2"))
        row.addStretch(1)
        self._reset = QToolButton()
        self._reset.setDefaultAction(reset)
        self._reset.setIconSize(QSize(18, 18))
        self._reset.setAccessibleName(reset.text())
        row.addWidget(self._reset)
        return row

    def _footer(self, run: QAction, stop: QAction, copies: Sequence[QAction]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(8)
        self.run = button("Run", run.trigger, role="primary")
        self.run.setToolTip(run.toolTip())
        self.stop = button("Stop and keep", stop.trigger, role="primary")
        self.stop.setToolTip(stop.toolTip())
        self.stop.hide()
        copy = QPushButton("Copy as")
        copy.setAccessibleName("Copy as")
        copy.setObjectName("menu")
        menu = QMenu(copy)
        menu.addActions(list(copies))
        copy.setMenu(menu)
        row.addWidget(self.run, 1)
        row.addWidget(self.stop, 1)
        row.addWidget(copy)
        return row

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self.form.retheme(theme)
        self._reset.setIcon(icon("reset", theme.t2, 18))
        self.show_lane(self._name.text(), self._method)

    def show_lane(self, name: str, method: Method) -> None:
        self._method = method
        self._name.setText(name)
        if self._theme is not None:
            self._glyph.setPixmap(pixmap(GLYPHS[method], self._theme.methods[method], 11, 2.0))

    def show_buttons(self, *, running: bool, needs_training: bool, enabled: bool) -> None:
        self.run.setVisible(not running)
        self.run.setEnabled(enabled)
        self.run.setText("Train" if needs_training else "Run")
        self.stop.setVisible(running)
