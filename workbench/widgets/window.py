"""The window: bars around the stage, the set-up panel at the right, the transport bar below."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
)  # fmt: skip
from PyQt6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench import actions as table
from workbench.model.session import ViewState
from workbench.painters import fonts
from workbench.views.theme import DARK, Theme
from workbench.widgets.cards.dialogs import Message, Scrim
from workbench.widgets.cards.drop_veil import DropVeil, known, replaces
from workbench.widgets.focus_ring import FocusRing
from workbench.widgets.lane.big_lane import BigBar
from workbench.widgets.lane.overlay_bar import OverlayBar
from workbench.widgets.rail import Rail
from workbench.widgets.sheet import Ground, Sheet, ground, wear
from workbench.widgets.status_bar import StatusBar
from workbench.widgets.style import stylesheet
from workbench.widgets.timeline.transport import Transport
from workbench.widgets.toast import Toast
from workbench.widgets.top_bar import TopBar

PANEL_WIDTH = 296
FIRST_SIZE = (1440, 900)
WORK = ("lanes", "charts")
"""The places between set-up panel and transport bar."""
_PART_OF = {"runs": "library", "measurements": "lanes"}
"""Places that have no entry of their own in the rail."""


class MainWindow(QMainWindow):
    """Composes what it is given and says what a person asks for; it decides nothing."""

    files_dropped = pyqtSignal(list, bool)
    """Paths of traces, specs, points or pictures, and whether they are to replace what is open."""
    closing = pyqtSignal()
    place_shown = pyqtSignal(str)

    def __init__(self, view: ViewState) -> None:
        super().__init__()
        self.setWindowTitle("Flowscope")
        self.setFont(fonts.ui(13))
        self.resize(*FIRST_SIZE)
        self.setMinimumSize(900, 600)
        self.setAcceptDrops(True)
        self.drop_words: Callable[[list[Path], bool], tuple[str, str]] = lambda files, replace: ("Open", "")
        """What a drop of files would do, in words, and how something else is done."""
        self._view = view
        self.theme: Theme = DARK
        self._hidden: list[QWidget] = []

    def compose(
        self, actions: Mapping[str, QAction], lanes: QWidget, charts: QWidget, panel: QWidget, transport: Transport,
        all_charts: QWidget,
    ) -> None:  # fmt: skip
        """Put the parts in their places; ``all_charts`` takes that of the lanes and what is around them."""
        self.transport, self.panel, self.lanes, self.charts = transport, panel, lanes, charts
        self.top = TopBar(actions, self._menu(actions))
        self.rail = Rail(actions)
        self.overlays = OverlayBar(actions, self._view)
        self.status = StatusBar()
        panel.setFixedWidth(PANEL_WIDTH)
        self.big_bar = BigBar()
        self.big_bar.hide()
        middle = _box(QVBoxLayout(), self.overlays, lanes, charts)
        middle.setContentsMargins(8, 0, 8, 8)
        middle.insertSpacing(2, 8)
        middle.setStretchFactor(lanes, 1)
        bench, work, whole = QWidget(), QWidget(), Ground("win")
        bench.setLayout(middle)
        self._middle = QStackedWidget()
        self._middle.addWidget(bench)
        self._middle.addWidget(all_charts)
        upper = _box(QHBoxLayout(), self._middle, panel)
        upper.setStretchFactor(self._middle, 1)
        centre = _box(QVBoxLayout(), upper, transport, self.big_bar)
        centre.setStretchFactor(upper, 1)
        work.setLayout(centre)
        self._pages = QStackedWidget()
        self._pages.addWidget(work)
        self._places: dict[str, QWidget] = {"lanes": work, "charts": work}
        body = _box(QHBoxLayout(), self.rail, self._pages)
        body.setStretchFactor(self._pages, 1)
        column = _box(QVBoxLayout(whole), self.top, body, self.status)
        column.setStretchFactor(body, 1)
        self.setCentralWidget(whole)
        self.toast = Toast(whole)
        self._veil = DropVeil(whole)
        self.ring = FocusRing(whole)
        self._ground = whole
        for each in (self._pages, work, self._middle, bench):
            ground(each)
        self.sheet = Sheet(self)
        self.show_place("lanes")

    def _menu(self, actions: Mapping[str, QAction]) -> QMenu:
        menu = QMenu(self)
        for i, group in enumerate(table.groups().values()):
            if i:
                menu.addSeparator()
            menu.addActions([actions[spec.id] for spec in group])
        return menu

    # --- places --------------------------------------------------------------------------------------------------

    @property
    def place(self) -> str:
        """Where one is, by the action that goes there."""
        return self._place

    def add_place(self, name: str, page: QWidget) -> None:
        """A page beside the lanes, made when somebody first goes there."""
        self._places[name] = page
        self._pages.addWidget(page)
        wear(page)

    def show_place(self, name: str) -> None:
        self.sheet.hurry()
        self._place = name
        self._pages.setCurrentWidget(self._places[name])
        if name in WORK:
            self._middle.setCurrentIndex(WORK.index(name))
        self.rail.set_here(_PART_OF.get(name, name))
        self.top.show_place(name)
        self.place_shown.emit(name)

    def dress(self, theme: Theme, then: Callable[[], None]) -> None:
        """Look like this from now on; ``then`` is called when all that is seen does, to retheme what paints itself."""
        self.sheet.change(stylesheet(theme), then)

    def retheme(self, theme: Theme) -> None:
        self.theme = theme
        self._ground.repaint_in(theme)
        self.setFont(fonts.ui(13))
        self.panel.setFixedWidth(fonts.px(PANEL_WIDTH))
        for part in (
            self.top,
            self.rail,
            self.overlays,
            self.transport,
            self.big_bar,
            self.status,
            self.toast,
            self._veil,
            self.ring,
        ):
            part.retheme(theme)
        for scrim in self.findChildren(Scrim):
            scrim.retheme(theme)

    def over(self, card: QWidget, top: int | None = None) -> Scrim:
        """Show a card over the dimmed window."""
        scrim = Scrim(self._ground, card, self.theme, top, self.sheet.text)
        scrim.tabbed.connect(self.ring.follow)
        return scrim

    def set_plain(self, plain: bool) -> None:
        """Lanes alone with a large time line, or all the bars around them."""
        if plain:
            chrome = (self.top, self.rail, self.status, self.overlays, self.charts, self.panel, self.transport)
            self._hidden = [each for each in chrome if each.isVisibleTo(self)]
        for part in self._hidden:
            part.setVisible(not plain)
        self.big_bar.setVisible(plain)

    # --- keys ----------------------------------------------------------------------------------------------------

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            control = self.focusWidget()
            if self._card() is not None:  # no key reaches past it
                event.accept()
                return True
            if table.needs_key(control, event.key(), tabbed=control is self.ring.around):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """What nobody below took goes to an open card, wherever the focus is."""
        card = self._card()
        if card is not None:
            card.keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def _card(self) -> Scrim | None:
        """The card that lies over everything else, if one is open."""
        return next((scrim for scrim in reversed(self.findChildren(Scrim)) if scrim.isVisible()), None)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab was pressed, or, where the focus is on nothing that is seen, its control was hidden: nothing gets it."""
        control = self.focusWidget()
        if control is not None and not control.isVisible():
            self.setFocus()
            self.ring.follow()
            return True
        moved = super().focusNextPrevChild(next)
        _scroll_to(self.focusWidget())  # Qt does so only on the way from within the same area
        self.ring.follow()
        return moved

    def tell(self, text: str, more: str = "") -> None:
        """A line at the bottom that goes by itself."""
        self.toast.tell(text, more)

    def refuse(self, text: str, more: str = "") -> None:
        """The same of what was not done, or went wrong."""
        self.toast.tell(text, more, done=False)

    def message(self, title: str, text: str) -> None:
        """A message that waits to be read."""
        card = Message(title, text, ["Close"])
        scrim = self.over(card)
        card.done.connect(lambda _: scrim.close_())

    # --- the outside world ---------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        if event is not None and (files := known(event.mimeData())):
            event.acceptProposedAction()
            self._veil.cover(self._pages, files[0].name if len(files) == 1 else f"{len(files)} files")
            self._say_drop(event)

    def dragMoveEvent(self, event: QDragMoveEvent | None) -> None:
        if event is not None:
            event.acceptProposedAction()
            self._say_drop(event)

    def _say_drop(self, event: QDropEvent) -> None:
        """What letting go would do now; Ctrl may be pressed and let go on the way."""
        self._veil.say(*self.drop_words(known(event.mimeData()), replaces(event)))

    def dragLeaveEvent(self, event: QDragLeaveEvent | None) -> None:
        self._veil.hide()

    def dropEvent(self, event: QDropEvent | None) -> None:
        self._veil.hide()
        if event is None:
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if files := known(event.mimeData()):
            self.files_dropped.emit(files, replaces(event))

    def closeEvent(self, event: QCloseEvent | None) -> None:
        self.closing.emit()
        super().closeEvent(event)


def _box(box: QBoxLayout, *parts: QWidget | QBoxLayout) -> QBoxLayout:
    """A layout without margins or gaps."""
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(0)
    for part in parts:
        if isinstance(part, QWidget):
            box.addWidget(part)
        else:
            box.addLayout(part)
    return box


def _scroll_to(control: QWidget | None) -> None:
    """Bring a control into the sight of the areas that it is scrolled in."""
    around = control.parentWidget() if control is not None else None
    while around is not None:
        if isinstance(around, QScrollArea):
            around.ensureWidgetVisible(control)
        around = around.parentWidget()
