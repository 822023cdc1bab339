"""The command palette: actions, presets and runs found by a few letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

from PyQt6.QtCore import QEvent, QModelIndex, QObject, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QPen, QStandardItem, QStandardItemModel
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from workbench.model.search import Match, match
from workbench.painters import fonts
from workbench.painters.glyphs import draw_glyph
from workbench.views.marks import Method
from workbench.views.theme import Theme
from workbench.widgets.chip import Chip
from workbench.widgets.controls import hairline, label
from workbench.widgets.icons import pixmap

WIDTH, TOP = 640, 112
_ROW, _HEADING, _SHOWN = 44, 32, 352
_MOST = 8
"""Entries of a group; more letters find the others."""
_ENTRY = Qt.ItemDataRole.UserRole
PaletteGroup = Literal["Actions", "Presets", "Runs"]


@dataclass(frozen=True)
class Entry:
    """Something that can be done; ``also`` is what Shift+Enter does instead."""

    group: PaletteGroup
    text: str
    hint: str
    run: Callable[[], None]
    key: str = ""
    icon: str = ""
    method: Method | None = None
    also: Callable[[], None] | None = None
    enabled: bool = True


class Palette(QWidget):
    """A field, chips for the groups, and what is found; ``done`` once something was chosen."""

    done = pyqtSignal()

    def __init__(self, entries: Sequence[Entry], theme: Theme) -> None:
        super().__init__()
        self.setObjectName("dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Command palette")
        self.setFixedWidth(WIDTH)
        self._entries = entries
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(self._head(theme))
        column.addWidget(hairline())
        self._model = QStandardItemModel(self)
        self.list = QListView()
        self.list.setObjectName("found")
        self.list.setAccessibleName("What was found")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Delegate(self.list, theme))
        self.list.setMouseTracking(True)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.clicked.connect(lambda index: self._choose(index, also=False))
        column.addWidget(self.list)
        column.addWidget(hairline())
        column.addLayout(self._foot())
        self.search("")

    def _head(self, theme: Theme) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(10)
        sign = QLabel()
        sign.setPixmap(pixmap("search", theme.t1, 18, self.devicePixelRatioF()))
        row.addWidget(sign)
        self.field = QLineEdit()
        self.field.setObjectName("bare")
        self.field.setAccessibleName("Search actions, presets and runs")
        self.field.setPlaceholderText("Search actions, presets and runs")
        self.field.setFixedHeight(40)
        self.field.textChanged.connect(self.search)
        self.field.installEventFilter(self)
        row.addWidget(self.field, 1)
        self.chips: dict[str, Chip] = {}
        for group in get_args(PaletteGroup):
            chip = self.chips[group] = Chip(f"{group} only", group)
            chip.setCheckable(True)
            chip.retheme(theme)
            chip.clicked.connect(lambda _=False, chosen=group: self._only(chosen))
            row.addWidget(chip)
        return row

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(16, 7, 16, 7)
        row.setSpacing(6)
        for key, words in (("↑ ↓", "choose"), ("Enter", "run"), ("Shift+Enter", "run in a new lane"), ("Esc", "close")):
            if key == "Esc":
                row.addStretch(1)
            row.addWidget(label(key, "key"), 0, Qt.AlignmentFlag.AlignVCenter)
            row.addWidget(label(words, "small"))
            row.addSpacing(8)
        return row

    # --- finding -------------------------------------------------------------------------------------------------

    def search(self, query: str) -> None:
        """Show what answers the query, the best of each group first."""
        self._model.clear()
        wanted = [group for group, chip in self.chips.items() if chip.isChecked()] or list(self.chips)
        for group in wanted:
            found = [
                (hit, entry)
                for entry in self._entries
                if entry.group == group and (hit := match(query, entry.text, entry.hint)) is not None
            ]
            found.sort(key=lambda pair: pair[0].rank)
            if found:
                heading = QStandardItem(group)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                self._model.appendRow(heading)
            for hit, entry in found[: _MOST if query or len(wanted) > 1 else len(found)]:
                item = QStandardItem(entry.text)
                item.setData((entry, hit), _ENTRY)
                item.setEnabled(entry.enabled)
                item.setAccessibleDescription(f"{entry.hint} {entry.key}".strip())
                self._model.appendRow(item)
        if not self._model.rowCount():
            nothing = QStandardItem(f"Nothing is called “{query}”")
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            self._model.appendRow(nothing)
        self._move(1, start=-1)
        self.list.setFixedHeight(min(_SHOWN, self._height()))
        self.adjustSize()

    @property
    def found(self) -> list[Entry]:
        """What is shown, in its order."""
        rows = (self._model.index(row, 0).data(_ENTRY) for row in range(self._model.rowCount()))
        return [data[0] for data in rows if data is not None]

    def _height(self) -> int:
        rows = [self._model.index(row, 0).data(_ENTRY) is not None for row in range(self._model.rowCount())]
        return sum(_ROW if entry else _HEADING for entry in rows) + 12

    def _only(self, group: str) -> None:
        for name, chip in self.chips.items():
            chip.setChecked(chip.isChecked() and name == group)
        self.search(self.field.text())
        self.field.setFocus()

    # --- choosing ------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = event.key()
            if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self._move(1 if key == Qt.Key.Key_Down else -1)
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                also = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
                self._choose(self.list.currentIndex(), also=also)
                return True
        return False

    def _move(self, step: int, start: int | None = None) -> None:
        """To the next entry that can be chosen, over headings, and around the ends."""
        count = self._model.rowCount()
        row = self.list.currentIndex().row() if start is None else start
        for _ in range(count):
            row = (row + step) % count
            index = self._model.index(row, 0)
            if index.data(_ENTRY) is not None and index.data(_ENTRY)[0].enabled:
                self.list.setCurrentIndex(index)
                self.list.scrollTo(self._model.index(0, 0) if row == 1 else index)
                return

    def _choose(self, index: QModelIndex, *, also: bool) -> None:
        data = index.data(_ENTRY)
        if data is None or not data[0].enabled:
            return
        entry: Entry = data[0]
        self.done.emit()
        (entry.also if also and entry.also is not None else entry.run)()


class _Delegate(QStyledItemDelegate):
    """Paints headings and entries."""

    def __init__(self, parent: QListView, theme: Theme) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(WIDTH - 4, _ROW if index.data(_ENTRY) is not None else _HEADING)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        assert painter is not None  # Qt hands one
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        data = index.data(_ENTRY)
        if data is None:
            painter.setFont(fonts.ui(12, 600))
            painter.setPen(QColor(self._theme.t3))
            painter.drawText(option.rect.adjusted(20, 4, 0, 0), Qt.AlignmentFlag.AlignVCenter, str(index.data()))
        else:
            self._entry(painter, option, *data)
        painter.restore()

    def _entry(self, painter: QPainter, option: QStyleOptionViewItem, entry: Entry, hit: Match) -> None:
        theme, area = self._theme, option.rect
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.sel if chosen else theme.hover))
            painter.drawRoundedRect(QRectF(area).adjusted(8, 0, -8, 0), 6, 6)
        middle = area.center().y() + 1
        if entry.method is not None:
            draw_glyph(painter, entry.method, QPointF(area.left() + 26, middle), 9, theme.methods[entry.method])
        elif entry.icon:
            colour = theme.t2 if entry.enabled else theme.t3
            image = pixmap(entry.icon, colour, 14, painter.device().devicePixelRatioF())  # type: ignore[union-attr]
            painter.drawPixmap(area.left() + 19, middle - 7, image)
        x = self._marked(painter, entry, hit, area.left() + 44.0, area)
        right = self._key(painter, entry.key, area)
        painter.setFont(fonts.ui(12))
        painter.setPen(QColor(theme.t2 if entry.enabled else theme.t3))
        room = right - x - 24
        shown = QFontMetricsF(fonts.ui(12)).elidedText(entry.hint, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(x + 12, area.top(), room + 2, area.height()), Qt.AlignmentFlag.AlignVCenter, shown)

    def _marked(self, painter: QPainter, entry: Entry, hit: Match, x: float, area: QRect) -> float:
        """The text with its matched letters bold and underlined; returns where it ends."""
        cuts = sorted({0, len(entry.text), *(cut for span in hit.spans for cut in span)})
        for start, end in pairwise(cuts):
            found = any(first <= start < last for first, last in hit.spans)
            font = fonts.ui(13, 600 if found else 400)
            font.setUnderline(found)
            painter.setFont(font)
            painter.setPen(QColor(self._theme.t1 if entry.enabled else self._theme.t3))
            wide = QFontMetricsF(font).horizontalAdvance(entry.text[start:end])
            place = QRectF(x, area.top(), wide + 4, area.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, entry.text[start:end])
            x += wide
        return x

    def _key(self, painter: QPainter, key: str, area: QRect) -> float:
        """A key cap at the right; returns where it begins."""
        if not key:
            return area.right() - 16.0
        theme, font = self._theme, fonts.ui(12)
        wide = QFontMetricsF(font).horizontalAdvance(key) + 14
        cap = QRectF(area.right() - 20 - wide, area.center().y() - 9, wide, 20)
        painter.setPen(QPen(QColor(theme.line2), 1))
        painter.setBrush(QColor(theme.panel))
        painter.drawRoundedRect(cap, 4, 4)
        painter.setFont(font)
        painter.setPen(QColor(theme.t2))
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, key)
        return cap.left()
