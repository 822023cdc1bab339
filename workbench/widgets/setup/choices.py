"""A menu of implementations: a tick at the chosen entry, the name, and facts or a reason at the right."""

from __future__ import annotations

from PyQt6.QtCore import QModelIndex, QRect, QSize, Qt
from PyQt6.QtGui import QColor, QFontMetrics, QPainter, QWheelEvent
from PyQt6.QtWidgets import QComboBox, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from workbench.painters import fonts
from workbench.views.theme import Theme
from workbench.widgets.icons import pixmap

SIDE, REASON = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
"""The text at the right, and whether it says why the entry cannot be chosen."""
_HEIGHT, _PAD, _TICK, _GAP = 32, 8, 14, 24


class ComboBox(QComboBox):
    """A menu that the wheel does not change: it scrolls the form. Its list is as wide as its longest entry."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self._delegate = ChoiceDelegate(self)
        self.setItemDelegate(self._delegate)

    def showPopup(self) -> None:
        self.view().setMinimumWidth(self._delegate.width())  # type: ignore[union-attr]  # a combo box has a view
        super().showPopup()

    def wheelEvent(self, e: QWheelEvent | None) -> None:
        if e is not None:
            e.ignore()


class ChoiceDelegate(QStyledItemDelegate):
    """Paints the entries of one menu."""

    def __init__(self, box: ComboBox) -> None:
        super().__init__(box)
        self._box = box

    def width(self) -> int:
        """Wide enough for the longest entry."""
        entries = ((self._box.itemText(i), self._box.itemData(i, SIDE)) for i in range(self._box.count()))
        return max((self._width_of(text, side or "") for text, side in entries), default=0)

    @staticmethod
    def _width_of(text: str, side: str) -> int:
        wide = QFontMetrics(fonts.ui(13)).horizontalAdvance(text) + 2 * _PAD + _TICK + 8 + 16
        return wide + (_GAP + QFontMetrics(fonts.ui(12)).horizontalAdvance(side) if side else 0)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """No width of its own: the view is as wide as `width`, and Qt asks for every entry, and often."""
        return QSize(0, _HEIGHT)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        assert painter is not None  # Qt hands one
        theme, area = self._box.theme, option.rect
        off = bool(index.data(REASON))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected and not off:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.sel))
            painter.drawRoundedRect(area, 4, 4)
        if index.row() == self._box.currentIndex():
            tick = pixmap("check", theme.t1, _TICK, painter.device().devicePixelRatioF())  # type: ignore[union-attr]
            painter.drawPixmap(area.left() + _PAD, area.center().y() - _TICK // 2, tick)
        text = QRect(area.left() + _PAD + _TICK + 8, area.top(), area.width() - 2 * _PAD - _TICK - 8, area.height())
        painter.setFont(fonts.ui(13))
        painter.setPen(QColor(theme.t3 if off else theme.t1))
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, str(index.data()))
        painter.setFont(fonts.ui(12))
        painter.setPen(QColor(theme.t3 if off else theme.t2))
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, str(index.data(SIDE) or ""))
        painter.restore()
