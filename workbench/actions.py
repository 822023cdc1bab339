"""One table of actions: menus, buttons, shortcuts, tooltips and the help sheet come from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QLineEdit, QWidget

Group = Literal["File", "Run", "Play", "View", "Help"]


@dataclass(frozen=True)
class Spec:
    """An action: what it is called, how it is reached, which icon it bears, and a line on what it means."""

    id: str
    text: str
    group: Group
    keys: tuple[str, ...] = ()
    icon: str = ""
    checkable: bool = False
    help: str = ""


TABLE: tuple[Spec, ...] = (
    Spec("open", "Open trace…", "File", ("Ctrl+O",), "open"),
    Spec("save", "Save trace…", "File", ("Ctrl+S",), "save"),
    Spec("export", "Export…", "File", ("Ctrl+E",), "export"),
    Spec("quit", "Quit", "File", ("Ctrl+Q",)),
    Spec("run", "Run", "Run", ("Ctrl+R",), "play", help="Train what needs it, sample the rest"),
    Spec("stop", "Stop and keep", "Run", ("Esc",), "stop", help="What is recorded so far stays"),
    Spec("play", "Play or pause", "Play", ("Space",), "play"),
    Spec("reverse", "Play backwards", "Play", ("Shift+Space",), "reverse", help="From the data back to the noise"),
    Spec("step-back", "Step back", "Play", ("Left",), "step-back", help="To the recorded step before"),
    Spec("step-on", "Step on", "Play", ("Right",), "step-on", help="To the next recorded step"),
    Spec("to-start", "To the noise", "Play", ("Home",), "to-start"),
    Spec("to-end", "To the data", "Play", ("End",), "to-end", help="On a growing run its head is followed"),
    Spec("loop", "Loop", "Play", ("L",), "loop", checkable=True),
    Spec("particles", "Particles", "View", ("P",), checkable=True, help="The same noise has one colour in all lanes"),
    Spec("trails", "Trails", "View", ("T",), checkable=True, help="Where particles came from, the last quarter of t"),
    Spec(
        "field", "Field", "View", ("F",), checkable=True,
        help="Arrows show where a particle at this place goes next.<br>Length is speed, on one scale for all t.",
    ),
    Spec("real", "Real", "View", ("R",), checkable=True, help="Points of the data set, faint below the particles"),
    Spec("link", "Link cameras", "View", ("Ctrl+L",), "link", checkable=True, help="All lanes pan and zoom together"),
    Spec("home", "Whole view", "View", ("H",), "home"),
    Spec("theme", "Dark or light", "View", ("Ctrl+T",), "theme"),
    Spec("panel", "Set-up panel", "View", ("Ctrl+.",), "panel", checkable=True),
    Spec("full-screen", "Full screen", "View", ("F11",)),
    Spec("help", "Shortcuts", "Help", ("?", "F1"), "help"),
)  # fmt: skip


def build(parent: QWidget, handlers: Mapping[str, Callable[[], None]]) -> dict[str, QAction]:
    """The actions of the table with their handlers; a missing or surplus handler is an error."""
    ids = {spec.id for spec in TABLE}
    if ids != set(handlers):
        raise KeyError(f"actions and handlers differ: {sorted(ids ^ set(handlers))}")
    actions: dict[str, QAction] = {}
    for spec in TABLE:
        actions[spec.id] = action = _action(spec, handlers[spec.id], parent)
        parent.addAction(action)
    return actions


def groups() -> dict[Group, list[Spec]]:
    """The table by group, in its order."""
    out: dict[Group, list[Spec]] = {}
    for spec in TABLE:
        out.setdefault(spec.group, []).append(spec)
    return out


def native(key: str) -> str:
    """A key as this system writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def tooltip(spec: Spec) -> str:
    """Name and key, and below them what it means."""
    keys = f"&nbsp;&nbsp;<span style='font-weight: 400'>{native(spec.keys[0])}</span>" if spec.keys else ""
    rest = f"<br>{spec.help}" if spec.help else ""
    return f"<div style='white-space: pre'><b>{spec.text.rstrip('…')}</b>{keys}{rest}</div>"


#: Keys that a control needs for itself when it has the focus.
_ARROWS = frozenset({
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End,
})  # fmt: skip
_OWN_KEYS: tuple[tuple[type[QWidget], frozenset[Qt.Key]], ...] = (
    (QLineEdit, frozenset({Qt.Key.Key_Escape, Qt.Key.Key_Return})),
    (QComboBox, frozenset({Qt.Key.Key_Space, *_ARROWS})),
    (QAbstractSlider, _ARROWS),
)


def needs_key(control: QWidget | None, key: int, *, tabbed: bool) -> bool:
    """Whether the focused control uses a key itself, so that no shortcut may take it.

    Space presses a button only where the button was reached by Tab: after a click on one, Space still plays.
    Characters need no word here: a text field takes those by itself.
    """
    if tabbed and isinstance(control, QAbstractButton):
        return key == Qt.Key.Key_Space
    return any(isinstance(control, kind) and key in keys for kind, keys in _OWN_KEYS)


def _action(spec: Spec, handler: Callable[[], None], parent: QObject) -> QAction:
    action = QAction(spec.text, parent)
    action.setObjectName(spec.id)
    action.setCheckable(spec.checkable)
    action.setShortcuts([QKeySequence(key) for key in spec.keys])
    action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    action.setToolTip(tooltip(spec))
    action.triggered.connect(lambda: handler())
    return action
