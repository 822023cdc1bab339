"""A window with stand-ins for what it is given, whose actions are counted."""

from __future__ import annotations

import numpy as np
from PyQt6.QtWidgets import QLineEdit, QPushButton, QSlider, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from workbench import actions
from workbench.model.playhead import Playhead
from workbench.model.session import ViewState
from workbench.views.theme import THEMES
from workbench.widgets.style import stylesheet
from workbench.widgets.timeline.transport import Transport
from workbench.widgets.window import MainWindow


class Shell:
    """A window whose actions are counted, joined to models as the application joins it."""

    def __init__(self) -> None:
        self.called: list[str] = []
        self.view, self.head = ViewState(), Playhead()
        self.head.set_steps([np.linspace(0, 1, 11)])
        self.window = MainWindow(self.view)
        self.actions = actions.build(self.window, {spec.id: lambda s=spec.id: self._do(s) for spec in actions.TABLE})
        self.panel, self.field, self.slider, self.button = QWidget(), QLineEdit(), QSlider(), QPushButton("Run")
        column = QVBoxLayout(self.panel)
        for each in (self.field, self.slider, self.button):
            column.addWidget(each)
        self.window.compose(
            self.actions, QWidget(), QWidget(), self.panel, Transport(self.head, self.actions), QWidget()
        )
        self.window.setStyleSheet(stylesheet(THEMES["dark"]))
        self.window.retheme(THEMES["dark"])

    def _do(self, action: str) -> None:
        self.called.append(action)
        if action in ("particles", "trails", "field", "real"):
            self.view.overlays = self.view.overlays ^ {action}  # type: ignore[assignment]  # those four are overlays


def shown(qtbot: QtBot) -> Shell:
    """On the screen, active, and with the focus on nothing."""
    shell = Shell()
    qtbot.addWidget(shell.window)
    shell.window.show()
    shell.window.activateWindow()
    qtbot.waitUntil(shell.window.isActiveWindow)
    shell.window.setFocus()
    return shell
