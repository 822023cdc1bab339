"""The start page: a run to open at once, presets as cards, recent runs, and a place to drop files."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from workbench.model.recents import Recent
from workbench.pages.card import CardGrid, CardSpec
from workbench.pages.hero import Hero
from workbench.pages.recent_list import RecentList
from workbench.painters import fonts
from workbench.views.theme import DARK, Theme
from workbench.widgets.controls import button, label
from workbench.widgets.icons import icon, pixmap, put_icon

_SIDE, _SHOWN = 360, 5


class StartPage(QScrollArea):
    """Says what was chosen; it opens nothing itself."""

    preset_chosen = pyqtSignal(str)
    help_asked = pyqtSignal()
    open_asked = pyqtSignal()
    new_asked = pyqtSignal()
    all_runs = pyqtSignal()
    recent_opened = pyqtSignal(str)
    recent_lost = pyqtSignal(str)

    def __init__(self, cards: list[CardSpec]) -> None:
        super().__init__()
        self.setAccessibleName("Start")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        whole = QWidget()
        whole.setObjectName("win")
        column = QVBoxLayout(whole)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(0)
        self.hero = Hero()
        self.hero.opened.connect(lambda: self.preset_chosen.emit(cards[0].preset))
        self.hero.help_asked.connect(self.help_asked)
        column.addWidget(self.hero)
        column.addSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(16)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addLayout(_title("Presets"))
        self.grid = CardGrid(cards)
        self.grid.chosen.connect(self.preset_chosen)
        left.addWidget(self.grid)
        left.addStretch(1)
        row.addLayout(left, 1)
        row.addLayout(self._side())
        column.addLayout(row, 1)
        self.setWidget(whole)

    def _side(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(8)
        head = _title("Recent runs")
        self._all = button("All runs", self.all_runs.emit, role="quiet")
        self._all.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self._all.setStyleSheet("padding: 0; text-align: left;")  # its arrow ends where the list does
        head.addWidget(self._all)
        column.addLayout(head)
        self.recents = RecentList()
        self.recents.opened.connect(self.recent_opened)
        self.recents.lost.connect(self.recent_lost)
        self.recents.setFixedWidth(_SIDE)
        column.addWidget(self.recents)
        column.addSpacing(4)
        self.drop = DropZone()
        self.drop.open.clicked.connect(lambda: self.open_asked.emit())
        self.drop.new.clicked.connect(lambda: self.new_asked.emit())
        self.drop.setFixedWidth(_SIDE)
        column.addWidget(self.drop, 1)
        column.addStretch(1)
        return column

    @property
    def ready(self) -> bool:
        """Whether all of its pictures are painted."""
        return self.hero.canvas.ready and all(card.ready for card in self.grid.cards)

    def show_recents(self, recents: Sequence[Recent]) -> None:
        self.recents.show_recents(recents[:_SHOWN])

    def retheme(self, theme: Theme, *, moves: bool = True) -> None:
        self.hero.retheme(theme)
        self.grid.retheme(theme, moves=moves)
        self.recents.retheme(theme)
        self.drop.retheme(theme)
        self._all.setIcon(icon("chevron-right", theme.t2, 12))


def _title(text: str) -> QHBoxLayout:
    row = QHBoxLayout()
    words = label(text, "title")
    words.setFixedHeight(fonts.px(28))
    row.addWidget(words, 1)
    return row


class DropZone(QWidget):
    """Says what may be dropped on the window, and offers a dialog instead."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(192)
        self._theme: Theme = DARK
        column = QVBoxLayout(self)
        column.setSpacing(6)
        column.addStretch(1)
        self._icon = QLabel()
        column.addWidget(self._icon)
        column.addWidget(label("Drop a trace, weights, spec, CSV or picture"))
        column.addWidget(label("A picture or CSV becomes a data set", "small"))
        for i in range(1, column.count()):
            item = column.itemAt(i)
            widget = item.widget() if item is not None else None
            if isinstance(widget, QLabel):
                widget.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        self.open = button("Open…", lambda: None, role="small")
        self.new = button("New run", lambda: None, role="small")
        self.new.setToolTip("The exact field of the swiss roll, with every knob at its default")
        for each in (self.open, self.new):
            row.addWidget(each)
        row.addStretch(1)
        column.addSpacing(6)
        column.addLayout(row)
        column.addStretch(1)

    def retheme(self, theme: Theme) -> None:
        self._theme = theme
        self._icon.setPixmap(pixmap("download", theme.t2, 24, self.devicePixelRatioF()))
        put_icon(self.open, "open", theme.t1, 14)
        put_icon(self.new, "plus", theme.t1, 14)
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(self._theme.line2), 1)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
