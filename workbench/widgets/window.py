"""The window: bars around the stage, the set-up panel at the right, the transport bar below."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QMainWindow, QMenu, QVBoxLayout, QWidget

from workbench import actions as table
from workbench.model.session import ViewState
from workbench.views.theme import Theme
from workbench.widgets.bars import OverlayBar, Rail, StatusBar, TopBar
from workbench.widgets.dialogs import Scrim, Toast
from workbench.widgets.transport import Transport

PANEL_WIDTH = 296


class MainWindow(QMainWindow):
    """Composes what it is given and says what a person asks for; it decides nothing."""

    file_dropped = pyqtSignal(object)
    closing = pyqtSignal()

    def __init__(self, view: ViewState) -> None:
        super().__init__()
        self.setObjectName("win")
        self.setWindowTitle("Flowscope")
        self.resize(1440, 900)
        self.setMinimumSize(900, 600)
        self.setAcceptDrops(True)
        self._view = view
        self.theme: Theme | None = None

    def compose(
        self, actions: Mapping[str, QAction], lanes: QWidget, charts: QWidget, panel: QWidget, transport: Transport
    ) -> None:
        """Put the parts in their places."""
        self.transport, self.panel, self.lanes, self.charts = transport, panel, lanes, charts
        self.top = TopBar(actions, self._menu(actions))
        self.rail = Rail(actions)
        self.overlays = OverlayBar(actions, self._view)
        self.status = StatusBar()
        panel.setFixedWidth(PANEL_WIDTH)
        middle = QVBoxLayout()
        middle.setContentsMargins(8, 0, 8, 8)
        middle.setSpacing(8)
        middle.addWidget(self.overlays)
        middle.setSpacing(0)
        middle.addWidget(lanes, 1)
        middle.addSpacing(8)
        middle.addWidget(charts)
        centre = QVBoxLayout()
        centre.setContentsMargins(0, 0, 0, 0)
        centre.setSpacing(0)
        upper = QHBoxLayout()
        upper.setContentsMargins(0, 0, 0, 0)
        upper.setSpacing(0)
        upper.addLayout(middle, 1)
        upper.addWidget(panel)
        centre.addLayout(upper, 1)
        centre.addWidget(transport)
        body = QHBoxLayout()
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(self.rail)
        body.addLayout(centre, 1)
        whole = QWidget()
        whole.setObjectName("win")
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top)
        column.addLayout(body, 1)
        column.addWidget(self.status)
        self.setCentralWidget(whole)
        self.toast = Toast(whole)

    def _menu(self, actions: Mapping[str, QAction]) -> QMenu:
        menu = QMenu(self)
        group = None
        for spec in table.TABLE:
            if spec.group != group:
                group = spec.group
                menu.addSection(group)
            menu.addAction(actions[spec.id])
        return menu

    def retheme(self, theme: Theme) -> None:
        self.theme = theme
        for part in (self.top, self.rail, self.overlays, self.transport, self.status):
            part.retheme(theme)

    def over(self, card: QWidget) -> Scrim:
        """Show a card over the dimmed window."""
        assert self.theme is not None  # retheme comes first
        return Scrim(self.centralWidget() or self, card, self.theme.scrim)

    # --- the outside world ---------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if hasattr(self, "toast") and self.toast.isVisible():
            self.toast.place()

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        data = event.mimeData() if event is not None else None
        if event is not None and data is not None and data.hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        data = event.mimeData() if event is not None else None
        if event is None or data is None:
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        for url in data.urls():
            if url.isLocalFile():
                self.file_dropped.emit(Path(url.toLocalFile()))

    def closeEvent(self, event: QCloseEvent | None) -> None:
        self.closing.emit()
        super().closeEvent(event)
