"""The set-up panel: the form of the selected lane, and the button that runs it."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QRect, QSize, Qt
from PyQt6.QtGui import QAction, QColor, QFontMetrics, QPainter, QPaintEvent
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QStyle,
    QStyleOptionButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.painters import fonts
from workbench.views.marks import Method
from workbench.views.theme import DARK, GLYPHS, Theme
from workbench.widgets.controls import hairline, label
from workbench.widgets.icons import icon, pixmap
from workbench.widgets.setup.form import Form
from workbench.widgets.setup.training_panel import TrainingPanel
from workbench.widgets.sheet import Ground, ground

_ICON, _GAP, _PAD = 14, 8, 12


class PrimaryButton(QPushButton):
    """The one primary button of the panel: icon, verb, and its key in a quieter grey."""

    def __init__(self, action: QAction, name: str) -> None:
        super().__init__(action.text())
        self.setObjectName("primary")
        self.setAccessibleName(action.text())
        self.clicked.connect(action.trigger)
        self._name, self._key = name, ""
        self._theme: Theme = DARK
        action.changed.connect(lambda: self._follow(action))
        self._follow(action)

    def _follow(self, action: QAction) -> None:
        """The action has another key."""
        self.setToolTip(action.toolTip())
        self._key = action.shortcut().toString(action.shortcut().SequenceFormat.NativeText)
        self.update()

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, a0: QPaintEvent | None) -> None:
        painter, style, option = QPainter(self), self.style(), QStyleOptionButton()
        assert style is not None  # every widget has one
        self.initStyleOption(option)
        style.drawControl(QStyle.ControlElement.CE_PushButtonBevel, option, painter, self)
        colour = QColor(self._theme.on_prim if self.isEnabled() else self._theme.t3)
        quiet = QColor(colour)
        quiet.setAlphaF(0.72)
        parts = [(self.text(), fonts.ui(13, 600), colour), (self._key, fonts.ui(12), quiet)]
        widths = [QFontMetrics(font).horizontalAdvance(text) for text, font, _ in parts]
        if sum(widths) + 2 * _GAP + _ICON > self.width() - 2 * _PAD:  # the tooltip has the key too
            parts, widths = parts[:1], widths[:1]
        x = (self.width() - sum(widths) - len(parts) * _GAP - _ICON) // 2
        image = pixmap(self._name, colour.name(), _ICON, self.devicePixelRatioF())
        painter.drawPixmap(x, (self.height() - _ICON) // 2, image)
        x += _ICON + _GAP
        for (text, font, pen), width in zip(parts, widths, strict=True):
            painter.setFont(font)
            painter.setPen(pen)
            painter.drawText(QRect(x, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
            x += width + _GAP


class SetupPanel(Ground):
    """Header, training progress, scrolled form, and the buttons below."""

    def __init__(self, run: QAction, stop: QAction, reset: QAction, copies: Sequence[QAction]) -> None:
        super().__init__("panel", line=True)
        self._theme: Theme | None = None
        self._method: Method = "flow"
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 0, 0)  # beside the line at its left
        column.setSpacing(0)
        column.addLayout(self._header(reset))
        column.addWidget(hairline())
        self.training = TrainingPanel()
        column.addWidget(self.training)
        self.form = Form()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFrameShape(QFrame.Shape.NoFrame)
        self._ground = inside = Ground("panel")
        self._inside = QVBoxLayout(inside)
        self._inside.setContentsMargins(0, 0, 0, 0)
        self._inside.setSpacing(0)
        self._inside.addWidget(self.form)
        area.setWidget(inside)
        for each in (area, inside.parentWidget(), self.form):
            assert each is not None  # Qt has put it there
            ground(each)
        column.addWidget(area, 1)
        column.addWidget(hairline())
        self._why = label("", "small")
        self._why.setWordWrap(True)
        self._why.setContentsMargins(16, 12, 16, 0)
        self._why.hide()
        column.addWidget(self._why)
        column.addLayout(self._footer(run, stop, copies))

    def add_above(self, part: QWidget) -> None:
        """Put something above the form, scrolled with it."""
        self._inside.insertWidget(0, part)

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
        self.run, self.stop = PrimaryButton(run, "play"), PrimaryButton(stop, "stop")
        self.stop.hide()
        copy = QPushButton("Copy as")
        copy.setObjectName("copy")
        copy.setAccessibleName("Copy as")
        menu = QMenu(copy)
        menu.addActions(list(copies))
        copy.setMenu(menu)
        row.addWidget(self.run, 1)
        row.addWidget(self.stop, 1)
        row.addWidget(copy)
        return row

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self.repaint_in(theme)
        self._ground.repaint_in(theme)
        self.form.retheme(theme)
        self.run.retheme(theme)
        self.stop.retheme(theme)
        self._reset.setIcon(icon("reset", theme.t2, 18))
        self.show_lane(self._name.text(), self._method)

    def show_lane(self, name: str, method: Method) -> None:
        self._method = method
        self._name.setText(name)
        if self._theme is not None:
            self._glyph.setPixmap(pixmap(GLYPHS[method], self._theme.methods[method], 11, self.devicePixelRatioF()))

    def show_buttons(self, *, running: bool, needs_training: bool, enabled: bool) -> None:
        self.run.setVisible(not running)
        self.run.setEnabled(enabled)
        self.run.setText("Train" if needs_training else "Run")
        self.run.setAccessibleName(self.run.text())
        self.stop.setVisible(running)

    def say_why(self, text: str) -> None:
        """Why there is something to train, above the button that does it."""
        self._why.setText(text)
        self._why.setVisible(bool(text))
