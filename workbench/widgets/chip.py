"""Chips: small buttons with a symbol before their words, and a key or a menu behind them; and titles with a menu."""

from __future__ import annotations

from PyQt6.QtCore import QRect, QSize, Qt
from PyQt6.QtGui import QAction, QColor, QFontMetrics, QKeySequence, QPainter, QPaintEvent
from PyQt6.QtWidgets import QMenu, QPushButton, QStyle, QStyleOptionButton

from workbench.painters import fonts
from workbench.views.theme import DARK, Theme
from workbench.widgets.icons import pixmap

HEIGHT = 24
_PAD, _GAP, _ICON = 9, 6, 14
_ARROW = 12


class Chip(QPushButton):
    """Words in parts, each its own weight of grey: ``quiet`` before, the text, ``key`` behind."""

    def __init__(self, name: str, text: str = "", *, key: str = "", icon: str = "", menu: QMenu | None = None) -> None:
        super().__init__()
        self.setObjectName("chip")
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(HEIGHT)
        self._quiet, self._words, self._key, self._icon = "", text, key, icon
        self._theme: Theme = DARK
        if menu is not None:
            self.setMenu(menu)

    @classmethod
    def of(cls, action: QAction, *, key: str = "", icon: str = "") -> Chip:
        """A chip that shows a checkable action and triggers it."""
        chip = cls(action.text(), action.text(), key=key, icon=icon)
        chip.setCheckable(True)
        chip.setChecked(action.isChecked())
        chip.setToolTip(action.toolTip())
        chip.clicked.connect(action.trigger)
        action.toggled.connect(chip.setChecked)
        action.changed.connect(lambda: chip.follow(action, key=bool(key)))
        return chip

    def follow(self, action: QAction, *, key: bool) -> None:
        """The action has another key, which is shown where one was."""
        self.setToolTip(action.toolTip())
        if key:
            self._key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        self.updateGeometry()
        self.update()

    def set_words(self, text: str, quiet: str = "") -> None:
        self._words, self._quiet = text, quiet
        self.updateGeometry()
        self.update()

    def show_icon(self, name: str) -> None:
        self._icon = name
        self.update()

    def width_with(self, text: str) -> int:
        """How wide the chip is with these words."""
        return (
            self.sizeHint().width()
            + self._metrics().horizontalAdvance(text)
            - (self._metrics().horizontalAdvance(self._words))
        )

    @property
    def words(self) -> str:
        """All that can be read on it."""
        return " ".join(part for part in (self._quiet, self._words, self._key) if part)

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self._metrics()
        parts = [metrics.horizontalAdvance(part) for part in (self._quiet, self._words, self._key) if part]
        parts += [_ICON] * (bool(self._icon) + (self.menu() is not None))
        return QSize(2 * _PAD + sum(parts) + _GAP * (len(parts) - 1), HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter, style, option = QPainter(self), self.style(), QStyleOptionButton()
        assert style is not None  # every widget has one
        self.initStyleOption(option)
        option.features = QStyleOptionButton.ButtonFeature.None_
        style.drawControl(QStyle.ControlElement.CE_PushButtonBevel, option, painter, self)
        theme, on = self._theme, self.isChecked()
        painter.setFont(fonts.ui(12))
        x = _PAD
        if self._icon:
            x = self._draw_icon(painter, self._icon, theme.t1 if on else theme.t2, x)
        loud = theme.t1 if on or self._quiet else theme.t2
        for part, colour in ((self._quiet, theme.t2), (self._words, loud), (self._key, theme.t3)):
            if part:
                painter.setPen(QColor(colour))
                painter.drawText(QRect(x, 0, self.width(), self.height()), Qt.AlignmentFlag.AlignVCenter, part)
                x += self._metrics().horizontalAdvance(part) + _GAP
        if self.menu() is not None:
            self._draw_icon(painter, "chevron-down", theme.t2, x)

    def _draw_icon(self, painter: QPainter, name: str, colour: str, x: int) -> int:
        image = pixmap(name, colour, _ICON, self.devicePixelRatioF())
        painter.drawPixmap(x, (self.height() - _ICON) // 2, image)
        return x + _ICON + _GAP

    @staticmethod
    def _metrics() -> QFontMetrics:
        return QFontMetrics(fonts.ui(12))


class TitleMenu(QPushButton):
    """A title that can be changed for another one of a menu: an arrow behind it says so."""

    def __init__(self, name: str, menu: QMenu) -> None:
        super().__init__()
        self.setObjectName("bare")
        self.setMenu(menu)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._name, self._theme = name, DARK

    def show_title(self, text: str, theme: Theme) -> None:
        self._theme = theme
        self.setText(text)
        self.setAccessibleName(f"{self._name}: {text}")
        self.setToolTip(f"{text}: choose another {self._name.lower()}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(fonts.ui(12, 600)).horizontalAdvance(self.text()) + _ARROW + 6, 20)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setFont(fonts.ui(12, 600))
        painter.setPen(QColor(self._theme.t1))
        x = self.width() - _ARROW - 2
        words = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, x - 1)
        painter.drawText(QRect(0, 0, x, self.height()), Qt.AlignmentFlag.AlignVCenter, words)
        loud = self.underMouse() or self.hasFocus()
        arrow = pixmap("chevron-down", self._theme.t1 if loud else self._theme.t3, _ARROW, self.devicePixelRatioF())
        painter.drawPixmap(x, (self.height() - _ARROW) // 2 + 1, arrow)
