"""The bars around the stage: top bar, rail, overlay bar and status bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from PyQt6.QtCore import QRectF, QSize, Qt, QTimer
from PyQt6.QtGui import QAction, QColor, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from workbench.model.session import FieldKind, ViewState
from workbench.views.theme import DARK, Theme
from workbench.widgets.controls import Chip, IconButton, label
from workbench.widgets.icons import icon

#: The chips of the overlay bar: action and key. One row adds a chip.
OVERLAYS = (("particles", "P"), ("trails", "T"), ("field", "F"), ("real", "R"))
FACTORS = (1.0, 2.0, 4.0)
_TOP_BUTTONS = ("open", "save", "export", "theme", "panel")


class TopBar(QWidget):
    """The product's name, what is open, and the actions of the whole window."""

    def __init__(self, actions: Mapping[str, QAction], menu: QMenu) -> None:
        super().__init__()
        self.setObjectName("topbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(40)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 8, 0)
        row.setSpacing(4)
        self._logo = QToolButton()
        self._logo.setIconSize(QSize(22, 22))
        self._logo.setToolTip("Menu")
        self._logo.setAccessibleName("Menu")
        self._logo.setMenu(menu)
        self._logo.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row.addWidget(self._logo)
        row.addSpacing(4)
        row.addWidget(label("Flowscope", "brand"))
        bar = label("│", "t3")
        row.addSpacing(6)
        row.addWidget(bar)
        row.addSpacing(6)
        self.title = label("")
        row.addWidget(self.title)
        row.addStretch(1)
        self._buttons = [IconButton(actions[name], name) for name in _TOP_BUTTONS]
        for each in self._buttons:
            row.addWidget(each)

    def retheme(self, theme: Theme) -> None:
        self._logo.setIcon(icon("logo", theme.t1, 22))
        for each in self._buttons:
            each.retheme(theme)


class Rail(QWidget):
    """The places of the application, at the left edge; only those that exist."""

    def __init__(self, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(56)
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 8, 2, 8)
        self._buttons: dict[str, QToolButton] = {}
        for name, text in (("lanes", "Lanes"), ("help", "Help")):
            place = QToolButton()
            place.setObjectName("rail")
            place.setText(text)
            place.setAccessibleName(text)
            place.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            place.setIconSize(QSize(20, 20))
            place.setFixedSize(52, 48)
            if name == "lanes":
                place.setCheckable(True)
                place.setChecked(True)
                place.clicked.connect(lambda: self._buttons["lanes"].setChecked(True))
            else:
                column.addStretch(1)
                place.setToolTip(actions["help"].toolTip())
                place.clicked.connect(actions["help"].trigger)
            self._buttons[name] = place
            column.addWidget(place)

    def retheme(self, theme: Theme) -> None:
        for name, place in self._buttons.items():
            place.setIcon(icon(name, theme.t1 if place.isChecked() else theme.t2, 20))


class OverlayBar(QWidget):
    """What the lanes show on top of each other, one chip per overlay."""

    def __init__(self, actions: Mapping[str, QAction], view: ViewState) -> None:
        super().__init__()
        self.setFixedHeight(40)
        self._view = view
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(8)
        for name, key in OVERLAYS:
            row.addWidget(Chip(actions[name], key))
        row.addStretch(1)
        self.field = QPushButton()
        self.field.setObjectName("small")
        self.field.setAccessibleName("Read the field as")
        self.field.setMenu(self._field_menu())
        row.addWidget(self.field)
        self._buttons = [IconButton(actions[name], name, 18, 28) for name in ("link", "home")]
        for each in self._buttons:
            row.addWidget(each)
        view.events.field_kind.connect(self._show_field)
        view.events.field_factor.connect(self._show_field)
        self._show_field()

    def retheme(self, theme: Theme) -> None:
        for each in self._buttons:
            each.retheme(theme)

    def _field_menu(self) -> QMenu:
        menu = QMenu(self)
        for kind in get_args(FieldKind):
            action = menu.addAction(f"Field as {kind}")
            assert action is not None  # Qt made it
            action.triggered.connect(lambda _=False, k=kind: setattr(self._view, "field_kind", k))
        menu.addSeparator()
        for factor in FACTORS:
            action = menu.addAction(f"Arrows {factor:g}×")
            assert action is not None  # Qt made it
            action.triggered.connect(lambda _=False, f=factor: setattr(self._view, "field_factor", f))
        return menu

    def _show_field(self) -> None:
        self.field.setText(f"Field as {self._view.field_kind} · {self._view.field_factor:g}×")


class _Dot(QWidget):
    """The engine's state: a dot when it rests, a turning ring when it works, hollow when it is gone."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(12, 12)
        self._colour, self._busy, self._gone, self._angle = DARK.t1, False, False, 0
        self._timer = QTimer(self)
        self._timer.setInterval(80)
        self._timer.timeout.connect(self._turn)

    def show_state(self, *, busy: bool, gone: bool, colour: str) -> None:
        self._busy, self._gone, self._colour = busy, gone, colour
        if busy:
            self._timer.start()
        else:
            self._timer.stop()
        self.update()

    def _turn(self) -> None:
        self._angle = (self._angle + 30) % 360
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._busy and not self._gone:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._colour))
            painter.drawEllipse(QRectF(3, 3, 6, 6))
            return
        painter.setPen(QPen(QColor(self._colour), 1.6))
        span = 360 if self._gone else 270
        painter.drawArc(QRectF(2, 2, 8, 8), -self._angle * 16, span * 16)


class StatusBar(QWidget):
    """What is measured: engine, frames, steps a second, what waits, what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(24)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(8)
        self._dot = _Dot()
        self.engine = label("Engine starting", "small")
        self.device = label("", "small")
        row.addWidget(self._dot)
        row.addWidget(self.engine)
        row.addSpacing(12)
        row.addWidget(self.device)
        row.addStretch(1)
        self._numbers: dict[str, QLabel] = {}
        for name in ("Display", "Dropped", "Engine", "Queue", "Written"):
            self._numbers[name] = label("", "small")
            row.addWidget(self._numbers[name])
            row.addSpacing(8)
        self._theme: Theme = DARK

    def retheme(self, theme: Theme) -> None:
        self._theme = theme

    def show_engine(self, text: str, *, busy: bool = False, gone: bool = False) -> None:
        self.engine.setText(text)
        self._dot.show_state(busy=busy, gone=gone, colour=self._theme.t1)

    def show_number(self, name: str, value: str) -> None:
        self._numbers[name].setText(f"{name} <b>{value}</b>")
