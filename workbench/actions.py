"""One table of actions: menus, buttons, shortcuts and the help sheet come from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QApplication, QLineEdit, QWidget

Group = Literal["File", "Run", "Play", "View", "Help"]


@dataclass(frozen=True)
class Spec:
    """An action: what it is called, how it is reached, and which icon it bears."""

    id: str
    text: str
    group: Group
    keys: tuple[str, ...] = ()
    icon: str = ""
    checkable: bool = False


TABLE: tuple[Spec, ...] = (
    Spec("open", "Open trace…", "File", ("Ctrl+O",), "open"),
    Spec("save", "Save trace…", "File", ("Ctrl+S",), "save"),
    Spec("export", "Export GIF…", "File", ("Ctrl+E",), "export"),
    Spec("quit", "Quit", "File", ("Ctrl+Q",)),
    Spec("run", "Run", "Run", ("Ctrl+R",), "play"),
    Spec("stop", "Stop and keep", "Run", ("Esc",), "stop"),
    Spec("play", "Play or pause", "Play", ("Space",), "play"),
    Spec("reverse", "Play backwards", "Play", ("Shift+Space",), "reverse"),
    Spec("step-back", "Step back", "Play", ("Left",), "step-back"),
    Spec("step-on", "Step on", "Play", ("Right",), "step-on"),
    Spec("to-start", "To the noise", "Play", ("Home",), "to-start"),
    Spec("to-end", "To the data", "Play", ("End",), "to-end"),
    Spec("loop", "Loop", "Play", ("L",), "loop", checkable=True),
    Spec("particles", "Particles", "View", ("P",), checkable=True),
    Spec("trails", "Trails", "View", ("T",), checkable=True),
    Spec("field", "Field", "View", ("F",), checkable=True),
    Spec("real", "Real", "View", ("R",), checkable=True),
    Spec("link", "Link cameras", "View", ("Ctrl+L",), "link", checkable=True),
    Spec("home", "Whole view", "View", ("H",), "home"),
    Spec("theme", "Dark or light", "View", ("Ctrl+T",), "theme"),
    Spec("panel", "Set-up panel", "View", ("Ctrl+.",), "panel", checkable=True),
    Spec("full-screen", "Full screen", "View", ("F11",)),
    Spec("help", "Shortcuts", "Help", ("?", "F1"), "help"),
)


def build(parent: QWidget, handlers: Mapping[str, Callable[[], None]]) -> dict[str, QAction]:
    """The actions of the table with their handlers; a missing or surplus handler is an error."""
    ids = {spec.id for spec in TABLE}
    if ids != set(handlers):
        raise KeyError(f"actions and handlers differ: {sorted(ids ^ set(handlers))}")
    actions = {}
    for spec in TABLE:
        action = _Action(spec, handlers[spec.id], parent)
        parent.addAction(action)
        actions[spec.id] = action
    return actions


class _Action(QAction):
    """An action whose plain keys are left to a text field that is being typed in."""

    def __init__(self, spec: Spec, handler: Callable[[], None], parent: QObject) -> None:
        super().__init__(spec.text, parent)
        self._handler = handler
        self._plain = not any(key.startswith(("Ctrl", "F1")) for key in spec.keys)
        self.setObjectName(spec.id)
        self.setCheckable(spec.checkable)
        self.setShortcuts([QKeySequence(key) for key in spec.keys])
        self.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        self.triggered.connect(self._run)
        if spec.keys:
            self.setToolTip(f"{spec.text}  {spec.keys[0]}")

    def _run(self) -> None:
        if self._plain and isinstance(QApplication.focusWidget(), QLineEdit):
            return
        self._handler()
